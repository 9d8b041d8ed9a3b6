//! The HTML report on many services.

use super::{denied, doctor, fleet, plain, stale};
use crate::support::platform::home;

#[test]
fn html_is_well_formed_whatever_names_are() {
    let home = home(true);
    let hostile = |number: usize| {
        format!(
            "</code></p><script>alert({number})</script>\"'&amp; ]]> <!-- \u{202e}evil {}",
            "long-".repeat(40)
        )
    };
    for facts in [fleet(12, plain, denied), fleet(12, hostile, stale)] {
        let html = doctor(home.path(), &facts, &["--format", "html"]).stdout;
        assert_well_formed(&html);
        assert!(html.contains("<svg ") && html.contains("hop broken"));
        for bad in [
            "<script", "<img", "onerror=", "src=", "url(", "@import", "\u{202e}",
        ] {
            assert!(!html.contains(bad), "{bad}");
        }
    }
}

#[test]
fn tables_of_html_are_readable_in_a_narrow_column() {
    let home = home(true);
    let html = doctor(
        home.path(),
        &fleet(12, plain, denied),
        &["--format", "html"],
    )
    .stdout;
    // Words break in table cells only if no column can be wider, and cells are stacked in a narrow window.
    for rule in [
        "overflow-wrap: break-word;\n}",
        "td { min-width: 9rem; overflow-wrap: anywhere; }",
        "@media (max-width: 44rem) {\n  table, tbody, tr, th, td { display: block; }",
        "tr.columns { display: none; }",
    ] {
        assert!(html.contains(rule), "{rule}");
    }
    assert!(
        html.contains("<tr class=\"columns\"><th>Status</th>"),
        "{html}"
    );
}

/// Elements are nested, attributes are quoted, and every `&` begins one of the entities of XML.
fn assert_well_formed(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html.strip_prefix("<!DOCTYPE html>\n").unwrap();
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        assert_entities(text);
        let (tag, after) = tag[1..].split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let is_void = attributes.ends_with('/');
        let attributes = attributes.trim_end_matches('/');
        assert_eq!(attributes.matches('"').count() % 2, 0, "{tag}");
        assert_entities(attributes);
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{tag}");
        if !is_void {
            open.push(name);
        }
        if name == "style" {
            rest = &rest[rest.find("</style>").unwrap()..];
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert_eq!(rest.trim(), "");
}

fn assert_entities(text: &str) {
    for part in text.split('&').skip(1) {
        let (entity, _) = part.split_once(';').unwrap();
        assert!(
            ["amp", "lt", "gt", "quot", "#39"].contains(&entity),
            "{entity}"
        );
    }
}
