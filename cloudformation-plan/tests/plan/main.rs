//! Templates, CDK assemblies and change sets, and what the checks report of them.

mod assembly;
mod change_set;
mod damaged;
mod existing_parts;
mod nested;
mod not_shown;
mod support;
mod template;
mod unnamed_roles;
