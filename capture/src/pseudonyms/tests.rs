use serde_json::{Value, json};

use super::*;
use crate::capture;
use diagnosis::{Selection, examine};
use model::facts::*;
use test_facts::{
    decide, definition, healthy, known, move_to_ec2, remove_default_routes, remove_endpoints,
    service, task,
};

/// IDs and statuses of the findings, and the root causes.
fn verdicts(facts: &Facts) -> Vec<(String, String)> {
    let report = examine(facts, &Selection::default());
    let findings = report.findings.iter();
    let mut verdicts: Vec<(String, String)> = findings
        .map(|finding| (finding.check.id.to_owned(), format!("{:?}", finding.status)))
        .chain(
            report
                .root_causes
                .iter()
                .map(|cause| (cause.check.to_owned(), "cause".to_owned())),
        )
        .collect();
    verdicts.sort();
    verdicts
}

fn platforms() -> Vec<Facts> {
    let mut platforms = vec![healthy(), full_platform()];
    let mut facts = healthy();
    task(&mut facts).exec_enabled = false;
    platforms.push(facts);
    let mut facts = healthy();
    definition(&mut facts).containers[0].environment = [
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_SECRET_ACCESS_KEY",
    ]
    .map(str::to_owned)
    .into();
    task(&mut facts).containers[0].managed_agents[0].last_status = "STOPPED".into();
    platforms.push(facts);
    let mut facts = healthy();
    remove_endpoints(&mut facts);
    remove_default_routes(&mut facts);
    platforms.push(facts);
    let mut facts = healthy();
    decide(&mut facts, "ssmmessages:", "*", |decision| {
        decision.outcome = Outcome::ImplicitDeny;
    });
    platforms.push(facts);
    platforms
}

/// A platform in which every string of the model has a value.
fn full_platform() -> Facts {
    let mut facts = healthy();
    move_to_ec2(&mut facts);
    let why = || {
        Unavailable::new(
            "iam:GetRole",
            Reason::Failed,
            "User jane@acme.example failed",
        )
    };
    facts.unlisted = Some(why());
    facts.expect.exec_forbidden = vec!["litellm-*".into()];
    facts.terraform.insert(
        "service/acme".into(),
        TerraformResource {
            address: "module.acme.aws_ecs_service.acme".into(),
            expression: Some("module.acme.service".into()),
            inputs: BTreeMap::from([("name".into(), ("acme".into(), "acme_name".into()))]),
            cloudformation: Some(CloudFormationResource {
                logical_id: "AcmeService".into(),
                stack: Some("acme-stack".into()),
                construct: None,
                template: Some("acme.template.json".into()),
            }),
            ..TerraformResource::default()
        },
    );
    facts.target.container = Some("coder".into());
    facts.target.tasks = vec![task(&mut facts).arn.to_string()];
    facts.target.services[0].shell = Some("/opt/acme/sh".into());
    facts.local.stream = Fact::Known(Reach {
        host: "ssmmessages.acme.internal".into(),
        failure: Some("could not connect to proxy.acme.internal at 54.1.2.3".into()),
        proxy: Some("http://proxy.acme.internal:3128".into()),
    });
    facts.local.plugin = Fact::Known(Plugin {
        path: "/home/jane/bin/session-manager-plugin".into(),
        version: Fact::Known("1.2.700.0".into()),
    });
    facts.local.aws_cli = Fact::Known("/home/jane/bin/aws".into());
    for role in facts.roles.values_mut().filter_map(Fact::known_mut) {
        role.boundary = Some("arn:aws:iam::123456789012:policy/ACME-clickhouse-limit".into());
        role.trust["Statement"].as_array_mut().unwrap().push(json!({
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": "arn:aws:iam::210987654321:role/jane-langfuse"},
            "Condition": {"StringEquals": {"sts:ExternalId": "litellm", "aws:PrincipalOrgID": "o-acmecoder"}},
        }));
    }
    facts.identities.insert(
        "arn:aws:iam::123456789012:role/acme-x".into(),
        Fact::Known(Identity {
            policies: vec![Policy {
                name: "acme-policy".into(),
                arn: Some("arn:aws:iam::123456789012:policy/acme-policy".into()),
                document: json!({"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}),
            }],
            boundary: None,
        }),
    );
    let cluster = known(&mut facts.cluster);
    cluster.tags.insert("acme:team".into(), "jane".into());
    cluster.exec_configuration = Some(ExecConfiguration {
        kms_key: Some("alias/acme".into()),
        logging: "OVERRIDE".into(),
        log: Some(ExecLog {
            log_group: Some("/acme/exec".into()),
            bucket: Some("acme-exec".into()),
            key_prefix: Some("acme/".into()),
            ..ExecLog::default()
        }),
    });
    facts.kms_keys.insert(
        "alias/acme".into(),
        Fact::Known(KmsKey {
            arn: "arn:aws:kms:us-west-2:123456789012:key/acme".into(),
            state: "Enabled".into(),
            usage: "ENCRYPT_DECRYPT".into(),
            spec: "SYMMETRIC_DEFAULT".into(),
            policy: Fact::Known(json!({"Statement": []})),
            grants: Fact::Known(vec![Grant {
                grantee: "arn:aws:iam::123456789012:role/acme".into(),
                operations: vec!["Decrypt".into()],
                is_constrained: false,
            }]),
        }),
    );
    facts.log_groups.insert(
        "/acme/exec".into(),
        Fact::Known(LogGroup {
            name: "/acme/exec".into(),
            arn: "arn:aws:logs:us-west-2:123456789012:log-group:/acme/exec".into(),
            kms_key: Some("acme".into()),
        }),
    );
    facts.buckets.insert(
        "acme-exec".into(),
        Fact::Known(Bucket {
            name: "acme-exec".into(),
            encryption: Fact::Known("aws:kms".into()),
        }),
    );
    let service = service(&mut facts);
    service.tags.insert("acme:owner".into(), "jane".into());
    service.events.push(Event {
        at: None,
        message: "(service acme-web) is unable to reach 52.95.1.2 from db.acme.internal".into(),
    });
    service.deployments[0].rollout_reason = Some("ECS deployment acme completed.".into());
    let definition = definition(&mut facts);
    definition.execution_role = Some("arn:aws:iam::123456789012:role/acme-execution".into());
    definition.operating_system = Some("LINUX".into());
    definition.pid_mode = Some("task".into());
    let container = &mut definition.containers[0];
    container.environment.push("ACME_TOKEN".into());
    container.secrets.push("ACME_SECRET".into());
    container.dns_servers = vec!["8.8.4.4".into()];
    container.mounts.push(Mount {
        path: "/srv/acme".into(),
        read_only: true,
    });
    container.proxy = Some(ProxyEnvironment {
        variables: vec!["HTTPS_PROXY".into()],
        credentials_bypass: true,
        ssmmessages_bypass: true,
    });
    let task = task(&mut facts);
    task.tags.insert("acme:cost".into(), "9".into());
    task.capacity_provider = Some("acme-capacity".into());
    task.connectivity = Some("CONNECTED".into());
    task.stop_code = Some("EssentialContainerExited".into());
    task.stopped_reason = Some("Essential container acme exited".into());
    task.task_role_override = task
        .task_role_override
        .take()
        .or(Some(test_facts::CODER_ROLE.into()));
    task.execution_role_override = Some("arn:aws:iam::123456789012:role/acme-exec".into());
    task.containers[0].reason = Some("OutOfMemoryError: acme".into());
    task.containers[0].managed_agents[0].reason = Some("acme".into());
    let arn = task.arn.to_string();
    facts.probes.insert(
        arn,
        vec![Probe {
            container: "coder".into(),
            end: ProbeEnd::Failed("TargetNotConnectedException: acme".into()),
        }],
    );
    let network = &mut facts.network;
    for interface in network.interfaces.values_mut().filter_map(Fact::known_mut) {
        interface.public_ip = Some("54.9.8.7".into());
        interface.ipv6 = vec!["2600:1f14::7".into()];
    }
    network.unseen_endpoints.push(UnseenEndpoints {
        vpc: Some("vpc-0123456789abcdef0".into()),
        service: Some("logs".into()),
        why: why(),
    });
    network
        .prefix_lists
        .insert("pl-0acme".into(), Fact::Known(vec!["52.94.0.0/22".into()]));
    network.hosted_zones.insert(
        "vpc-0acme".into(),
        Fact::Known(vec!["acme.internal".into()]),
    );
    network.block_public_access = Some(Fact::Known("off".into()));
    for vpc in network.vpcs.values_mut().filter_map(Fact::known_mut) {
        vpc.own_name_servers = Some(Fact::Known(vec!["9.9.9.9".into()]));
    }
    facts
}

#[test]
fn anonymizing_removes_names_and_keeps_findings() {
    for facts in platforms() {
        let (anonymous, _) = anonymize(&capture(&facts, "1"));
        let (before, after) = (verdicts(&capture(&facts, "1")), verdicts(&anonymous));
        let mut differing = before
            .iter()
            .zip(&after)
            .filter(|(one, other)| one != other);
        assert_eq!((before.len(), differing.next()), (after.len(), None));
        let text = serde_json::to_string(&anonymous).unwrap();
        for word in [
            "coder",
            "litellm",
            "langfuse",
            "clickhouse",
            "123456789012",
            "jane",
            "acme",
            "ACME",
            "210987654321",
            "vpc-0c0de",
            "52.95.1.2",
            "54.1.2.3",
            "54.9.8.7",
            "9.9.9.9",
            "52.94",
            "2600:1f14",
        ] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
}

/// Replaces each string and each map key in turn with an unknown word, which the capture must not contain.
#[test]
fn every_string_of_the_model_is_replaced() {
    const SENTINEL: &str = "Zq7SentineL";
    let original = serde_json::to_value(single_service(full_platform())).unwrap();
    let count = replace_leaves(&mut original.clone(), &mut |_| None);
    assert!(count > 300, "{count}");
    let mut planted = 0;
    for number in 0..count {
        let mut at = 0;
        let mut value = original.clone();
        replace_leaves(&mut value, &mut |_| {
            at += 1;
            (at == number + 1).then(|| SENTINEL.to_owned())
        });
        let Ok(facts) = serde_json::from_value::<Facts>(value) else {
            continue;
        };
        if !serde_json::to_string(&facts).unwrap().contains(SENTINEL) {
            continue;
        }
        planted += 1;
        let (anonymous, _) = anonymize(&capture(&facts, "1"));
        let text = serde_json::to_string(&anonymous).unwrap();
        assert!(!text.contains(SENTINEL), "leaf {number}: {text}");
    }
    assert!(planted > 200, "{planted}");
}

/// Removes all services but one.
fn single_service(mut facts: Facts) -> Facts {
    let role = test_facts::CODER_ROLE;
    let task = task(&mut facts).clone();
    facts.target.services.truncate(1);
    facts.services.retain(|name, _| name == test_facts::CODER);
    facts
        .service_tasks
        .retain(|name, _| name == test_facts::CODER);
    facts.tasks.retain(|arn, _| *arn == *task.arn);
    facts
        .task_definitions
        .retain(|arn, _| *arn == *task.task_definition);
    facts.roles.retain(|arn, _| arn == role);
    facts.simulations.truncate(1);
    facts
}

/// Replaces strings and keys of maps, and returns how many there are.
fn replace_leaves(value: &mut Value, replace: &mut dyn FnMut(&str) -> Option<String>) -> usize {
    match value {
        Value::String(text) => {
            if let Some(other) = replace(text) {
                *text = other;
            }
            1
        }
        Value::Array(items) => items
            .iter_mut()
            .map(|item| replace_leaves(item, replace))
            .sum(),
        Value::Object(fields) => {
            let mut count = 0;
            *fields = std::mem::take(fields)
                .into_iter()
                .map(|(key, mut value)| {
                    count += 1;
                    let other = replace(&key);
                    count += replace_leaves(&mut value, replace);
                    (other.unwrap_or(key), value)
                })
                .collect();
            count
        }
        _ => 0,
    }
}

#[test]
fn a_word_gets_the_same_name_in_names_and_patterns() {
    let mut names = Pseudonyms::default();
    let mut anonymize = |text: &str| names.anonymize(Kind::Identifier, text);
    let service = anonymize("coder-production-coder");
    let (first, rest) = service.split_once('-').unwrap();
    assert!(rest.ends_with(first));
    let pattern = anonymize("arn:aws:ecs:us-west-2:123456789012:task/coder-production-*");
    assert!(
        pattern.ends_with(&format!("{first}-{}-*", rest.split('-').next().unwrap())),
        "{pattern}"
    );
    assert!(pattern.starts_with("arn:aws:ecs:us-west-2:000000000001:task/"));
}

#[test]
fn addresses_and_hosts_in_sentences_are_replaced() {
    let mut names = Pseudonyms::default();
    let text = names.anonymize(
        Kind::Text,
        "dial tcp 52.95.1.2:443: connection refused by db.acme.internal, not by 10.0.0.7",
    );
    assert!(
        !text.contains("52.95.1.2") && !text.contains("acme"),
        "{text}"
    );
    assert!(
        text.contains("connection refused by") && text.contains("10.0.0.7"),
        "{text}"
    );
}

#[test]
fn real_names_are_restored_in_answers() {
    let facts = full_platform();
    let (anonymous, names) = anonymize(&capture(&facts, "1"));
    let json = serde_json::to_string(&names).unwrap();
    let names: Pseudonyms = serde_json::from_str(&json).unwrap();
    let service = anonymous.target.services[0].name.clone();
    let answer = names.real(&format!("Force a new deployment of **{service}**, please."));
    assert_eq!(
        answer,
        format!(
            "Force a new deployment of **{}**, please.",
            facts.target.services[0].name
        )
    );
}

#[test]
fn only_identifying_addresses_are_replaced() {
    let mut names = Pseudonyms::default();
    let mut anonymize = |text: &str| names.anonymize(Kind::Address, text);
    for kept in [
        "10.0.0.7",
        "192.168.1.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "169.254.170.2",
        "0.0.0.0",
        "::1",
        "::",
        "fd00::1",
        "fe80::1",
        "10.0.0.0/24",
        "0.0.0.0/0",
        "52.94.0.0/15",
        "2600::/31",
    ] {
        assert_eq!(anonymize(kept), kept);
    }
    for (real, made_up) in [
        ("100.63.0.1", "198.18.0.1"),
        ("100.128.0.1", "198.18.0.2"),
        ("52.64.0.1", "198.18.0.3"),
        ("52.95.0.0/16", "198.18.0.0/16"),
        ("52.95.1.0/24", "198.18.5.0/24"),
        ("2600:1f14::1", "2001:db8::6"),
        ("2600:1f14::/32", "2001:db8::/32"),
        ("2600:1f14:1::/48", "2001:db8:8::/48"),
        ("100.63.0.1", "198.18.0.1"),
    ] {
        assert_eq!(anonymize(real), made_up, "{real}");
    }
}

#[test]
fn numbers_and_ids_keep_their_form() {
    let mut names = Pseudonyms::default();
    let mut anonymize = |text: &str| names.anonymize(Kind::Identifier, text);
    for (real, made_up) in [
        ("123456789012", "000000000001"),
        ("acmecomputer", "n1"),
        ("12345678", "10000001"),
        ("0a1b2c3d", "00000002"),
        ("0a1b2c3d4e5f67890", "00000000000000003"),
        ("acmeacme", "n2"),
        ("1234", "1234"),
    ] {
        assert_eq!(anonymize(real), made_up, "{real}");
    }
}

#[test]
fn a_path_is_reduced_to_its_file_name() {
    assert_eq!(file_name("/opt/acme/aws"), "aws");
    assert_eq!(file_name(r"C:\acme\aws.exe"), "aws.exe");
}
