//! What a template does not show: modules, products, custom resources and macros.

use model::Status;

use crate::support::*;

#[test]
fn what_the_template_does_not_show_may_add_endpoints() {
    let without = without("  DefaultRoute:", "  SubnetA:");
    for (resource_type, properties) in [
        (
            "AWS::CloudFormation::Stack",
            "TemplateURL: x, Parameters: {Vpc: !Ref Vpc}",
        ),
        ("My::Org::Endpoints::MODULE", "VpcId: !Ref Vpc"),
        ("My::Org::Endpoint", "Network: [{Id: !GetAtt Vpc.VpcId}]"),
        (
            "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
            "ProvisioningParameters: [{Key: Vpc, Value: !Ref Vpc}]",
        ),
        (
            "AWS::CloudFormation::StackSet",
            "StackSetName: s, Parameters: [{ParameterKey: Vpc, ParameterValue: !Ref Vpc}]",
        ),
        (
            "Custom::Endpoints",
            "ServiceToken: !GetAtt Function.Arn, Command: !Sub \"add ${Vpc} ${Image}\"",
        ),
    ] {
        let other = resource(resource_type, properties);
        let yaml = without.replace("Resources:\n", &format!("Resources:\n{other}"));
        let report = report(&facts(&plan(&yaml)));
        assert_eq!(titles(&report, Status::Fail), [""; 0], "{resource_type}");
        let json = serde_json::to_string(&report).unwrap();
        assert!(
            json.contains("does not show what Other creates"),
            "{resource_type}"
        );
    }
}

#[test]
fn what_has_nothing_to_do_with_the_vpc_adds_nothing_to_it() {
    let without = without("  DefaultRoute:", "  SubnetA:");
    for (resource_type, properties) in [
        (
            "AWS::CloudFormation::Stack",
            "TemplateURL: x, Parameters: {Image: !Ref Image}",
        ),
        (
            "Datadog::Monitors::Monitor",
            "Query: !Sub \"avg{service:${Name}}\"",
        ),
        (
            "Custom::Warmup",
            "ServiceToken: !GetAtt Vpc.VpcId, Image: !Ref Image",
        ),
        ("Custom::CrossRegionExportWriter", "Vpc: !Ref Vpc"),
        (
            "AWS::Lambda::Function",
            "VpcConfig: {SubnetIds: [!Ref SubnetA]}",
        ),
    ] {
        let other = resource(resource_type, properties);
        let yaml = without.replace("Resources:\n", &format!("Resources:\n{other}"));
        assert_network_cause(&report(&facts(&plan(&yaml))));
    }
}

#[test]
fn a_custom_resource_with_the_role_may_give_it_policies() {
    let other = resource(
        "Custom::Policies",
        "ServiceToken: x, Role: !GetAtt TaskRole.Arn",
    );
    let without = YAML.replace("ssmmessages:", "s3:");
    assert_eq!(
        causes(&report(&facts(&plan(&without)))),
        ["role.ssmmessages"]
    );
    let yaml = without.replace("Resources:\n", &format!("Resources:\n{other}"));
    let report = report(&facts(&plan(&yaml)));
    assert_eq!(titles(&report, Status::Fail), [""; 0]);
}

#[test]
fn a_macro_beside_properties_may_add_others() {
    let include = "Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://b/k}}\n";
    let each = "Fn::ForEach::Flags: [Flag, [Enable], {\"${Flag}ExecuteCommand\": true}]\n";
    let flag = "      EnableExecuteCommand: true\n";
    for text in [include, each] {
        let yaml = YAML.replace(flag, &format!("      {text}"));
        let report = report_of(&yaml);
        assert_eq!(titles(&report, Status::Fail), [""; 0], "{text}");
        let unknown = unknown(&report);
        assert!(
            unknown
                .iter()
                .any(|title| title.starts_with("service.exec-enabled")),
            "{unknown:?}"
        );
        // A property that is there keeps its value.
        let kept = YAML.replace(flag, &format!("{flag}      {text}"));
        let kept = report_of(&kept);
        assert!(
            titles(&kept, Status::Pass)
                .iter()
                .any(|title| title.starts_with("service.exec-enabled"))
        );
    }
    let container = "          LinuxParameters: {InitProcessEnabled: true}\n";
    let yaml = YAML.replace(container, &format!("{container}          {include}"));
    assert!(
        unknown(&report_of(&yaml))
            .iter()
            .any(|title| title.starts_with("container."))
    );
    let beside = YAML
        .replace("  Service:\n", &format!("  Service:\n    {include}"))
        .replace(flag, "");
    assert_eq!(titles(&report_of(&beside), Status::Fail), [""; 0]);
}
