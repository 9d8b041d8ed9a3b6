//! A sentence of a text, and what its words say about it.

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    /// In lower case and without white space, so that it does not matter where a line was broken.
    pub text: String,
    /// The API operation that failed, where this sentence or one before it names it.
    pub operation: Option<String>,
    /// Printed while a session was open: by the plugin, the agent, or the program in the container.
    pub is_inside: bool,
}

/// Lower case without white space. An apostrophe within a word goes too.
pub fn squeeze(text: &str) -> String {
    let mut squeezed = String::with_capacity(text.len());
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_apostrophe = c == '\''
            && before.is_ascii_alphabetic()
            && chars.peek().is_some_and(char::is_ascii_alphabetic);
        if !c.is_whitespace() && !is_apostrophe {
            push_lower(&mut squeezed, c);
        }
        before = c;
    }
    squeezed
}

/// Appends a character in lower case.
pub fn push_lower(text: &mut String, c: char) {
    match c.is_ascii() {
        true => text.push(c.to_ascii_lowercase()),
        false => text.extend(c.to_lowercase()),
    }
}

/// Words that a message of its own begins with.
pub fn begins_a_message(text: &str) -> bool {
    const BEGINNINGS: [&str; 9] = [
        "An error occurred",
        "Traceback ",
        "SessionId:",
        "Exiting session",
        "----------",
        "Command '",
        "Cannot perform start session",
        "Unable to start command",
        "usage: ",
    ];
    const SPEAKERS: [&str; 22] = [
        "bash",
        "-bash",
        "sh",
        "-sh",
        "zsh",
        "-zsh",
        "fish",
        "ksh",
        "mksh",
        "csh",
        "tcsh",
        "dash",
        "ash",
        "env",
        "sudo",
        "aws",
        "make",
        "error",
        "fatal",
        "exec",
        "session-manager-plugin",
        "which",
    ];
    if BEGINNINGS
        .iter()
        .any(|beginning| text.starts_with(beginning))
    {
        return true;
    }
    let Some((speaker, _)) = text
        .split_once(':')
        .filter(|(speaker, _)| speaker.len() < 80)
    else {
        return false;
    };
    let speaker = speaker.trim();
    let name = speaker.rsplit('/').next().unwrap_or(speaker);
    !speaker.contains(' ')
        && (SPEAKERS.contains(&name.to_ascii_lowercase().as_str())
            || name.ends_with("Exception") && !speaker.is_empty()
            || name.ends_with("Error")
            || speaker.starts_with("./"))
}

/// The operation that a sentence without white space names, as the SDKs and CloudTrail write it.
pub fn operation(text: &str) -> Option<&str> {
    let between = |start: &str, end: &[char]| {
        let (_, rest) = text.split_once(start)?;
        let end = rest.find(end)?;
        Some(&rest[..end])
    };
    let botocore = || {
        let (_, rest) = text.split_once("whencallingthe")?;
        Some(rest.split_once("operation").map_or(rest, |(name, _)| name))
    };
    let go = || {
        let (_, rest) = text.split_once("operationerror")?;
        let (_, rest) = rest.split_once(':')?;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric());
        Some(&rest[..end.unwrap_or(rest.len())])
    };
    botocore()
        .or_else(go)
        .or_else(|| between("'eventname':'", &['\'']))
}
