//! The path of each task, by its address and each interface of the endpoint.

use crate::network::{endpoint_security_group, nacl, path, task_egress};
use crate::testing::*;
use diagnosis::{Selection, examine};
use model::check::Check;
use model::facts::*;
use model::finding::{Finding, Status};

const FAR: &str = "subnet-far";
const FARTHER: &str = "subnet-farther";

/// The endpoint has one interface in its own subnet.
fn with_far_endpoint() -> Facts {
    let mut facts = healthy_coder();
    add_subnet(&mut facts, FAR, "10.0.8.0/24");
    endpoint(&mut facts).subnets = vec![FAR.into()];
    add_eni(&mut facts, FAR, "10.0.8.9");
    let own = task_address(&mut facts);
    assert!(own.starts_with("10.0.0.") && own != "10.0.0.200", "{own}");
    facts
}

/// A second interface in another subnet.
fn with_two_interfaces() -> Facts {
    let mut facts = with_far_endpoint();
    add_subnet(&mut facts, FARTHER, "10.0.9.0/24");
    endpoint(&mut facts).subnets.push(FARTHER.into());
    add_eni(&mut facts, FARTHER, "10.0.9.9");
    facts
}

fn all(egress: bool) -> AclEntry {
    AclEntry {
        protocol: "-1".into(),
        from_port: None,
        to_port: None,
        ..acl_rule(100, egress, true, "0.0.0.0/0", (0, 0))
    }
}

/// The tasks of findings with a status.
fn tasks_of(check: &'static Check, facts: &Facts, status: Status) -> Vec<String> {
    let found = run(check, facts).into_iter();
    let found = found.filter(|finding| finding.status == status);
    let mut tasks: Vec<String> = found
        .flat_map(|finding| {
            let names = finding.tasks.arns().expect("names").to_vec();
            names.into_iter().map(|name| name.to_string())
        })
        .collect();
    tasks.sort();
    tasks
}

fn causes(facts: &Facts) -> Vec<&'static str> {
    let report = examine(facts, &Selection::default());
    report.root_causes.iter().map(|cause| cause.check).collect()
}

fn only(check: &'static Check, facts: &Facts, status: Status) -> Finding {
    let found = run(check, facts).into_iter();
    let mut found = found.filter(|finding| finding.status == status);
    let finding = found.next().expect("a finding");
    assert!(found.next().is_none(), "one finding of {}", check.id);
    finding
}

#[test]
fn the_endpoint_can_block_one_of_three_tasks() {
    let mut facts = with_far_endpoint();
    let first = task(&mut facts).arn.to_string();
    let second = add_task(&mut facts, "10.0.0.100");
    let third = add_task(&mut facts, "10.0.0.200");
    assert_eq!(causes(&facts), [""; 0]);
    endpoint_group(&mut facts).ingress[0].cidrs = vec!["10.0.0.0/25".into()];
    let check = &endpoint_security_group::CHECK;
    assert_eq!(tasks_of(check, &facts, Status::Fail), [third.as_str()]);
    let mut others = [first, second];
    others.sort();
    assert_eq!(tasks_of(check, &facts, Status::Pass), others);
    assert_eq!(
        tasks_of(&path::CHECK, &facts, Status::Fail),
        [third.as_str()]
    );
    assert_eq!(causes(&facts), ["network.endpoint-security-group"]);
    let finding = only(check, &facts, Status::Fail);
    assert!(finding.title.contains("10.0.0.200"), "{}", finding.title);
    let id = third.rsplit('/').next().unwrap();
    assert!(finding.title.contains(id), "{}", finding.title);
    // A rule with the tasks' group as peer covers all tasks.
    endpoint_group(&mut facts).ingress[0].security_groups = vec!["sg-07a5c500000000001".into()];
    assert_eq!(causes(&facts), [""; 0]);
}

#[test]
fn different_hops_can_block_two_tasks() {
    let mut facts = with_far_endpoint();
    let first = task(&mut facts).arn.to_string();
    let second = add_task(&mut facts, "10.0.0.200");
    endpoint_group(&mut facts).ingress[0].cidrs = vec!["10.0.0.0/25".into()];
    let deny = acl_rule(1, false, false, "10.0.0.0/25", (443, 443));
    add_acl(&mut facts, FAR, vec![deny, all(false), all(true)]);
    assert_eq!(tasks_of(&nacl::CHECK, &facts, Status::Fail), [first]);
    let check = &endpoint_security_group::CHECK;
    assert_eq!(tasks_of(check, &facts, Status::Fail), [second]);
    assert_eq!(tasks_of(&path::CHECK, &facts, Status::Fail).len(), 2);
    assert_eq!(
        causes(&facts),
        ["network.nacl", "network.endpoint-security-group"]
    );
    let finding = only(&nacl::CHECK, &facts, Status::Fail);
    let refusal = "acl-subnet-far does not let port 443 into subnet-far (rule 1 denies)";
    assert!(finding.detail.contains(refusal), "{}", finding.detail);
}

#[test]
fn an_acl_rule_can_deny_one_task_by_address() {
    let mut facts = with_far_endpoint();
    let first = task(&mut facts).arn.to_string();
    let second = add_task(&mut facts, "10.0.0.200");
    let deny = acl_rule(10, true, false, "10.0.0.200/32", (1024, 65535));
    add_acl(&mut facts, FAR, vec![deny, all(false), all(true)]);
    assert_eq!(
        tasks_of(&nacl::CHECK, &facts, Status::Fail),
        [second.as_str()]
    );
    assert_eq!(
        tasks_of(&path::CHECK, &facts, Status::Fail),
        [second.as_str()]
    );
    assert_eq!(
        tasks_of(&path::CHECK, &facts, Status::Pass),
        [first.as_str()]
    );
    let detail = only(&nacl::CHECK, &facts, Status::Fail).detail;
    let refusal = "the ephemeral ports 32768-60999 of the answers out of subnet-far";
    assert!(detail.contains(refusal), "{detail}");
    // After the rule that allows the traffic, it has no effect.
    let acls = facts.network.network_acls.values_mut().next().unwrap();
    known(acls)[0].entries[0].number = 200;
    assert_eq!(tasks_of(&path::CHECK, &facts, Status::Pass).len(), 2);
}

/// A different hop blocks each of the two interfaces.
#[test]
fn different_hops_can_block_all_interfaces() {
    let mut facts = with_two_interfaces();
    remove_default_routes(&mut facts);
    restrict_egress_to(&mut facts, &["10.0.8.0/24"]);
    assert_eq!(statuses(&task_egress::CHECK, &facts), [Status::Warn]);
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Warn]);
    assert_eq!(causes(&facts), [""; 0], "one interface is enough");
    let back = acl_rule(100, false, true, "0.0.0.0/0", (1024, 65535));
    let out = acl_rule(100, true, true, "0.0.0.0/0", (443, 443));
    add_acl(&mut facts, FAR, vec![back, out]);
    assert_eq!(statuses(&task_egress::CHECK, &facts), [Status::Fail]);
    assert_eq!(statuses(&nacl::CHECK, &facts), [Status::Fail]);
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Fail]);
    assert_eq!(causes(&facts), ["network.task-egress", "network.nacl"]);
    let egress = only(&task_egress::CHECK, &facts, Status::Fail);
    assert!(egress.title.contains("10.0.9.9"), "{}", egress.title);
    assert!(!egress.title.contains("10.0.8.9"), "{}", egress.title);
    let acl = only(&nacl::CHECK, &facts, Status::Fail);
    assert!(acl.title.contains("10.0.8.9"), "{}", acl.title);
    assert!(acl.detail.contains("port 443 into"), "{}", acl.detail);
    // If the rules for the second interface are unreadable, its path can be open.
    for group in facts.network.security_groups.values_mut() {
        *group = denied("ec2:DescribeSecurityGroups");
    }
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Unknown]);
}

#[test]
fn an_unreadable_interface_makes_the_path_unknown() {
    let mut facts = with_two_interfaces();
    facts.network.subnets.insert(FARTHER.into(), Fact::Absent);
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Unknown]);
    // With one open and one blocked interface, the third makes no difference.
    let mut facts = with_two_interfaces();
    endpoint(&mut facts).subnets.push("subnet-unseen".into());
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Unknown]);
    restrict_egress_to(&mut facts, &["10.0.8.0/24"]);
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Warn]);
    restrict_egress_to(&mut facts, &["10.7.0.0/24"]);
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Unknown]);
    // The same holds for an endpoint that lists interfaces only.
    let mut facts = with_far_endpoint();
    endpoint(&mut facts).subnets.clear();
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Pass]);
    let id = endpoint(&mut facts).interfaces[0].clone();
    let unread = denied("ec2:DescribeNetworkInterfaces");
    facts.network.interfaces.insert(id, unread);
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Unknown]);
}

/// Responses go to the agent's source port, so all ACLs must allow the same port.
#[test]
fn acls_that_admit_disjoint_ports_block() {
    let of = |near: (u16, u16), far: (u16, u16)| {
        let mut facts = with_far_endpoint();
        let own = task_subnet(&mut facts);
        let back = acl_rule(10, false, true, "0.0.0.0/0", near);
        add_acl(&mut facts, &own, vec![back, all(true)]);
        let answers = acl_rule(10, true, true, "0.0.0.0/0", far);
        add_acl(&mut facts, FAR, vec![answers, all(false)]);
        (
            statuses(&nacl::CHECK, &facts)[0],
            statuses(&path::CHECK, &facts)[0],
        )
    };
    let low = (32768, 45000);
    let high = (45001, 65535);
    assert_eq!(
        of((1024, 65535), (1024, 65535)),
        (Status::Pass, Status::Pass)
    );
    assert_eq!(of(low, low), (Status::Warn, Status::Warn));
    assert_eq!(of(low, high), (Status::Fail, Status::Fail));
}

#[test]
fn each_zone_can_have_its_own_acl() {
    let mut facts = with_two_interfaces();
    add_acl(&mut facts, FAR, Vec::new());
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Warn]);
    assert_eq!(statuses(&nacl::CHECK, &facts), [Status::Warn]);
    add_acl(&mut facts, FARTHER, Vec::new());
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Fail]);
    assert_eq!(causes(&facts), ["network.nacl"]);
}

#[test]
fn rules_of_all_security_groups_add_up() {
    let mut facts = with_far_endpoint();
    restrict_egress_to(&mut facts, &["10.7.0.0/16"]);
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Fail]);
    let mut other = task_group(&mut facts).clone();
    other.id = "sg-other".into();
    other.egress[0].cidrs = vec!["10.0.8.9/32".into()];
    let other = Fact::Known(other);
    facts
        .network
        .security_groups
        .insert("sg-other".into(), other);
    interfaces(&mut facts, |interface| {
        interface.security_groups.push("sg-other".into());
    });
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Pass]);
}

#[test]
fn a_prefix_list_route_can_override_the_local_route() {
    let firewall = || RouteTarget::Other("eni-firewall".into());
    let with = |target: RouteTarget, entries: Fact<Vec<String>>, gone: bool| {
        let mut facts = with_far_endpoint();
        route(&mut facts, "pl-1", target, gone);
        facts.network.prefix_lists.insert("pl-1".into(), entries);
        facts
    };
    let listed =
        |entries: &[&str]| Fact::Known(entries.iter().map(|entry| (*entry).to_owned()).collect());
    let to = |target, entries| statuses(&path::CHECK, &with(target, entries, false))[0];
    assert_eq!(to(firewall(), listed(&["10.0.8.0/24"])), Status::Unknown);
    let back = ["192.168.0.0/16", "10.0.0.0/24"];
    assert_eq!(to(firewall(), listed(&back)), Status::Unknown);
    assert_eq!(to(firewall(), listed(&["10.0.7.0/24"])), Status::Pass);
    assert_eq!(to(firewall(), listed(&["10.0.0.0/8"])), Status::Pass);
    // The entries of the list were not read.
    let unread = with(firewall(), denied("ec2:GetManagedPrefixListEntries"), false);
    let finding = &run(&path::CHECK, &unread)[0];
    assert_eq!(finding.status, Status::Unknown);
    let missing = finding.missing_permission.as_deref();
    assert_eq!(missing, Some("ec2:GetManagedPrefixListEntries"));
    let hub = RouteTarget::Other("tgw-1".into());
    let denied = denied("ec2:GetManagedPrefixListEntries");
    assert_eq!(to(hub, denied), Status::Pass, "no such route may be closer");
    // The appliance is gone.
    let gone = with(firewall(), listed(&["10.0.8.0/24"]), true);
    let finding = &run(&path::CHECK, &gone)[0];
    assert_eq!(finding.status, Status::Fail);
    assert!(
        finding
            .detail
            .contains("pl-1 leads to eni-firewall, which is gone")
    );
    assert_eq!(causes(&gone), ["network.path"]);
}

/// A route with a CIDR takes precedence over a prefix list with the same range.
#[test]
fn a_range_route_takes_precedence_over_a_prefix_list_route() {
    let mut facts = with_far_endpoint();
    let firewall = RouteTarget::Other("eni-firewall".into());
    route(&mut facts, "pl-1", firewall, false);
    let entries = Fact::Known(vec!["10.0.0.0/16".into()]);
    facts.network.prefix_lists.insert("pl-1".into(), entries);
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Pass]);
}

#[test]
fn tasks_with_an_unknown_address_can_have_any_of_the_subnet() {
    let mut facts = with_far_endpoint();
    interfaces(&mut facts, |interface| {
        if interface.subnet != FAR {
            interface.private_ips.clear();
        }
    });
    task(&mut facts).interface.as_mut().unwrap().private_ip = None;
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Pass]);
    endpoint_group(&mut facts).ingress[0].cidrs = vec!["10.0.0.0/25".into()];
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Unknown]);
    endpoint_group(&mut facts).ingress[0].cidrs = vec!["10.0.99.0/24".into()];
    assert_eq!(statuses(&path::CHECK, &facts), [Status::Fail]);
}

/// Logging services are judged by the address of each task, too.
#[test]
fn endpoints_of_other_services_do_not_count() {
    let check = &crate::network::logging_endpoints::CHECK;
    let mut facts = with_key();
    remove_default_routes(&mut facts);
    add_subnet(&mut facts, FAR, "10.0.8.0/24");
    let mut kms = endpoint(&mut facts).clone();
    kms.id = "vpce-kms".into();
    kms.service = "com.amazonaws.us-west-2.kms".into();
    kms.subnets = vec![FAR.into()];
    kms.security_groups = vec!["sg-kms".into()];
    let mut group = endpoint_group(&mut facts).clone();
    group.id = "sg-kms".into();
    group.ingress[0].cidrs = vec!["10.0.0.0/25".into()];
    facts
        .network
        .security_groups
        .insert("sg-kms".into(), Fact::Known(group));
    known(facts.network.endpoints.as_mut().unwrap()).push(kms);
    assert_eq!(statuses(check, &facts), [Status::Pass]);
    let second = add_task(&mut facts, "10.0.0.200");
    assert_eq!(tasks_of(check, &facts, Status::Fail), [second]);
    assert_eq!(tasks_of(check, &facts, Status::Pass).len(), 1);
    let finding = only(check, &facts, Status::Fail);
    assert!(finding.title.contains("10.0.0.200"), "{}", finding.title);
    assert!(finding.title.contains("sg-kms"), "{}", finding.title);
}
