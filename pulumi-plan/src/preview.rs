//! The steps of a preview, as `pulumi preview --json` prints them.
//!
//! Pulumi prints a step before it asks the provider, so that a new resource has inputs and no outputs.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::urn::Urn;
use crate::value::is_unknown_text;

/// The document.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Preview {
    /// The stack's configuration, such as `aws:region`. Secrets are replaced.
    config: BTreeMap<String, Value>,
    pub steps: Vec<Step>,
    pub diagnostics: Vec<Diagnostic>,
    /// The number of steps by operation; `None` if the preview ended early.
    pub change_summary: Option<BTreeMap<String, u64>>,
}

/// What will happen to one resource.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub op: String,
    pub urn: String,
    #[serde(default)]
    pub old_state: Option<State>,
    #[serde(default)]
    pub new_state: Option<State>,
}

/// A resource before or after the step.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct State {
    /// False for components, which group other resources.
    pub custom: bool,
    /// A replaced resource that waits for its deletion.
    pub delete: bool,
    pub id: Option<String>,
    #[serde(rename = "importID")]
    pub import_id: Option<String>,
    pub inputs: Option<Map<String, Value>>,
    pub outputs: Option<Map<String, Value>>,
    /// The URN of the provider, two colons, and its ID.
    pub provider: Option<String>,
    pub property_dependencies: Option<BTreeMap<String, Option<Vec<String>>>>,
    /// Pulumi removes it from its state, and it stays in AWS.
    pub retain_on_delete: bool,
}

/// A message of the preview.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Diagnostic {
    pub message: String,
    pub severity: String,
}

/// What a step does, as far as a plan is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    None,
    Create,
    Update,
    Replace,
    Delete,
    /// It exists, and Pulumi manages it from now on.
    Import,
    /// It concerns no managed resource, or another step says the same.
    Ignored,
    /// A newer Pulumi has it: the plan counts as partial.
    Unknown,
}

impl Step {
    /// What the step does.
    pub fn change(&self) -> Change {
        match self.op.as_str() {
            "same" => Change::None,
            "create" => Change::Create,
            "update" => Change::Update,
            "replace" | "create-replacement" => Change::Replace,
            "delete" => match self.old_state.as_ref().is_some_and(|old| old.delete) {
                true => Change::Ignored,
                false => Change::Delete,
            },
            "import" | "import-replacement" => Change::Import,
            "delete-replaced"
            | "discard"
            | "discard-replaced"
            | "read"
            | "read-replacement"
            | "refresh"
            | "remove-pending-replace"
            | "diff" => Change::Ignored,
            _ => Change::Unknown,
        }
    }

    /// The state after the step; before it, if there is none after it.
    pub fn state(&self) -> Option<&State> {
        self.new_state.as_ref().or(self.old_state.as_ref())
    }

    /// Whether `--target` or `--exclude` keep the resource from being created: Pulumi calls that a step without change.
    pub fn skips_creation(&self) -> bool {
        let states = [&self.old_state, &self.new_state];
        let mut states = states.into_iter().flatten();
        self.change() == Change::None
            && states.all(|state| state.custom && state.known_id().is_none())
    }
}

impl State {
    /// The ID of a resource that exists.
    pub fn known_id(&self) -> Option<&str> {
        let ids = [&self.id, &self.import_id];
        let mut ids = ids.into_iter().flatten().map(String::as_str);
        ids.find(|id| !id.is_empty() && !is_unknown_text(id))
    }

    /// The resources that a property's value comes from, by their URNs.
    pub fn dependencies(&self, property: &str) -> &[String] {
        let all = self.property_dependencies.as_ref();
        let found = all.and_then(|all| all.get(property)?.as_deref());
        found.unwrap_or_default()
    }
}

impl Preview {
    /// The number of unchanged resources that the preview counts, and the number that it shows.
    pub fn unchanged(&self) -> (u64, u64) {
        let summary = self.change_summary.as_ref();
        let counted = summary.and_then(|summary| summary.get("same")).copied();
        let shown = self.steps.iter().filter(|step| step.op == "same").count();
        (counted.unwrap_or_default(), shown as u64)
    }

    /// Whether the preview shows all that it knows of: each step, also of resources that do not change.
    pub fn is_complete(&self) -> bool {
        let is_understood =
            |step: &Step| step.change() != Change::Unknown && !step.skips_creation();
        self.change_summary.is_some()
            && !self.hides_unchanged()
            && self.steps.iter().all(is_understood)
    }

    /// Whether it leaves out resources that do not change.
    pub fn hides_unchanged(&self) -> bool {
        let (counted, shown) = self.unchanged();
        shown < counted
    }

    /// The region of a resource's provider; `None` if the preview does not show it.
    pub fn provider_region(&self, state: &State) -> Option<&str> {
        let (urn, _) = state.provider.as_deref()?.rsplit_once("::")?;
        let explicit = self.steps.iter().find(|step| step.urn == urn);
        let region = match explicit {
            Some(provider) => provider.state()?.inputs.as_ref()?.get("region"),
            // Pulumi makes a default provider from the configuration, and prints no step for it.
            None if is_default_provider(urn) => self.config.get("aws:region"),
            None => None,
        };
        region?.as_str().filter(|region| is_region(region))
    }
}

/// Whether Pulumi makes the provider itself: `default`, or `default_` with the version.
fn is_default_provider(urn: &str) -> bool {
    Urn::parse(urn).is_some_and(|urn| {
        urn.resource_type == "pulumi:providers:aws"
            && (urn.name == "default" || urn.name.starts_with("default_"))
    })
}

/// Whether a text can be a region: neither empty nor unknown nor a secret.
pub fn is_region(text: &str) -> bool {
    let is_letter =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    !text.is_empty() && text.len() < 32 && text.chars().all(is_letter) && !is_unknown_text(text)
}
