//! Templates, CDK assemblies and change sets, and what the checks report of them.

mod assembly;
mod change_set;
mod damaged;
mod existing_parts;
mod support;
mod template;
