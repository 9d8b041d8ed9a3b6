//! Random expressions return a result or an error, and never panic.

mod common;

use aws_rules::iam::resolve_simulations;
use checks::FactIndex;
use common::*;
use custom_checks::expressions::run;

const WORDS: &[&str] = &[
    "task",
    "facts",
    "role",
    "x",
    ".",
    ".",
    "tags",
    "containers",
    "name",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    ",",
    ":",
    "?",
    "&&",
    "||",
    "!",
    "-",
    "+",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    ">",
    "in",
    "'a'",
    "''",
    "1",
    "0",
    "1u",
    "1.5",
    "1e999",
    "9223372036854775807",
    "true",
    "false",
    "null",
    "has",
    "all",
    "exists",
    "map",
    "filter",
    "exists_one",
    "size",
    "string",
    "int",
    "matches",
    "substring",
    "split",
    "format",
    "'%s'",
    "'%d'",
    "'[a'",
    "b'\\xff'",
    "r'\\'",
    "join",
    "replace",
    "charAt",
    " ",
    "\n",
    "ä",
    "@result",
    "_",
    "`a`",
    "type",
    "optional",
    ".?",
    "[?",
    "__",
    "x,",
    "strings.quote",
    "task.arn",
    "task.containers",
    "facts.tasks",
    "task.containers.map(c, c.name)",
    "task.tags",
    "-9223372036854775808",
    "0x7f",
    "'\\ud800'",
    "\\",
    "'",
];

/// The xorshift of Marsaglia: the same words every time.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }
}

#[test]
fn no_expression_panics() {
    let rounds = std::env::var("SOUP_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(500);
    let seed = std::env::var("SOUP_SEED")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(88_172_645_463_325_252);
    let mut random = Random(seed);
    let facts = coder();
    let simulations = resolve_simulations(&facts);
    let index = FactIndex::new(&facts, &simulations);
    let mut answered = 0;
    for _ in 0..rounds {
        let length = 1 + random.below(12);
        let words: String = (0..length)
            .map(|_| WORDS[random.below(WORDS.len())])
            .collect();
        // With TOML's escapes, so that every text reaches the parser.
        let quoted = serde_json::to_string(&words).expect("text");
        let text = format!(
            "[checks.x]\nwhen = {quoted}\ntitle = \"${{string(1)}}\"\ncommands = [\"a\"]\n"
        );
        let also = format!("[checks.x]\nwhen = 'true'\ntitle = {quoted}\ncommands = [{quoted}]\n");
        for text in [text, also] {
            match load(&text) {
                Ok(checks) => {
                    answered += 1;
                    let findings = run(&checks, &index);
                    assert!(
                        findings
                            .iter()
                            .all(|finding| !finding.title.contains("no thread")),
                        "{text}"
                    );
                }
                Err(error) => assert!(!error.message.contains("no thread"), "{text}"),
            }
        }
    }
    assert!(answered > rounds / 10, "{answered}");
}
