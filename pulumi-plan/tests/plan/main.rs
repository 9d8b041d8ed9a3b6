//! Previews and what the checks say of them.

mod support;
