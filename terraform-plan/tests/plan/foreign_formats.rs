//! Files of other tools are recognised.

use terraform_plan::{PlanError, read};

#[test]
fn the_error_names_the_format_of_other_tools() {
    for (what, text) in [
        (
            "CloudFormation template",
            r#"{"AWSTemplateFormatVersion": "2010-09-09"}"#,
        ),
        (
            "Pulumi preview",
            r#"{"steps": [{"op": "create", "urn": "urn:pulumi:a"}]}"#,
        ),
        (
            "Pulumi preview",
            r#"{"changeSummary": {"create": 1}, "steps": []}"#,
        ),
        (
            "Pulumi stack",
            r#"{"version": 3, "deployment": {"manifest": {}, "resources": []}}"#,
        ),
        (
            "CDK for Terraform",
            r#"{"//": {"metadata": {"stackName": "s"}}, "resource": {}}"#,
        ),
        ("configuration in JSON", r#"{"resource": {"aws_vpc": {}}}"#),
        (
            "CloudFormation template in YAML",
            "AWSTemplateFormatVersion: '2010-09-09'\nResources: {}\n",
        ),
        (
            "CloudFormation template in YAML",
            "Resources:\n  S:\n    Type: AWS::ECS::Service\n",
        ),
        (
            "Pulumi program",
            "name: web\nruntime: yaml\nresources:\n  v:\n    type: aws:ec2:Vpc\n",
        ),
        ("YAML", "---\na: 1\n"),
        (
            "Terraform configuration",
            "# web\nresource \"aws_vpc\" \"v\" {\n}\n",
        ),
        (
            "text output",
            "\nTerraform will perform the following actions:\n",
        ),
    ] {
        let why = read(text.as_bytes()).unwrap_err().to_string();
        assert!(why.contains(what), "{what}: {why}");
    }
    assert_eq!(
        read(b"\x1f\x8b\x08\x00").unwrap_err(),
        PlanError::Compressed
    );
    for other in ["{}", "[]", "nonsense", "{\"a\": 1}"] {
        let why = read(other.as_bytes()).unwrap_err();
        assert!(!matches!(why, PlanError::Foreign(_)), "{other}");
    }
}
