//! Prefix lists at and above the AWS limits: results are right, and time grows linearly.

use std::time::{Duration, Instant};

use crate::network::{endpoint_security_group, path, task_egress};
use crate::testing::*;
use model::check::Check;
use model::facts::*;
use model::finding::Status;

/// `length` single addresses from 20.0.0.0 on that are not adjacent, followed by `others`.
fn list(length: u32, others: &[&str]) -> Fact<Vec<String>> {
    let first = u32::from(std::net::Ipv4Addr::new(20, 0, 0, 0));
    let addresses = (0..length).map(|number| std::net::Ipv4Addr::from(first + 2 * number));
    let entries = addresses.map(|address| format!("{address}/32"));
    let others = others.iter().map(|other| (*other).to_owned());
    Fact::Known(entries.chain(others).collect())
}

fn set(facts: &mut Facts, list: Fact<Vec<String>>) {
    facts.network.prefix_lists.insert("pl-long".into(), list);
}

fn prefix_list_rule() -> GroupRule {
    GroupRule {
        protocol: "-1".into(),
        prefix_lists: vec!["pl-long".into()],
        ..GroupRule::default()
    }
}

fn status(check: &'static Check, facts: &Facts) -> Status {
    statuses(check, facts)[0]
}

/// The list is a peer in both security groups and the destination of a route.
fn judge(length: u32) -> Duration {
    let began = Instant::now();
    let mut facts = healthy_coder();
    let own = format!("{}/32", task_address(&mut facts));
    endpoint_group(&mut facts).ingress = vec![prefix_list_rule()];
    set(&mut facts, list(length, &[&own]));
    assert_eq!(
        status(&endpoint_security_group::CHECK, &facts),
        Status::Pass
    );
    set(&mut facts, list(length, &[]));
    assert_eq!(
        status(&endpoint_security_group::CHECK, &facts),
        Status::Fail
    );

    let mut facts = healthy_coder();
    task_group(&mut facts).egress = vec![prefix_list_rule()];
    set(&mut facts, list(length, &["10.0.0.0/8"]));
    assert_eq!(status(&task_egress::CHECK, &facts), Status::Pass);
    set(&mut facts, list(length, &[]));
    assert_eq!(status(&task_egress::CHECK, &facts), Status::Fail);
    remove_endpoints(&mut facts);
    assert_eq!(status(&task_egress::CHECK, &facts), Status::Unknown);
    set(&mut facts, list(length, &["0.0.0.0/1", "128.0.0.0/1"]));
    assert_eq!(status(&task_egress::CHECK, &facts), Status::Pass);

    let firewall = RouteTarget::Other("eni-firewall".into());
    let mut facts = healthy_coder();
    route(&mut facts, "pl-long", firewall, false);
    set(&mut facts, list(length, &[]));
    assert_eq!(status(&path::CHECK, &facts), Status::Pass);
    set(&mut facts, list(length, &["10.0.0.0/24"]));
    assert_eq!(status(&path::CHECK, &facts), Status::Unknown);
    remove_endpoints(&mut facts);
    assert_eq!(
        status(&path::CHECK, &facts),
        Status::Unknown,
        "of the internet too"
    );
    began.elapsed()
}

#[test]
fn time_grows_linearly_with_prefix_list_entries() {
    let five = judge(5_000);
    let fifty = judge(50_000);
    println!("5,000 entries: {five:?}, 50,000 entries: {fifty:?}");
    // Ten times the entries take about ten times as long; quadratic time would be a hundred times.
    assert!(
        fifty < 40 * five.max(Duration::from_millis(50)),
        "{five:?}, {fifty:?}"
    );
}

#[test]
fn a_network_acl_with_many_rules_is_judged_fast() {
    let rules = |last: bool| {
        let denies = (1..5_000_u16).map(|number| {
            let address = format!("20.0.{}.{}/32", number / 250, number % 250);
            acl_rule(number.into(), false, false, &address, (number, number))
        });
        let last = acl_rule(6_000, false, last, "10.0.0.0/8", (0, 65535));
        denies.chain([last]).collect::<Vec<_>>()
    };
    for (last, expected) in [(true, Status::Pass), (false, Status::Fail)] {
        let mut facts = healthy_coder();
        add_subnet(&mut facts, "subnet-far", "10.0.8.0/24");
        endpoint(&mut facts).subnets = vec!["subnet-far".into()];
        add_acl(&mut facts, "subnet-far", rules(last));
        let acls = facts.network.network_acls.values_mut().next();
        let far = &mut known(acls.unwrap())[0];
        far.entries
            .push(acl_rule(1, true, true, "0.0.0.0/0", (0, 65535)));
        let began = Instant::now();
        assert_eq!(status(&path::CHECK, &facts), expected);
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}
