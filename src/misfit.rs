//! What a parser says of a value that does not fit, in the words of the format instead of Rust's.

/// `set`: what the format calls keys with values: a table, an object.
pub fn told(message: &str, set: &str) -> String {
    let told = |rest: &str| -> Option<String> {
        let (found, expected) = rest.split_once(", expected ")?;
        let (expected, place) = match expected.find(" at line ") {
            Some(at) => expected.split_at(at),
            None => (expected, ""),
        };
        let (found, expected) = (words(found, set), words(expected, set));
        Some(format!("{found} stands where {expected} belongs{place}"))
    };
    ["invalid type: ", "invalid value: ", "invalid length: "]
        .iter()
        .find_map(|start| message.strip_prefix(start))
        .and_then(told)
        .unwrap_or_else(|| message.to_owned())
}

fn words(rust: &str, set: &str) -> String {
    let rust = rust.trim();
    let plain = rust.replace('`', "");
    match rust.split(' ').next().unwrap_or_default() {
        "struct" | "map" => set.to_owned(),
        "enum" => "one of the known words".to_owned(),
        "sequence" => "a list".to_owned(),
        "u64" | "u32" | "u16" => "a whole number from 0 on".to_owned(),
        "i64" | "i32" => "a whole number".to_owned(),
        "integer" => plain.replacen("integer", "the number", 1),
        "string" => plain.replacen("string", "the text", 1),
        "boolean" => plain.replacen("boolean ", "", 1),
        "a" if rust == "a map" => set.to_owned(),
        "a" if rust == "a sequence" => "a list".to_owned(),
        "a" if rust == "a string" => "a text".to_owned(),
        "a" if rust == "a boolean" => "true or false".to_owned(),
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn no_word_of_rust_is_left() {
        let cases = [
            (
                "invalid type: integer `7`, expected a string",
                "the number 7 stands where a text belongs",
            ),
            (
                "invalid type: string \"a\", expected u64",
                "the text \"a\" stands where a whole number from 0 on belongs",
            ),
            (
                "invalid type: map, expected a sequence",
                "a table stands where a list belongs",
            ),
            (
                "invalid type: sequence, expected struct File",
                "a list stands where a table belongs",
            ),
            (
                "invalid type: null, expected struct Facts at line 1 column 4",
                "null stands where a table belongs at line 1 column 4",
            ),
            ("missing field `service`", "missing field `service`"),
        ];
        for (message, wanted) in cases {
            assert_eq!(told(message, "a table"), wanted);
        }
    }
}
