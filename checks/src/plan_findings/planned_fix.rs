//! Fixes on a Terraform plan: changes of the configuration that the plan was made from.

use super::change_block::ChangeBlock;
use super::planned_resources::PlannedResources;
use super::{program_edit, template_edit};
use crate::fixes::terraform::label;
use model::facts::TerraformResource;
use model::fix::{Disposition, Fix};

/// Removes the commands, because nothing exists yet that they could change, and names resources as the configuration
/// does.
pub fn adapt(fix: &mut Fix, resources: &PlannedResources) {
    if resources.are_cloudformation() {
        return template_edit::adapt(fix, resources);
    }
    if resources.are_pulumi() {
        return program_edit::adapt(fix, resources);
    }
    fix.commands.clear();
    fix.steps.clear();
    let name = fix.id.split_once(':').map(|(_, name)| label(name));
    let name = name.unwrap_or_default();
    let service = resources.with_label("aws_ecs_service", &name);
    if service.is_some_and(|service| service.is_new) {
        adapt_to_new_service(fix);
    }
    if let Some(terraform) = &fix.terraform {
        let terraform = rewrite(terraform, resources);
        let terraform = resources.with_arns(&terraform, arn_expression);
        let terraform = resources.with_names(&terraform, |resource| resource.expression.clone());
        fix.terraform = Some(match resources.with_label("aws_iam_role", &name) {
            Some(role) => with_role_expression(&terraform, role),
            None => terraform,
        });
    }
}

/// The blocks with the resources of the plan: addresses in place of labels, expressions in place of IDs.
fn rewrite(terraform: &str, resources: &PlannedResources) -> String {
    let blocks = terraform.split("\n\n").map(|block| {
        let changed = ChangeBlock::parse(block).and_then(|change| {
            let resource = resources.changed_by(change.kind, change.label)?;
            Some(change.of_resource(resource))
        });
        resources.with_expressions(changed.as_deref().unwrap_or(block))
    });
    blocks.collect::<Vec<_>>().join("\n\n")
}

/// The ARN of a resource of the root module, within a text. An output of a module may be anything that identifies one.
fn arn_expression(resource: &TerraformResource) -> Option<String> {
    let address = resource.expression.as_ref()?.strip_suffix(".id")?;
    Some(format!("\"${{{address}.arn}}\""))
}

fn with_role_expression(terraform: &str, role: &TerraformResource) -> String {
    let address = &role.address;
    let (location, expression) = match &role.expression {
        Some(expression) => (String::new(), expression.replace(".id", ".name")),
        None => {
            let address_in_module = &address[address.rfind("aws_").unwrap_or_default()..];
            (
                format!("# In the module that owns {address}:\n"),
                format!("{address_in_module}.name"),
            )
        }
    };
    let lines = terraform.lines().map(|line| match line.split_once('=') {
        Some((name, _)) if name.trim() == "role" => format!("  role   = {expression}"),
        _ => line.to_owned(),
    });
    location + &lines.collect::<Vec<_>>().join("\n")
}

/// A new service has no tasks to replace.
pub fn adapt_to_new_service(fix: &mut Fix) {
    if fix.disposition == Disposition::Disruptive {
        fix.disposition = Disposition::Safe;
    }
    if let Some((title, _)) = fix.title.split_once(" and replace its tasks") {
        fix.title = title.to_owned();
    }
    fix.explain = "The service does not exist yet: change the configuration before it is deployed."
        .to_owned();
    if let Some(terraform) = &fix.terraform {
        let lines = terraform.lines();
        let kept = lines.filter(|line| !line.trim_start().starts_with("force_new_deployment"));
        let kept: Vec<String> = kept.map(|line| line.replace("   = ", " = ")).collect();
        fix.terraform = Some(kept.join("\n"));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::testing::healthy;
    use model::facts::{Facts, terraform_key};

    fn resource(address: &str, expression: Option<&str>) -> TerraformResource {
        TerraformResource {
            address: address.to_owned(),
            expression: expression.map(str::to_owned),
            is_new: true,
            inputs: BTreeMap::new(),
            cloudformation: None,
            pulumi: None,
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
    fn ids_become_expressions_and_other_strings_stay() {
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
        let text = rewrite(text, &PlannedResources(&facts));
        assert!(text.contains("vpc_id = aws_vpc.main.id"), "{text}");
        assert!(text.contains("the ID of module.net.aws_subnet.a"), "{text}");
        assert!(
            text.contains(r#"aws_subnet.b["x"].id, "subnet-1""#),
            "{text}"
        );
    }

    #[test]
    fn the_default_group_of_a_new_vpc_is_an_expression() {
        let main = resource("aws_vpc.main", Some("aws_vpc.main.id"));
        let inner = resource("module.net.aws_vpc.this", Some("module.net.vpc_id"));
        let facts = facts(&[
            ("aws_vpc", "aws_vpc.main", main),
            ("aws_vpc", "module.net.aws_vpc.this", inner),
        ]);
        let text = "a = \"aws_vpc.main.default_security_group_id\"\n\
                    b = \"module.net.aws_vpc.this.default_security_group_id\"";
        let text = rewrite(text, &PlannedResources(&facts));
        assert!(
            text.starts_with("a = aws_vpc.main.default_security_group_id\n"),
            "{text}"
        );
        assert!(
            text.contains("b = null /* the default security group of module.net.aws_vpc.this"),
            "{text}"
        );
    }

    #[test]
    fn a_change_names_the_resource_or_the_call_of_its_module() {
        let change = "resource \"aws_ecs_service\" \"flow_service\" {\n  # …\n  enable_execute_command = true\n}";
        let rewritten = |resource: TerraformResource| {
            let facts = facts(&[("aws_ecs_service", "flow-service", resource)]);
            rewrite(change, &PlannedResources(&facts))
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
    fn a_role_policy_names_its_role_by_an_expression() {
        let block = "resource \"aws_iam_role_policy\" \"x\" {\n  name   = \"exec\"\n  role   = \"web-task\"\n}";
        let rewritten = |role: TerraformResource| with_role_expression(block, &role);
        let root = rewritten(resource("aws_iam_role.task", Some("aws_iam_role.task.id")));
        assert!(root.contains("role   = aws_iam_role.task.name"), "{root}");
        let output = rewritten(resource(
            "module.a.aws_iam_role.task",
            Some("module.a.role"),
        ));
        assert!(output.contains("role   = module.a.role\n"), "{output}");
        let inside = rewritten(resource("module.a.aws_iam_role.task[0]", None));
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
    fn a_fix_of_a_new_service_replaces_no_tasks() {
        let service = resource("aws_ecs_service.web", None);
        let facts = facts(&[("aws_ecs_service", "web", service)]);
        let mut fix = Fix::new(
            "enable-exec:web",
            Disposition::Disruptive,
            "Enable ECS Exec on web and replace its tasks",
            "",
        )
        .terraform("resource \"aws_ecs_service\" \"web\" {\n  # …\n  enable_execute_command = true\n  force_new_deployment   = true\n}");
        adapt(&mut fix, &PlannedResources(&facts));
        assert_eq!(fix.disposition, Disposition::Safe);
        assert_eq!(fix.title, "Enable ECS Exec on web");
        assert!(!fix.terraform.unwrap().contains("force_new_deployment"));
    }
}
