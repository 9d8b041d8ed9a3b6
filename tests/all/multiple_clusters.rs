//! Several clusters in one run.

use serde_json::Value;

use crate::support::platform::{Platform, PlatformSpec};

/// One where everything is in order, one whose tasks are older than the flag.
fn two() -> (Platform, Platform) {
    let fine = Platform::healthy();
    let stale = Platform::new(PlatformSpec {
        exec: false,
        ..PlatformSpec::default()
    });
    (fine, stale)
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn two_clusters_give_one_report() {
    let (fine, stale) = two();
    let both = format!("{},{}", fine.cluster, stale.cluster);
    let only = "service,task,container,role";
    let written = |format| {
        let to = [
            "doctor",
            "--cluster",
            &both,
            "--only",
            only,
            "--format",
            format,
        ];
        fine.run(&to)
    };
    let run = written("json");
    assert_eq!(run.status, 1, "{}", run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["verdict"], "fail");
    let verdicts: Vec<&str> = report["reports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|report| report["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["pass", "fail"]);
    let of = |at: usize| report["reports"][at]["summary"]["pass"].as_u64().unwrap();
    assert_eq!(report["summary"]["pass"], of(0) + of(1));

    let schema = serde_json::from_str(&fine.run(&["schema"]).stdout).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    assert!(validator.is_valid(&report) && validator.is_valid(&report["reports"][0]));
    std::fs::write(fine.home.path().join("before.json"), &run.stdout).unwrap();
    let since = fine.run(&[
        "doctor",
        "--cluster",
        &both,
        "--only",
        only,
        "--baseline",
        "before.json",
    ]);
    assert_eq!(since.status, 0, "{}{}", since.stdout, since.stderr);

    let human = written("human");
    let last: Vec<&str> = human.stdout.lines().rev().take(2).collect();
    assert!(
        last[1].contains("elected checks found no problems"),
        "{}",
        human.stdout
    );
    assert!(last[0].contains(&stale.cluster), "{}", human.stdout);

    for (format, count) in [
        ("sarif", "\"automationDetails\""),
        ("junit", " service\""),
        ("markdown", "<summary>Environment"),
    ] {
        let run = written(format);
        let text = format!("\n{}", run.stdout);
        assert_eq!(text.matches(count).count(), 2, "{format}: {text}");
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_missing_cluster_does_not_hide_the_other() {
    let fine = Platform::healthy();
    let both = format!("{},nowhere", fine.cluster);
    let run = fine.run(&["doctor", "--cluster", &both, "--format", "json"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(
        run.stderr.contains("nowhere: there is no cluster nowhere"),
        "{}",
        run.stderr
    );
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["target"]["cluster"], fine.cluster.as_str());
}
