//! What the picture of the path says of several services.

use std::path::Path;

use serde_json::{Value, json};

use super::{denied, doctor, fleet_of, mixed, off, plain, stale};
use crate::support::platform::home;

/// The classes of the parts of the path in the picture, which Markdown and HTML share.
fn picture(home: &Path, facts: &Value, arguments: &[&str]) -> (String, Vec<(String, String)>) {
    let arguments = [&["--format", "markdown"], arguments].concat();
    let markdown = doctor(home, facts, &arguments).stdout;
    let lines = markdown.lines().filter_map(|line| {
        let (label, class) = line.trim().split_once("\"]:::")?;
        Some((label.to_owned(), class.to_owned()))
    });
    let parts = lines.collect();
    (markdown, parts)
}

fn class<'p>(parts: &'p [(String, String)], id: &str) -> &'p (String, String) {
    let start = format!("{id}[");
    parts
        .iter()
        .find(|(label, _)| label.starts_with(&start))
        .unwrap()
}

#[test]
fn the_picture_marks_every_root_cause_of_the_services_it_stands_for() {
    let home = home(true);
    let facts = mixed(12, &[stale, denied, off, |_| ()]);
    let (markdown, parts) = picture(home.path(), &facts, &[]);
    for (part, check) in [
        ("service", "service.exec-enabled"),
        ("task", "task.exec-enabled"),
        ("role", "role.ssmmessages"),
    ] {
        let (label, class) = class(&parts, part);
        assert_eq!(class, "broken", "{markdown}");
        let failure = format!("✗ {check}<br/>for 3 of 9 services");
        assert!(label.contains(&failure), "{label}");
    }
    assert_eq!(class(&parts, "container").1, "symptom");
    assert_eq!(class(&parts, "network").1, "good");
    assert!(markdown.contains("into app-002 and 8 more services. Filled parts are broken for"));
    let html = doctor(home.path(), &facts, &["--format", "html"]).stdout;
    assert_eq!(html.matches("\"hop broken\"").count(), 3, "{html}");
    assert!(html.contains("<figcaption>The path of a session into app-002 and 8 more services."));
}

#[test]
fn the_picture_of_one_broken_service_shows_its_causes_only() {
    let home = home(true);
    // What the neighbor's role is allowed to do is unknown.
    let facts = fleet_of(2, plain, |number, one| match number {
        0 => denied(one),
        _ => one["simulations"] = json!([]),
    });
    let (markdown, parts) = picture(home.path(), &facts, &[]);
    assert!(
        markdown.contains("into app-000. Filled parts are broken."),
        "{markdown}"
    );
    let (label, class_of_role) = class(&parts, "role");
    assert_eq!(
        (label.as_str(), class_of_role.as_str()),
        ("role[\"task role<br/>✗ role.ssmmessages", "broken")
    );
    assert_eq!(class(&parts, "task").1, "good");
}

#[test]
fn the_picture_does_not_paint_green_what_was_not_checked() {
    let home = home(true);
    let (markdown, parts) = picture(
        home.path(),
        &mixed(2, &[denied]),
        &["--only", "role.ssmmessages", "--only", "task.exec-enabled"],
    );
    assert_eq!(class(&parts, "role").1, "broken", "{markdown}");
    for part in [
        "caller",
        "cluster",
        "service",
        "task",
        "container",
        "network",
    ] {
        assert_eq!(class(&parts, part).1, "unseen", "{part}: {markdown}");
    }
}
