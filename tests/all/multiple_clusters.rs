//! Several clusters in one run.

use serde_json::Value;

use crate::support::platform::{Platform, PlatformSpec};

/// A healthy cluster, and one whose tasks lack exec.
fn healthy_and_stale_cluster() -> (Platform, Platform) {
    let healthy = Platform::healthy();
    let stale = Platform::new(PlatformSpec {
        exec: false,
        ..PlatformSpec::default()
    });
    (healthy, stale)
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn two_clusters_give_one_report() {
    let (healthy, stale) = healthy_and_stale_cluster();
    let clusters = format!("{},{}", healthy.cluster, stale.cluster);
    let only = "service,task,container,role";
    let report_in = |format| {
        let to = [
            "doctor",
            "--cluster",
            &clusters,
            "--only",
            only,
            "--format",
            format,
        ];
        healthy.run(&to)
    };
    let run = report_in("json");
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
    let passed = |at: usize| report["reports"][at]["summary"]["pass"].as_u64().unwrap();
    assert_eq!(report["summary"]["pass"], passed(0) + passed(1));

    let schema = serde_json::from_str(&healthy.run(&["schema"]).stdout).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    assert!(validator.is_valid(&report) && validator.is_valid(&report["reports"][0]));
    std::fs::write(healthy.home.path().join("before.json"), &run.stdout).unwrap();
    let compared = healthy.run(&[
        "doctor",
        "--cluster",
        &clusters,
        "--only",
        only,
        "--baseline",
        "before.json",
    ]);
    assert_eq!(compared.status, 0, "{}{}", compared.stdout, compared.stderr);

    let human = report_in("human");
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
        let run = report_in(format);
        let text = format!("\n{}", run.stdout);
        assert_eq!(text.matches(count).count(), 2, "{format}: {text}");
    }
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_missing_cluster_does_not_hide_the_other() {
    let healthy = Platform::healthy();
    let clusters = format!("{},nowhere", healthy.cluster);
    let run = healthy.run(&["doctor", "--cluster", &clusters, "--format", "json"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(
        run.stderr.contains("nowhere: there is no cluster nowhere"),
        "{}",
        run.stderr
    );
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["target"]["cluster"], healthy.cluster.as_str());

    // Its error comes before the annotations of the other.
    let github = healthy.run(&["doctor", "--cluster", &clusters, "--format", "github"]);
    let first = github.stdout.lines().next().unwrap_or_default();
    assert!(
        first.starts_with("::error title=ecs-exec::nowhere: "),
        "{first}"
    );
    assert_eq!(github.stdout.matches("title=ecs-exec::").count(), 1);
}
