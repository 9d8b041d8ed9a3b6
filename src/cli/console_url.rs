//! Addresses of the ECS console that are pasted in the place of a service or task.

use std::ffi::OsString;

use http::Uri;

/// What an address of the console is about.
struct Place {
    region: Option<String>,
    cluster: String,
    /// The words in its place: the service, or `--task` and the ID.
    target: Vec<String>,
}

/// Replaces an address of the console with the service or task that it shows, in its cluster and region.
pub fn replace(arguments: &mut Vec<OsString>) {
    // What is explained may contain any text.
    if arguments.iter().any(|word| word == "explain") {
        return;
    }
    let words = arguments.iter().take_while(|word| *word != "--");
    let found = words
        .enumerate()
        .find_map(|(at, word)| Some((at, place(word.to_str()?)?)));
    let Some((at, place)) = found else {
        return;
    };
    let region = place.region.into_iter();
    let flags = region.flat_map(|region| ["--region".to_owned(), region]);
    let flags = flags.chain(["--cluster".to_owned(), place.cluster]);
    let replacement = place.target.into_iter().chain(flags);
    arguments.splice(at..=at, replacement.map(OsString::from));
}

fn place(word: &str) -> Option<Place> {
    let address: Uri = word.strip_prefix("https://").and(word.parse().ok())?;
    let host = address.host()?;
    let is_console = [
        "console.aws.amazon.com",
        "console.amazonaws-us-gov.com",
        "console.amazonaws.cn",
    ];
    if !is_console.iter().any(|console| host.ends_with(console)) {
        return None;
    }
    let mut segments = address.path().split('/');
    segments.find(|segment| *segment == "clusters")?;
    let cluster = segments.next().filter(|name| is_name(name))?;
    let kind = segments.next();
    let name = segments.next().filter(|name| is_name(name));
    let target = match (kind, name) {
        (Some("services"), Some(service)) => vec![service.to_owned()],
        (Some("tasks"), Some(task)) => vec!["--task".to_owned(), task.to_owned()],
        _ => Vec::new(),
    };
    let query = address.query().unwrap_or_default().split('&');
    let mut regions = query.filter_map(|pair| pair.strip_prefix("region="));
    let of_host = host.split_once(".console.").map(|(region, _)| region);
    let region = regions.next().or(of_host).filter(|region| is_name(region));
    Some(Place {
        region: region.map(str::to_owned),
        cluster: cluster.to_owned(),
        target,
    })
}

/// Whether it can be a name in AWS, and no flag.
fn is_name(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_console_becomes_what_it_shows() {
        const CONSOLE: &str = "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/shop";
        let replaced = |line: &str| {
            let mut arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            replace(&mut arguments);
            let words = arguments.iter().map(|word| word.to_str().unwrap());
            words.collect::<Vec<_>>().join(" ")
        };
        let place = "--region eu-west-1 --cluster shop";
        for (line, meant) in [
            (
                format!("ecs-exec doctor {CONSOLE}/services/web/health?region=eu-west-1"),
                format!("ecs-exec doctor web {place}"),
            ),
            (
                format!("ecs-exec {CONSOLE}/services/web/tasks -- ls"),
                format!("ecs-exec web {place} -- ls"),
            ),
            (
                format!("ecs-exec exec {CONSOLE}/tasks/0a1b/configuration"),
                format!("ecs-exec exec --task 0a1b {place}"),
            ),
            (
                format!("ecs-exec list {CONSOLE}"),
                format!("ecs-exec list {place}"),
            ),
        ] {
            assert_eq!(replaced(&line), meant);
        }
        for other in [
            "ecs-exec web",
            "ecs-exec explain at https://x.console.aws.amazon.com/ecs/v2/clusters/a/services/b",
            "ecs-exec https://example.com/clusters/shop/services/web",
            "ecs-exec run web -- curl https://x.console.aws.amazon.com/ecs/v2/clusters/a/services/b",
            "ecs-exec https://x.console.aws.amazon.com/ecs/v2/clusters/--config/services/b",
        ] {
            assert_eq!(replaced(other), other);
        }
    }
}
