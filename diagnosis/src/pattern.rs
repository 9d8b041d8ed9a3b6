//! Sentences that differ only in names: `ECS Exec is not enabled on a` and `… on b`. Reports say such a sentence once.

use model::Finding;

/// What stands for a name in a pattern.
pub const NAME: &str = "…";

/// Shorter parts of IDs, such as revisions, are not names of anything.
const MIN_PART: usize = 3;

/// A text about a finding's subject without the names of the service and of the subject. Findings with the same pattern
/// say the same of several subjects.
pub fn of_finding(finding: &Finding, text: &str) -> String {
    let subject = &finding.subject;
    let mut names = id_parts(&subject.id);
    names.extend(subject.service.as_deref());
    without_names(text, names)
}

/// The same with the name of the service only.
pub fn of_service(finding: &Finding, text: &str) -> String {
    without_names(
        text,
        finding.subject.service.as_deref().into_iter().collect(),
    )
}

/// A text about what an ID names, without the ID and its parts.
pub fn of_id(id: &str, text: &str) -> String {
    without_names(text, id_parts(id))
}

/// The same text without words that hold a digit: numbers, times, addresses and IDs.
pub fn without_numbers(text: &str) -> String {
    let words = text
        .split(' ')
        .map(|word| match word.contains(|c: char| c.is_ascii_digit()) {
            true => NAME,
            false => word,
        });
    words.collect::<Vec<_>>().join(" ")
}

fn id_parts(id: &str) -> Vec<&str> {
    let parts = id.split(['/', ':']);
    let parts = parts.filter(|part| part.len() >= MIN_PART && !is_number(part));
    parts.chain([id]).collect()
}

fn is_number(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

fn without_names(text: &str, mut names: Vec<&str>) -> String {
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut text = text.to_owned();
    for name in names.into_iter().filter(|name| !name.is_empty()) {
        text = replace_word(&text, name);
    }
    text
}

/// Replaces a name where it is not a part of a longer one.
fn replace_word(text: &str, name: &str) -> String {
    let mut replaced = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        let last = before.chars().next_back().or(replaced.chars().next_back());
        let is_word = !last.is_some_and(in_name) && !after.chars().next().is_some_and(in_name);
        replaced.push_str(before);
        replaced.push_str(if is_word { NAME } else { name });
        rest = after;
    }
    replaced + rest
}

fn in_name(c: char) -> bool {
    c.is_alphanumeric() || c == '-' || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use checks::registry;
    use model::finding::Subject;

    #[test]
    fn sentences_about_several_subjects_have_one_pattern() {
        let check = registry::find("role.present").unwrap();
        let pattern = |service: &str, role: &str, text: &str| {
            let id = format!("arn:aws:iam::123456789012:role/{role}");
            let subject = Subject::new("role", id).of_service(Some(service.into()));
            of_finding(&check.fail(subject, "title"), text)
        };
        assert_eq!(
            pattern("web", "web-task", "Role web-task of web: webhook web-x"),
            "Role … of …: webhook web-x"
        );
        assert_eq!(pattern("", "x", "no names"), "no names");
        assert_eq!(
            pattern("b", "b-task", "Role b-task, b"),
            pattern("c", "c-task", "Role c-task, c")
        );
        assert_eq!(
            of_id("web/app", "make app of web writable"),
            "make … of … writable"
        );
        assert_eq!(
            of_id("family:7", "revision 7 of family:7"),
            "revision 7 of …"
        );
        assert_eq!(
            of_id("family:123", "revision 123 of family:123"),
            "revision 123 of …"
        );
        assert_eq!(without_numbers("for 3 days"), "for … days");
    }

    #[test]
    fn the_pattern_of_a_service_keeps_the_name_of_the_subject() {
        let check = registry::find("role.present").unwrap();
        let of_service = |service: Option<&str>| {
            let subject = Subject::new("role", "role").of_service(service.map(Into::into));
            super::of_service(&check.fail(subject, ""), "the role of web")
        };
        assert_eq!(of_service(Some("web")), "the role of …");
        assert_eq!(of_service(None), "the role of web");
    }
}
