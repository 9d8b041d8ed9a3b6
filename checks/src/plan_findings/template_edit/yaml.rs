//! Resources to add to a template or to change in it, as YAML.

/// Properties of one resource.
pub struct TemplateEdit {
    pub logical_id: String,
    /// Where the template is; empty if it has no name.
    pub place: String,
    /// The file of the template, if a manifest names it.
    pub file: Option<String>,
    /// Its type, if it is to be added.
    pub new_type: Option<&'static str>,
    /// YAML without indentation.
    pub properties: String,
    pub is_new_service: bool,
    /// The CDK writes it into the template.
    pub is_synthesized: bool,
}

impl TemplateEdit {
    pub fn creates(&self, resource_type: &str, logical_id: &str) -> bool {
        self.new_type == Some(resource_type) && self.logical_id == logical_id
    }

    /// Logical IDs are unique in a template only.
    pub fn changes(&self, logical_id: &str, place: &str) -> bool {
        self.new_type.is_none() && self.logical_id == logical_id && self.place == place
    }

    pub fn add(&mut self, properties: &str) {
        self.properties += "\n";
        self.properties += properties;
    }
}

/// The edits as a `Resources` section; `None` if there are none.
pub fn resources(edits: &[TemplateEdit]) -> Option<String> {
    if edits.is_empty() {
        return None;
    }
    let mut yaml = vec!["Resources:".to_owned()];
    for edit in edits {
        let place = match edit.place.as_str() {
            "" => String::new(),
            place => format!("  # {place}"),
        };
        yaml.push(format!("  {}:{place}", edit.logical_id));
        yaml.extend(edit.new_type.map(|name| format!("    Type: {name}")));
        yaml.push("    Properties:".to_owned());
        if edit.new_type.is_none() {
            yaml.push("      # …".to_owned());
        }
        yaml.extend(edit.properties.lines().map(|line| format!("      {line}")));
    }
    Some(yaml.join("\n"))
}
