//! Every API that the doctor uses, with every fault: nothing crashes, and no fault turns a check green or red.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::least_privilege::ENCRYPTED_AND_RECORDED;
use crate::support::doctor::Run;
use crate::support::fault::Fault;
use crate::support::platform::{Platform, PlatformSpec};

const FAULTS: [(&str, Fault); 12] = [
    ("denied", Fault::Deny),
    ("throttled for ever", Fault::Throttle(u32::MAX)),
    ("500", Fault::Status500),
    ("503, then fine", Fault::Status503(2)),
    ("hanging", Fault::Hang),
    ("reset in mid-answer", Fault::Reset),
    ("truncated", Fault::Truncated),
    ("garbage", Fault::Garbage),
    ("empty", Fault::Empty),
    ("unknown words", Fault::UnknownValues),
    ("optional fields missing", Fault::RequiredFieldsOnly),
    ("10 MB texts", Fault::LargeTexts),
];

/// The statuses of each check.
fn statuses_by_check(run: &Run) -> BTreeMap<String, BTreeSet<String>> {
    let mut statuses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for finding in run.json()["findings"].as_array().unwrap() {
        let text = |field: &str| finding[field].as_str().unwrap().to_owned();
        statuses
            .entry(text("check"))
            .or_default()
            .insert(text("status"));
    }
    statuses
}

/// Why a run with a fault is wrong, compared with the run without it.
fn diagnosis_error(
    healthy: &BTreeMap<String, BTreeSet<String>>,
    run: &Run,
    passes: bool,
) -> Option<String> {
    if run.status == 2 {
        // The credentials are refused, or nothing is known about the target.
        return (!run.stderr.starts_with("error: ")).then(|| run.stderr.clone());
    }
    for (check, statuses) in statuses_by_check(run) {
        let before = &healthy[&check];
        for status in statuses {
            let allowed = before.contains(&status) || status == "unknown" || status == "skip";
            let is_softer = status == "warn" && before.contains("fail");
            // With an unreadable endpoint, the doctor judges the route to the internet instead.
            let is_seen_instead = check == "network.internet-route" && status == "pass";
            let is_less_seen = status == "pass" && before.contains("warn");
            if !(allowed || is_softer || is_seen_instead || is_less_seen) {
                return Some(format!("{check} says {status}, not {before:?}"));
            }
        }
    }
    let allowed: &[i32] = if passes { &[0, 3] } else { &[1, 3] };
    (!allowed.contains(&run.status)).then(|| format!("exit status {}", run.status))
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn api_faults_cause_no_wrong_diagnosis() {
    let start = |breaks: bool| {
        let platform = Platform::new(PlatformSpec {
            nat: true,
            ..PlatformSpec::default()
        });
        platform.sh(ENCRYPTED_AND_RECORDED);
        if breaks {
            platform.sh("aws iam delete-role-policy --role-name $ROLE --policy-name ecs-exec");
        }
        platform
    };
    let first = start(false);
    let apis: Vec<String> = first.doctor(&["coder"]).json()["api_calls"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    let cases: Vec<(&str, &str, Fault)> = apis
        .iter()
        .flat_map(|api| {
            FAULTS
                .iter()
                .map(move |(name, fault)| (api.as_str(), *name, fault.clone()))
        })
        .collect();
    let next = AtomicUsize::new(0);
    let errors = Mutex::new(Vec::new());
    let exit_statuses = Mutex::new(BTreeMap::<i32, usize>::new());
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let platforms = [(start(false), true), (start(true), false)];
                let before: Vec<_> = platforms
                    .iter()
                    .map(|(platform, _)| statuses_by_check(&platform.doctor(&["coder"])))
                    .collect();
                while let Some((api, name, fault)) = cases.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    for ((platform, passes), before) in platforms.iter().zip(&before) {
                        platform.proxy.rules.lock().unwrap().faults.clear();
                        platform.proxy.fault(api, fault.clone());
                        let run = platform.doctor(&["coder", "--timeout", "2s"]);
                        *exit_statuses.lock().unwrap().entry(run.status).or_default() += 1;
                        if let Some(why) = diagnosis_error(before, &run, *passes) {
                            let kind = if *passes { "healthy" } else { "broken" };
                            errors
                                .lock()
                                .unwrap()
                                .push(format!("{kind} platform, {api} {name}: {why}"));
                        }
                    }
                }
            });
        }
    });
    let errors = errors.into_inner().unwrap();
    let count = cases.len() * 2;
    let line = format!(
        "Fault grid: {} APIs, {} faults, 2 platforms: {count} runs, {} wrong; by exit status {:?}\n",
        apis.len(),
        FAULTS.len(),
        errors.len(),
        exit_statuses.into_inner().unwrap(),
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}
