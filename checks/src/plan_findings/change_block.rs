//! Terraform blocks that change a resource, as fixes print them.

use model::facts::TerraformResource;

/// `resource "TYPE" "LABEL" {`, a comment `# …`, the changed arguments and `}`.
pub struct ChangeBlock<'t> {
    pub kind: &'t str,
    pub label: &'t str,
    comment: &'t str,
    /// The arguments and the closing brace.
    body: Vec<&'t str>,
}

impl<'t> ChangeBlock<'t> {
    /// `None` for a block that creates a resource.
    pub fn parse(block: &'t str) -> Option<ChangeBlock<'t>> {
        let mut lines = block.lines();
        let mut header = lines.next()?.strip_prefix("resource ")?.split('"');
        let (kind, label) = (header.nth(1)?, header.nth(1)?);
        let comment = lines.next()?;
        let is_change = comment.trim_start().starts_with("# …");
        is_change.then(|| ChangeBlock {
            kind,
            label,
            comment,
            body: lines.collect(),
        })
    }

    /// The change of this resource: in the call of its module if the call passes the arguments on, else in the
    /// resource itself.
    pub fn of_resource(&self, resource: &TerraformResource) -> String {
        let address = &resource.address;
        if let Some(call) = self.module_call(resource) {
            return format!("# {address}\n{call}");
        }
        let location = match address.starts_with("module.") {
            true => format!("# In the module that owns {address}:\n"),
            false => String::new(),
        };
        let (kind, comment) = (self.kind, self.comment);
        let name = address.rsplit_once(&format!("{kind}."));
        let name = name.and_then(|(_, name)| name.split('[').next());
        let name = name.unwrap_or("this");
        let body = self.body.join("\n");
        format!("{location}resource \"{kind}\" \"{name}\" {{\n{comment}\n{body}")
    }

    /// The same change in a call of the root module; `None` if not one call sets all arguments.
    fn module_call(&self, resource: &TerraformResource) -> Option<String> {
        let (_, arguments) = self.body.split_last()?;
        let mut called = None;
        let mut lines = String::new();
        for line in arguments {
            let (name, value) = line.strip_prefix("  ")?.split_once('=')?;
            let (module, input) = resource.inputs.get(name.trim_end())?;
            if *called.get_or_insert(module) != module {
                return None;
            }
            lines.push_str(&format!("  {input} = {}\n", value.trim()));
        }
        Some(format!("module \"{}\" {{\n  # …\n{lines}}}", called?))
    }
}
