//! A template in YAML, written by hand.

use model::Status;

use crate::support::*;

/// The report on the template with one text in place of another.
fn changed(from: &str, to: &str) -> diagnosis::Report {
    assert!(YAML.contains(from), "{from}");
    report(&facts(&plan(&YAML.replace(from, to))))
}

#[test]
fn the_template_is_healthy() {
    let plan = plan(YAML);
    let locations = plan.cluster_locations();
    assert_eq!(locations.len(), 1);
    assert_eq!(locations[0].cluster, "shop-cluster");
    assert_eq!(locations[0].region, None);
    assert_healthy(&facts(&plan));
}

#[test]
fn json_says_the_same_as_yaml() {
    let json = cloudformation_plan::to_json(YAML).unwrap();
    assert!(json.contains("\"Fn::GetAtt\""));
    assert_eq!(facts(&plan(&json)), facts(&plan(YAML)));
}

#[test]
fn a_service_without_exec_is_found_and_the_fix_is_an_edit() {
    let report = changed("      EnableExecuteCommand: true\n", "");
    assert_eq!(causes(&report), ["service.exec-enabled"]);
    let edits = edits(&report);
    assert!(
        edits.contains(
            "Resources:\n  Service:\n    Properties:\n      # …\n      EnableExecuteCommand: true"
        ),
        "{edits}"
    );
    assert!(
        report
            .fixes
            .iter()
            .all(|fix| fix.terraform.is_none() && fix.commands.is_empty())
    );
}

#[test]
fn a_role_without_ssmmessages_is_found() {
    let report = changed("ssmmessages:OpenDataChannel", "ssmmessages:Nothing");
    assert_eq!(causes(&report), ["role.ssmmessages"]);
    let edits = edits(&report);
    assert!(edits.contains("\n  TaskRole:\n"), "{edits}");
    assert!(edits.contains("- PolicyName: \"ecs-exec-"), "{edits}");
}

#[test]
fn a_new_task_role_has_its_permissions() {
    let report = changed("      TaskRoleArn: !GetAtt TaskRole.Arn\n", "");
    let edits = edits(&report);
    let role = edits.find("Type: AWS::IAM::Role").unwrap();
    assert!(
        edits[role..].contains("ssmmessages:OpenDataChannel"),
        "{edits}"
    );
    assert!(edits.contains("TaskRoleArn: !GetAtt EcsExec"), "{edits}");
    assert!(!edits.contains("RoleName"), "{edits}");
}

#[test]
fn a_vpc_without_a_way_out_is_found() {
    let without = without("  DefaultRoute:", "  SubnetA:");
    assert_network_cause(&report(&facts(&plan(&without))));
}

#[test]
fn a_closed_security_group_is_found() {
    let report = changed(
        "      FromPort: 443\n      ToPort: 443",
        "      FromPort: 80\n      ToPort: 80",
    );
    assert!(!causes(&report).is_empty());
    assert_eq!(report.verdict, diagnosis::report::Verdict::Fail);
    let edits = edits(&report);
    assert!(
        edits.contains("Type: AWS::EC2::SecurityGroupEgress"),
        "{edits}"
    );
    assert!(edits.contains("GroupId: !GetAtt Group.GroupId"), "{edits}");
}

#[test]
fn a_group_without_outbound_rules_allows_everything() {
    let without = without("  GroupOut:", "  Logs:");
    assert_healthy(&facts(&plan(&without)));
}

#[test]
fn a_condition_decides_which_value_counts() {
    let report = changed("Default: \"yes\"", "Default: \"no\"");
    assert_network_cause(&report);
}

#[test]
fn a_parameter_without_a_default_is_unknown_and_named() {
    let report = changed(
        "{Type: String, Default: \"yes\", AllowedValues",
        "{Type: String, AllowedValues",
    );
    assert_eq!(titles(&report, Status::Fail), [""; 0]);
    assert!(!unknown(&report).is_empty());
    let exec = changed(
        "EnableExecuteCommand: true",
        "EnableExecuteCommand: !Ref Image",
    );
    assert_eq!(titles(&exec, Status::Fail), [""; 0]);
    let text = serde_json::to_string(&exec).unwrap();
    assert!(
        text.contains("depends on parameter Image, which has no default"),
        "{text}"
    );
    assert!(!text.contains("erraform"), "{text}");
}

#[test]
fn subnets_and_groups_that_are_parameters_are_unknown() {
    let yaml = YAML
        .replace(
            "Subnets: [!Ref SubnetA, !Ref SubnetB]",
            "Subnets: !Ref SubnetIds",
        )
        .replace(
            "Parameters:\n",
            "Parameters:\n  SubnetIds: {Type: \"List<AWS::EC2::Subnet::Id>\"}\n",
        );
    let report = report(&facts(&plan(&yaml)));
    assert_eq!(titles(&report, Status::Fail), [""; 0]);
    let unknown = unknown(&report);
    assert!(
        unknown.iter().any(|title| title.starts_with("network.")),
        "{unknown:?}"
    );
    let text = serde_json::to_string(&report).unwrap();
    assert!(text.contains("depends on parameter SubnetIds"), "{text}");
}

#[test]
fn an_existing_vpc_may_have_endpoints_that_the_template_does_not_show() {
    let yaml = YAML.replace(
        "Subnets: [!Ref SubnetA, !Ref SubnetB]",
        "Subnets: [subnet-0123456789abcdef0]",
    );
    let report = report(&facts(&plan(&yaml)));
    assert_eq!(titles(&report, Status::Fail), [""; 0]);
    let unknown = unknown(&report);
    assert!(
        unknown.iter().any(|title| title.starts_with("network.")),
        "{unknown:?}"
    );
}

#[test]
fn a_resource_under_an_undecided_condition_decides_nothing() {
    let yaml = YAML
        .replace(
            "{Type: String, Default: \"yes\", AllowedValues",
            "{Type: String, AllowedValues",
        )
        .replace("!If [IsPublic, ENABLED, DISABLED]", "ENABLED")
        .replace(
            "    Type: AWS::EC2::Route\n",
            "    Type: AWS::EC2::Route\n    Condition: IsPublic\n",
        );
    let report = report(&facts(&plan(&yaml)));
    assert_eq!(titles(&report, Status::Fail), [""; 0]);
    assert!(!unknown(&report).is_empty());
}

#[test]
fn a_resource_under_a_false_condition_does_not_exist() {
    let yaml = YAML
        .replace("Default: \"yes\"", "Default: \"no\"")
        .replace("!If [IsPublic, ENABLED, DISABLED]", "ENABLED")
        .replace(
            "    Type: AWS::EC2::Route\n",
            "    Type: AWS::EC2::Route\n    Condition: IsPublic\n",
        );
    let report = report(&facts(&plan(&yaml)));
    assert!(
        causes(&report)
            .iter()
            .any(|check| check.starts_with("network."))
    );
}

#[test]
fn a_statement_for_an_unknown_resource_is_open() {
    let yaml = YAML.replace("Resource: !GetAtt Logs.Arn", "Resource: !ImportValue logs");
    let report = report(&facts(&plan(&yaml)));
    assert_eq!(titles(&report, Status::Fail), [""; 0]);
    let unknown = unknown(&report);
    assert!(
        !unknown.is_empty() && unknown.iter().all(|title| title.starts_with("role.")),
        "{unknown:?}"
    );
}

#[test]
fn a_name_that_equals_a_logical_id_is_a_name() {
    // CloudFormation generates the cluster's name, which goes by its logical ID.
    let nameless = YAML.replace("      ClusterName: !Sub \"${Name}-cluster\"\n", "");
    assert_ne!(nameless, YAML);
    let plan = plan(&nameless);
    assert_eq!(plan.clusters(), ["Cluster"]);
    assert_healthy(&facts(&plan));
    for (logical_id, property) in [
        ("Definition", "      Family: !Ref Name\n"),
        (
            "Logs",
            "      LogGroupName: !Join [/, [\"\", ecs, !Ref Name]]\n",
        ),
        ("Service", "      ServiceName: !Ref Name\n"),
    ] {
        let (name, _) = property.split_once(": ").unwrap();
        for id in [logical_id, "Vpc"] {
            let named = YAML.replace(property, &format!("{name}: {id}\n"));
            assert_ne!(named, YAML);
            assert_healthy(&facts(&self::plan(&named)));
        }
    }
}

#[test]
fn a_policy_names_a_role_by_a_name_that_equals_its_logical_id() {
    let policies = YAML.find("      Policies:\n").unwrap();
    let definition = YAML.find("  Definition:\n").unwrap();
    let role = "      RoleName: TaskRole\n";
    let policy = "  Exec:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      Roles: [TaskRole]\n      \
        PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: \"*\", Resource: \"*\"}]}\n";
    let template =
        |role: &str| format!("{}{role}{policy}{}", &YAML[..policies], &YAML[definition..]);
    assert_healthy(&facts(&plan(&template(role))));
    // Another role: CloudFormation generates the name of this one.
    let report = report(&facts(&plan(&template(""))));
    assert_eq!(causes(&report), ["role.ssmmessages"]);
}

#[test]
fn an_unknown_platform_version_is_unknown() {
    let launch_type = "      LaunchType: FARGATE\n";
    let version = |version: &str| {
        YAML.replace(
            launch_type,
            &format!("{launch_type}      PlatformVersion: {version}\n"),
        )
    };
    assert_eq!(
        causes(&report_of(&version("1.3.0"))),
        ["task.platform-version"]
    );
    assert_healthy(&facts(&plan(&version("LATEST"))));
    let unknown = unknown(&report_of(&version("!Ref Image")));
    assert!(!unknown.is_empty());
    let is_version = |title: &String| title.starts_with("task.platform-version");
    assert!(unknown.iter().all(is_version), "{unknown:?}");
}

#[test]
fn variables_that_may_be_there_leave_the_container_unknown() {
    let yaml = YAML.replace(
        "Conditions:\n",
        "Conditions:\n  Maybe: !Equals [!Ref Image, x]\n",
    );
    let container = "          Image: !Ref Image\n";
    let with = |field: &str| yaml.replace(container, &format!("{container}          {field}\n"));
    let proxy = "{Name: HTTP_PROXY, Value: \"http://proxy:3128\"}";
    for field in [
        format!("Environment: [!If [Maybe, {proxy}, !Ref AWS::NoValue]]"),
        format!("Environment: !If [Maybe, [{proxy}], !Ref AWS::NoValue]"),
        "Secrets: !If [Maybe, [{Name: AWS_ACCESS_KEY_ID, ValueFrom: x}], !Ref AWS::NoValue]"
            .to_owned(),
        "ReadonlyRootFilesystem: \"True\"".to_owned(),
    ] {
        let report = report_of(&with(&field));
        assert_eq!(titles(&report, Status::Fail), [""; 0], "{field}");
        let unknown = unknown(&report);
        assert!(
            unknown.iter().any(|title| title.starts_with("container.")),
            "{field}: {unknown:?}"
        );
    }
    // The value of a variable with a harmless name decides nothing.
    assert_healthy(&facts(&plan(&with(
        "Environment: [{Name: STAGE, Value: !Ref Image}]",
    ))));
}

#[test]
fn a_capacity_provider_of_the_template_has_instances() {
    let provider = "  Instances:\n    Type: AWS::ECS::CapacityProvider\n    Properties: {AutoScalingGroupProvider: {AutoScalingGroupArn: x}}\n";
    let yaml = YAML
        .replace("Resources:\n", &format!("Resources:\n{provider}"))
        .replace(
            "      LaunchType: FARGATE\n",
            "      CapacityProviderStrategy: [{CapacityProvider: !Ref Instances, Weight: 1}]\n",
        );
    let facts = facts(&plan(&yaml));
    let task = facts.tasks.values().find_map(|task| task.known()).unwrap();
    assert_eq!(task.capacity_provider.as_deref(), Some("Instances"));
    assert!(task.container_instance.is_some());
}

#[test]
fn fixes_name_the_default_group_of_a_vpc_of_the_template() {
    let endpoint = resource(
        "AWS::EC2::VPCEndpoint",
        "VpcId: !Ref Vpc, ServiceName: com.amazonaws.us-west-2.ssmmessages, VpcEndpointType: Interface, \
         PrivateDnsEnabled: true, SubnetIds: [!Ref SubnetA, !Ref SubnetB]",
    );
    let without = without("  DefaultRoute:", "  SubnetA:");
    let yaml = without.replace("Resources:\n", &format!("Resources:\n{endpoint}"));
    let report = report_of(&yaml);
    assert_eq!(causes(&report), ["network.endpoint-security-group"]);
    let edits = edits(&report);
    assert!(
        edits.contains("GroupId: !GetAtt Vpc.DefaultSecurityGroup"),
        "{edits}"
    );
}

#[test]
fn a_log_group_gets_its_key_in_the_template() {
    let cluster = "          Logging: OVERRIDE\n";
    let encrypted = YAML.replace(
        "LogConfiguration: {CloudWatchLogGroupName: !Ref Logs}",
        "LogConfiguration: {CloudWatchLogGroupName: !Ref Logs, CloudWatchEncryptionEnabled: true}",
    );
    assert!(encrypted.contains(cluster));
    let report = report_of(&encrypted);
    let edits = edits(&report);
    assert!(
        edits.contains("  EcsExecLogsKey:\n    Type: AWS::KMS::Key\n"),
        "{edits}"
    );
    assert!(
        edits.contains(
            "  Logs:\n    Properties:\n      # …\n      KmsKeyId: !GetAtt EcsExecLogsKey.Arn"
        ),
        "{edits}"
    );
}

#[test]
fn a_mapping_without_the_entry_has_the_default_value() {
    let lookup = |map: &str, key: &str| {
        let flag = format!("!FindInMap [{map}, {key}, Cidr, {{DefaultValue: true}}]");
        report_of(&YAML.replace(
            "EnableExecuteCommand: true",
            &format!("EnableExecuteCommand: {flag}"),
        ))
    };
    assert_eq!(titles(&lookup("Subnets", "third"), Status::Fail), [""; 0]);
    assert!(!unknown(&lookup("Subnets", "!Ref Image")).is_empty());
    assert!(unknown(&lookup("Subnets", "third")).is_empty());
}

#[test]
fn blocks_of_subnets_may_be_split_from_that_of_the_vpc() {
    let subnet = |at: usize| format!("!Select [{at}, !Cidr [!GetAtt Vpc.CidrBlock, 2, 8]]");
    let yaml = YAML
        .replace("!FindInMap [Subnets, first, Cidr]", &subnet(0))
        .replace("!FindInMap [Subnets, second, Cidr]", &subnet(1));
    assert_eq!(yaml.matches("!Cidr").count(), 2);
    assert_eq!(facts(&plan(&yaml)), facts(&plan(YAML)));
}
