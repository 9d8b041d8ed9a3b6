//! The notation in which known errors say how to recognise them.

use serde::Deserialize;

use super::normalize::compact;

/// How many bytes may lie between two phrases of a pattern.
const MAX_GAP: usize = 800;

/// The phrases of a sentence: `...` means "and later, not far away", `OR` separates alternatives and binds tighter.
/// `handshake ... timed out OR expired` matches "the handshake has timed out" and "handshake expired". Case, white space
/// and the kind of quotes do not matter.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub struct Pattern {
    /// All combinations of phrases that make up the pattern.
    pub combinations: Vec<Vec<String>>,
    /// The same, compact.
    compact: Vec<Vec<String>>,
}

impl From<String> for Pattern {
    fn from(notation: String) -> Pattern {
        let steps = notation.split(" ... ");
        let combinations = steps.fold(vec![Vec::new()], |heads: Vec<Vec<String>>, step| {
            let longer = |phrase: &str| {
                let heads = heads.iter();
                heads
                    .map(|head| [&head[..], &[phrase.to_owned()]].concat())
                    .collect::<Vec<_>>()
            };
            step.split(" OR ").flat_map(longer).collect()
        });
        let compact_phrases =
            |phrases: &Vec<String>| phrases.iter().map(|one| compact(one)).collect();
        Pattern {
            compact: combinations.iter().map(compact_phrases).collect(),
            combinations,
        }
    }
}

impl Pattern {
    /// Whether a compact sentence contains all phrases of a combination.
    pub fn matches(&self, sentence: &str) -> bool {
        let mut combinations = self.compact.iter();
        combinations.any(|phrases| contains_in_order(sentence, phrases, usize::MAX))
    }

    /// All phrases, compact.
    #[cfg(test)]
    pub fn phrases(&self) -> impl Iterator<Item = &String> {
        self.compact.iter().flatten()
    }
}

/// `max_gap` is how many bytes may lie before the first phrase.
fn contains_in_order(text: &str, phrases: &[String], max_gap: usize) -> bool {
    let Some((first, rest)) = phrases.split_first() else {
        return true;
    };
    let reach = text.floor_char_boundary(max_gap.saturating_add(first.len()));
    text[..reach]
        .match_indices(first.as_str())
        .any(|(at, _)| contains_in_order(&text[at + first.len()..], rest, MAX_GAP))
}

/// A program that can be missing on a machine or in an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Program {
    /// The Session Manager plugin.
    Plugin,
    /// The Session Manager plugin, although the text lists its file.
    ListedPlugin,
    AwsCli,
    Shell,
    /// `script` of util-linux, with which the agent records a session.
    Script,
    /// Any other that the agent was asked to start.
    Other,
}

impl Program {
    /// Classifies a name or path in lower case.
    pub fn from_path(path: &str) -> Program {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let extensions = [".exe", ".cmd", ".bat"];
        let stem = extensions
            .iter()
            .find_map(|extension| name.strip_suffix(extension));
        match stem.unwrap_or(name) {
            "aws" | "aws2" | "awscli" | "aws-cli" => Program::AwsCli,
            "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh" | "mksh" | "fish" | "csh" | "tcsh"
            | "busybox" | "pwsh" | "powershell" | "cmd" => Program::Shell,
            "script" => Program::Script,
            name if name.ends_with("session-manager-plugin")
                || name.ends_with("sessionmanagerplugin") =>
            {
                Program::Plugin
            }
            _ => Program::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_match_in_order_and_near_each_other() {
        let pattern = Pattern::from("handshake ... timed out OR expired".to_owned());
        let matches = |text: &str| pattern.matches(&compact(text));
        assert!(matches("The Handshake has\n timed out."));
        assert!(matches("handshake expired"));
        assert!(!matches("timed out: handshake"));
        let far = format!("handshake {} expired", "é".repeat(MAX_GAP));
        assert!(!matches(&far));
        assert!(matches(&format!("{far}, handshake expired")));
    }
}
