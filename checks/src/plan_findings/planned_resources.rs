//! Fixes of what is only planned: in the words of the configuration that the plan was made from.

use std::collections::BTreeMap;

use crate::fixes::label;
use model::facts::{Facts, TerraformResource};
use model::fix::{Disposition, Fix};

/// The resources of the plan, by what fixes call them.
pub struct PlannedResources<'a> {
    by_label: BTreeMap<(&'a str, String), &'a TerraformResource>,
    by_name: BTreeMap<&'a str, &'a TerraformResource>,
    by_kind: BTreeMap<&'a str, Vec<&'a TerraformResource>>,
}

/// Types whose resources the facts name by their IDs.
const NAMED_BY_ID: [&str; 6] = [
    "aws_vpc",
    "aws_subnet",
    "aws_security_group",
    "aws_network_acl",
    "aws_route_table",
    "aws_vpc_endpoint",
];

impl<'a> PlannedResources<'a> {
    pub fn of(facts: &'a Facts) -> PlannedResources<'a> {
        let mut resources = PlannedResources {
            by_label: BTreeMap::new(),
            by_name: BTreeMap::new(),
            by_kind: BTreeMap::new(),
        };
        for (key, resource) in &facts.terraform {
            let Some((kind, name)) = key.split_once('/') else {
                continue;
            };
            resources.by_label.insert((kind, label(name)), resource);
            resources.by_kind.entry(kind).or_default().push(resource);
            if NAMED_BY_ID.contains(&kind) {
                resources.by_name.insert(name, resource);
            }
        }
        resources
    }

    /// The resource that a block changes: by its label, else the only one of its type.
    fn changed(&self, kind: &str, label: &str) -> Option<&'a TerraformResource> {
        let (kind, all) = self.by_kind.get_key_value(kind)?;
        let known = self.by_label.get(&(*kind, label.to_owned())).copied();
        let only = || match all.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        known.or_else(only)
    }

    /// What is planned is fixed in the configuration: there is nothing yet that commands could change.
    pub fn adapt(&self, fix: &mut Fix) {
        fix.commands.clear();
        fix.steps.clear();
        let of = fix.id.split_once(':').map(|(_, what)| label(what));
        let of = of.unwrap_or_default();
        let service = self.by_label.get(&("aws_ecs_service", of.clone()));
        if service.is_some_and(|service| service.is_new) {
            adapt_to_new_service(fix);
        }
        if let Some(terraform) = &fix.terraform {
            let terraform = self.rewritten(terraform);
            fix.terraform = Some(match self.by_label.get(&("aws_iam_role", of)) {
                Some(role) => of_role(role, &terraform),
                None => terraform,
            });
        }
    }

    fn rewritten(&self, terraform: &str) -> String {
        let blocks = terraform.split("\n\n").map(|block| self.block(block));
        blocks.collect::<Vec<_>>().join("\n\n")
    }

    /// A block that changes a resource of the plan gets its name; IDs become expressions.
    fn block(&self, block: &str) -> String {
        let lines: Vec<&str> = block.lines().collect();
        if let [header, first, rest @ ..] = lines.as_slice()
            && first.trim_start().starts_with("# …")
            && let Some((kind, label)) = names_of(header)
            && let Some(resource) = self.changed(kind, label)
        {
            return self.with_expressions(&changed_block(kind, resource, first, rest));
        }
        self.with_expressions(block)
    }

    fn with_expressions(&self, block: &str) -> String {
        let mut text = String::with_capacity(block.len());
        let mut rest = block;
        while let Some((before, after)) = rest.split_once('"') {
            let Some((quoted, after)) = closed(after) else {
                break;
            };
            text.push_str(before);
            match self.by_name.get(unescaped(quoted).as_str()) {
                Some(resource) => text.push_str(&expression(resource)),
                None => text.extend(["\"", quoted, "\""]),
            }
            rest = after;
        }
        text + rest
    }
}

/// A policy names its role by an expression, too.
fn of_role(role: &TerraformResource, terraform: &str) -> String {
    let is_own = |line: &str| {
        let (name, _) = line.split_once('=').unwrap_or_default();
        name.trim() == "role"
    };
    let with = |expression: &str| {
        let lines = terraform.lines().map(|line| match is_own(line) {
            true => format!("  role   = {expression}"),
            false => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    match &role.expression {
        Some(expression) => with(&expression.replace(".id", ".name")),
        None => format!(
            "# In the module that owns {}:\n{}",
            role.address,
            with(&format!("{}.name", in_its_module(&role.address)))
        ),
    }
}

/// The address as the module itself has it.
fn in_its_module(address: &str) -> &str {
    let at = address.rfind("aws_").unwrap_or_default();
    address.get(at..).unwrap_or(address)
}

/// A string up to the quote that closes it, and what follows.
fn closed(text: &str) -> Option<(&str, &str)> {
    let mut is_escaped = false;
    let end = text.char_indices().find_map(|(at, letter)| {
        let ends = letter == '"' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        ends.then_some(at)
    })?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

fn unescaped(quoted: &str) -> String {
    quoted.replace("\\\"", "\"")
}

fn expression(resource: &TerraformResource) -> String {
    match &resource.expression {
        Some(expression) => expression.clone(),
        None => format!(
            "null /* the ID of {}: give its module an output */",
            resource.address
        ),
    }
}

fn adapt_to_new_service(fix: &mut Fix) {
    if fix.disposition == Disposition::Disruptive {
        fix.disposition = Disposition::Safe;
    }
    if let Some((title, _)) = fix.title.split_once(" and replace its tasks") {
        fix.title = title.to_owned();
    }
    fix.explain =
        "The service does not exist yet: change the configuration before apply.".to_owned();
    if let Some(terraform) = &fix.terraform {
        let lines = terraform.lines();
        let kept = lines.filter(|line| !line.trim_start().starts_with("force_new_deployment"));
        let kept: Vec<String> = kept.map(|line| line.replace("   = ", " = ")).collect();
        fix.terraform = Some(kept.join("\n"));
    }
}

/// `resource "aws_vpc" "this" {`.
fn names_of(header: &str) -> Option<(&str, &str)> {
    let mut words = header.strip_prefix("resource ")?.split('"');
    let kind = words.nth(1)?;
    Some((kind, words.nth(1)?))
}

/// The change where it belongs: in the call of the module that owns the resource, where that passes the arguments on,
/// else in the resource.
fn changed_block(kind: &str, resource: &TerraformResource, first: &str, rest: &[&str]) -> String {
    let address = &resource.address;
    if let Some(call) = call_block(resource, rest) {
        return format!("# {address}\n{call}");
    }
    let start = match address.starts_with("module.") {
        true => format!("# In the module that owns {address}:\n"),
        false => String::new(),
    };
    let name = name_in(address, kind).unwrap_or("this");
    let rest = rest.join("\n");
    format!("{start}resource \"{kind}\" \"{name}\" {{\n{first}\n{rest}")
}

fn call_block(resource: &TerraformResource, rest: &[&str]) -> Option<String> {
    let (_, arguments) = rest.split_last()?;
    let mut of = None;
    let mut lines = Vec::new();
    for line in arguments {
        let (name, value) = line.strip_prefix("  ")?.split_once('=')?;
        let (module, input) = resource.inputs.get(name.trim_end())?;
        if of.is_some_and(|of| of != module) {
            return None;
        }
        of = Some(module);
        lines.push(format!("  {input} = {}", value.trim()));
    }
    let (module, lines) = (of?, lines.join("\n"));
    Some(format!("module \"{module}\" {{\n  # …\n{lines}\n}}"))
}

/// The name that follows the type in an address.
fn name_in<'t>(address: &'t str, kind: &str) -> Option<&'t str> {
    let (_, after) = address.rsplit_once(&format!("{kind}."))?;
    after.split('[').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::healthy;
    use model::facts::terraform_key;

    fn resource(address: &str, expression: Option<&str>) -> TerraformResource {
        TerraformResource {
            address: address.to_owned(),
            expression: expression.map(str::to_owned),
            is_new: true,
            inputs: BTreeMap::new(),
        }
    }

    fn facts(resources: &[(&str, &str, TerraformResource)]) -> Facts {
        let mut facts = healthy();
        for (kind, name, resource) in resources {
            let key = terraform_key(kind, name);
            facts.terraform.insert(key, resource.clone());
        }
        facts
    }

    #[test]
    fn addresses_become_expressions_and_texts_stay() {
        let main = resource("aws_vpc.main", Some("aws_vpc.main.id"));
        let inner = resource("module.net.aws_subnet.a", None);
        let keyed = resource("aws_subnet.b[\"x\"]", Some("aws_subnet.b[\"x\"].id"));
        let facts = facts(&[
            ("aws_vpc", "aws_vpc.main", main),
            ("aws_subnet", "module.net.aws_subnet.a", inner),
            ("aws_subnet", "aws_subnet.b[\"x\"]", keyed),
        ]);
        let text = r#"resource "aws_vpc_endpoint" "x" {
  vpc_id = "aws_vpc.main"
  subnet_ids = ["module.net.aws_subnet.a", "aws_subnet.b[\"x\"]", "subnet-1"]
}"#;
        let text = PlannedResources::of(&facts).rewritten(text);
        assert!(text.contains("vpc_id = aws_vpc.main.id"), "{text}");
        assert!(text.contains("the ID of module.net.aws_subnet.a"), "{text}");
        assert!(
            text.contains(r#"aws_subnet.b["x"].id, "subnet-1""#),
            "{text}"
        );
    }

    #[test]
    fn a_service_gets_its_own_name_or_the_call_of_its_module() {
        let change = "resource \"aws_ecs_service\" \"flow_service\" {\n  # …\n  enable_execute_command = true\n}";
        let rewritten = |resource: TerraformResource| {
            let facts = facts(&[("aws_ecs_service", "flow-service", resource)]);
            PlannedResources::of(&facts).rewritten(change)
        };
        let own = rewritten(resource("aws_ecs_service.web[0]", None));
        let header = "resource \"aws_ecs_service\" \"web\" {";
        assert!(own.starts_with(header), "{own}");
        let of_module = resource("module.n8n.aws_ecs_service.service", None);
        let inside = rewritten(of_module.clone());
        assert!(
            inside.contains("owns module.n8n.aws_ecs_service.service"),
            "{inside}"
        );
        let mut with_input = of_module;
        let input = ("n8n".to_owned(), "exec".to_owned());
        let argument = "enable_execute_command".to_owned();
        with_input.inputs.insert(argument, input);
        let by_call = rewritten(with_input);
        assert!(
            by_call.contains("module \"n8n\" {\n  # …\n  exec = true\n}"),
            "{by_call}"
        );
    }

    #[test]
    fn a_policy_names_its_role_by_an_expression() {
        let block = "resource \"aws_iam_role_policy\" \"x\" {\n  name   = \"exec\"\n  role   = \"web-task\"\n}";
        let of = |role: TerraformResource| of_role(&role, block);
        let root = of(resource("aws_iam_role.task", Some("aws_iam_role.task.id")));
        assert!(root.contains("role   = aws_iam_role.task.name"), "{root}");
        let output = of(resource(
            "module.a.aws_iam_role.task",
            Some("module.a.role"),
        ));
        assert!(output.contains("role   = module.a.role\n"), "{output}");
        let inside = of(resource("module.a.aws_iam_role.task[0]", None));
        assert!(
            inside.starts_with("# In the module that owns module.a."),
            "{inside}"
        );
        assert!(
            inside.contains("role   = aws_iam_role.task[0].name"),
            "{inside}"
        );
    }

    #[test]
    fn nothing_of_a_new_service_is_replaced() {
        let service = resource("aws_ecs_service.web", None);
        let facts = facts(&[("aws_ecs_service", "web", service)]);
        let mut fix = Fix::new(
            "enable-exec:web",
            Disposition::Disruptive,
            "Enable ECS Exec on web and replace its tasks",
            "",
        )
        .terraform("resource \"aws_ecs_service\" \"web\" {\n  # …\n  enable_execute_command = true\n  force_new_deployment   = true\n}");
        PlannedResources::of(&facts).adapt(&mut fix);
        assert_eq!(fix.disposition, Disposition::Safe);
        assert_eq!(fix.title, "Enable ECS Exec on web");
        assert!(!fix.terraform.unwrap().contains("force_new_deployment"));
    }
}
