//! A Mermaid picture of a session's path, from the caller to the agent and on to Systems Manager, that marks what is
//! broken. <https://mermaid.js.org/syntax/flowchart.html>

use std::fmt::Write;

use diagnosis::report::Report;
use model::{Area, Finding, Status};

/// A node of the picture, and the findings about it.
struct Node<'r> {
    id: &'static str,
    label: String,
    findings: Vec<&'r Finding>,
}

const NODES: [(&str, &str, &[Area]); 7] = [
    ("caller", "caller", &[Area::Local, Area::Caller]),
    ("cluster", "cluster", &[Area::Cluster]),
    ("service", "service", &[Area::Service]),
    ("task", "task", &[Area::Task]),
    ("container", "agent in the container", &[Area::Container]),
    ("role", "task role", &[Area::Role]),
    ("network", "network to ssmmessages", &[Area::Network]),
];

/// The path into the first service of the first root cause; `None` if there is no root cause.
pub fn draw(report: &Report) -> Option<String> {
    let cause = report.root_causes.first()?;
    let service = cause
        .subjects
        .iter()
        .find_map(|subject| subject.service.as_deref());
    let nodes: Vec<Node> = NODES
        .iter()
        .map(|&(id, label, areas)| Node {
            id,
            label: self::label(label, id, report, service),
            findings: findings_about(report, service, areas),
        })
        .collect();
    let mut picture = String::from("flowchart LR\n");
    for node in &nodes {
        let _ = writeln!(
            picture,
            "  {}[\"{}{}\"]:::{}",
            node.id,
            escaped(&node.label),
            failed_check(node),
            class(node)
        );
    }
    picture.push_str(concat!(
        "  ssm([\"Systems Manager\"])\n",
        "  caller -->|ecs:ExecuteCommand| cluster --> service --> task --> container\n",
        "  role -->|ssmmessages rights| container\n",
        "  container -->|control channel| network --> ssm\n",
        "  caller -.->|session| ssm\n",
        "  classDef good stroke:#2e7d32\n",
        "  classDef bad stroke:#c62828,stroke-width:3px\n",
        "  classDef unclear stroke:#f9a825,stroke-dasharray:4\n",
        "  classDef unseen stroke:#9e9e9e,stroke-dasharray:2\n",
    ));
    Some(picture)
}

fn label(label: &str, id: &str, report: &Report, service: Option<&str>) -> String {
    match (id, service) {
        ("cluster", _) => format!("cluster {}", report.target.cluster),
        ("service", Some(service)) => format!("service {service}"),
        _ => label.to_owned(),
    }
}

/// Findings of these areas about the service, or about no service.
fn findings_about<'r>(
    report: &'r Report,
    service: Option<&str>,
    areas: &[Area],
) -> Vec<&'r Finding> {
    report
        .findings
        .iter()
        .filter(|finding| areas.contains(&finding.check.area))
        .filter(|finding| {
            finding.subject.service.is_none()
                || service.is_none()
                || finding.subject.service.as_deref() == service
        })
        .collect()
}

/// The first failed check without a known cause, else the first failed check.
fn failed_check(node: &Node) -> String {
    let failed = || {
        node.findings
            .iter()
            .filter(|finding| finding.status == Status::Fail)
    };
    let broken = failed()
        .find(|finding| finding.caused_by.is_empty())
        .or_else(|| failed().next());
    broken.map_or(String::new(), |finding| {
        format!("<br/>✗ {}", finding.check.id)
    })
}

fn class(node: &Node) -> &'static str {
    let has = |status| node.findings.iter().any(|finding| finding.status == status);
    match () {
        () if has(Status::Fail) => "bad",
        () if has(Status::Unknown) || has(Status::Warn) => "unclear",
        () if has(Status::Pass) => "good",
        () => "unseen",
    }
}

/// Replaces characters by entity codes, which Mermaid reads within quotes.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() || " -_./:✗".contains(c) => safe.push(c),
            c => {
                let _ = write!(safe, "#{};", u32::from(c));
            }
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_escaped_in_diagrams() {
        assert_eq!(
            super::escaped("a\"]-->b<script>\n"),
            "a#34;#93;--#62;b#60;script#62;#10;"
        );
    }
}
