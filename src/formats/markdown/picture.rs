//! A Mermaid picture of a session's path that marks what is broken. <https://mermaid.js.org/syntax/flowchart.html>

use std::fmt::Write;

use crate::formats::path::{Hop, SessionPath};

/// The path from top to bottom, which stays legible in a narrow column.
pub fn draw(path: &SessionPath) -> String {
    let mut picture = String::from("flowchart TD\n");
    for hop in &path.hops {
        let (id, label, class) = (hop.id, label(hop), hop.state.class());
        let _ = writeln!(picture, "  {id}[\"{label}\"]:::{class}");
    }
    picture.push_str(concat!(
        "  ssm([\"Systems Manager\"])\n",
        "  caller -->|ecs:ExecuteCommand| cluster --> service --> task --> container\n",
        "  role -->|ssmmessages rights| container\n",
        "  container -->|control channel| network --> ssm\n",
        "  classDef good stroke:#2e7d32\n",
        "  classDef broken fill:#c62828,stroke:#7f0000,color:#ffffff,stroke-width:3px\n",
        "  classDef symptom stroke:#c62828,stroke-width:2px\n",
        "  classDef unclear stroke:#f9a825,stroke-dasharray:4\n",
        "  classDef unseen stroke:#9e9e9e,stroke-dasharray:2\n",
    ));
    picture
}

fn label(hop: &Hop) -> String {
    let mut lines = vec![escaped(&hop.label)];
    if !hop.others.is_empty() {
        lines.push(escaped(&hop.others));
    }
    lines.extend(hop.failures.iter().map(|line| escaped(line)));
    lines.join("<br/>")
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
