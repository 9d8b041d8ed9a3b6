//! A property of a Pulumi resource as Terraform has it: in its spelling, with marks where the value is unknown.

use serde_json::{Map, Value};

use crate::types::attribute_name;

/// What Pulumi writes in place of values that are known only after deployment, one for each type of value.
const UNKNOWN: [&str; 7] = [
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
];

/// What Pulumi prints in place of a secret.
const HIDDEN_SECRET: &str = "[secret]";

/// The key of objects that stand for something else: secrets, outputs, assets, references to resources.
const SIGNATURE_KEY: &str = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE: &str = "1b47061264138c4ac30d75fd1eb44270";

/// Maps with keys that users choose, which are no blocks.
const MAPS: [&str; 3] = ["tags", "tags_all", "triggers"];

/// JSON documents, which Terraform has as texts.
const DOCUMENTS: [&str; 4] = [
    "policy",
    "policy_document",
    "assume_role_policy",
    "container_definitions",
];

/// A property in the two parts that a Terraform plan has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attribute {
    pub value: Value,
    /// `true` where the value is unknown.
    pub unknown: Value,
    pub has_unknown: bool,
    /// A part of it is a secret.
    pub has_secret: bool,
}

/// Whether a text is unknown as a whole or in part.
pub fn is_unknown_text(text: &str) -> bool {
    UNKNOWN.iter().any(|sentinel| text.contains(sentinel))
}

impl Attribute {
    /// Any value.
    pub fn unknown() -> Attribute {
        Attribute {
            value: Value::Null,
            unknown: true.into(),
            has_unknown: true,
            has_secret: false,
        }
    }

    fn known(value: Value) -> Attribute {
        Attribute {
            value,
            unknown: false.into(),
            ..Attribute::default()
        }
    }

    fn secret() -> Attribute {
        Attribute {
            has_secret: true,
            ..Attribute::unknown()
        }
    }

    /// Reads the property with this name, in Terraform's spelling. The recursion is as deep as the parsed JSON, which
    /// is limited.
    pub fn read(name: &str, value: &Value) -> Attribute {
        let attribute = read_field(name, value);
        let is_document = DOCUMENTS.contains(&name) && (value.is_object() || value.is_array());
        match is_document && !attribute.has_unknown {
            true => Attribute::known(value.to_string().into()),
            // A document is known as a whole or not at all.
            false if is_document => Attribute {
                has_secret: attribute.has_secret,
                ..Attribute::unknown()
            },
            false => attribute,
        }
    }

    fn collect(fields: Vec<Attribute>) -> Attribute {
        Attribute {
            has_unknown: fields.iter().any(|field| field.has_unknown),
            has_secret: fields.iter().any(|field| field.has_secret),
            value: fields.iter().map(|field| field.value.clone()).collect(),
            unknown: fields.into_iter().map(|field| field.unknown).collect(),
        }
    }
}

/// A field: Terraform has blocks of which there is at most one in lists, and Pulumi has them as objects.
fn read_field(name: &str, value: &Value) -> Attribute {
    match value {
        Value::Object(fields) if !MAPS.contains(&name) && !is_stand_in(fields) => {
            Attribute::collect(vec![read_value(value, false)])
        }
        _ => read_value(value, MAPS.contains(&name)),
    }
}

fn is_stand_in(fields: &Map<String, Value>) -> bool {
    fields.contains_key(SIGNATURE_KEY)
}

fn read_value(value: &Value, is_map: bool) -> Attribute {
    match value {
        Value::String(text) if is_unknown_text(text) => Attribute::unknown(),
        Value::String(text) if text == HIDDEN_SECRET => Attribute::secret(),
        // Programs can write flags as texts.
        Value::String(text) if text == "true" || text == "false" => {
            Attribute::known((text == "true").into())
        }
        Value::Object(fields) if is_stand_in(fields) => match fields.get(SIGNATURE_KEY) {
            Some(signature) if signature == SECRET_SIGNATURE => Attribute::secret(),
            _ => Attribute::unknown(),
        },
        Value::Object(fields) => read_object(fields, is_map),
        Value::Array(items) => {
            Attribute::collect(items.iter().map(|item| read_value(item, false)).collect())
        }
        value => Attribute::known(value.clone()),
    }
}

fn read_object(fields: &Map<String, Value>, is_map: bool) -> Attribute {
    let (mut values, mut marks) = (Map::new(), Map::new());
    let (mut has_unknown, mut has_secret) = (false, false);
    for (key, field) in fields.iter().filter(|(key, _)| !key.starts_with("__")) {
        let (name, field) = match is_map {
            true => (key.clone(), read_value(field, false)),
            false => {
                let name = attribute_name(key);
                let field = read_field(&name, field);
                (name, field)
            }
        };
        has_unknown |= field.has_unknown;
        has_secret |= field.has_secret;
        values.insert(name.clone(), field.value);
        marks.insert(name, field.unknown);
    }
    Attribute {
        value: values.into(),
        unknown: marks.into(),
        has_unknown,
        has_secret,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_become_blocks_and_maps_stay() {
        let network = json!({"assignPublicIp": false, "subnets": ["subnet-1", UNKNOWN[0]]});
        let network = Attribute::read("network_configuration", &network);
        let subnets = json!(["subnet-1", null]);
        assert_eq!(
            network.value,
            json!([{"assign_public_ip": false, "subnets": subnets}])
        );
        assert_eq!(network.unknown[0]["subnets"], json!([false, true]));
        assert!(network.has_unknown && !network.has_secret);
        let tags = Attribute::read("tags", &json!({"costCenter": "a"}));
        assert_eq!(tags.value, json!({"costCenter": "a"}));
    }

    #[test]
    fn secrets_and_other_stand_ins_are_unknown() {
        let object = json!({SIGNATURE_KEY: SECRET_SIGNATURE, "plaintext": "\"hunter2\""});
        for secret in [json!("[secret]"), object] {
            let attribute = Attribute::read("kms_key_id", &secret);
            assert!(attribute.has_secret);
            assert_eq!(
                (attribute.value, attribute.unknown),
                (Value::Null, json!(true))
            );
        }
        let asset = Attribute::read(
            "x",
            &json!({SIGNATURE_KEY: "c44067f5952c0a294b673a41bacd8c17"}),
        );
        assert!(asset.has_unknown && !asset.has_secret);
    }

    #[test]
    fn documents_become_texts_unless_a_part_is_unknown() {
        let policy = json!({"Statement": [{"Action": "ssmmessages:*"}]});
        let read = Attribute::read("policy", &policy);
        assert_eq!(read.value, policy.to_string());
        let policy = json!({"Statement": [{"Resource": UNKNOWN[0]}]});
        assert_eq!(Attribute::read("policy", &policy).unknown, json!(true));
    }
}
