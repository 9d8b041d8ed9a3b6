//! Codes of MFA devices, which are asked for on a terminal.

use std::time::{Duration, Instant};

use super::Sts;
use crate::support::doctor::command;
use crate::support::pty::Terminal;

/// Longer than anything takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers the question for a code that comes as this one, counted from 1. What is typed before it is discarded.
fn answer(terminal: &mut Terminal, question: usize, keys: &str) {
    let until = Instant::now() + PATIENCE;
    while terminal.screen().matches("MFA code of").count() < question {
        assert!(Instant::now() < until, "{}", terminal.screen());
        std::thread::sleep(Duration::from_millis(10));
    }
    terminal.type_keys(keys);
}

#[test]
fn a_code_is_asked_for_on_a_terminal() {
    for (profile, caller) in [("coded", "ASIACODED"), ("behind-a-code", "ASIABEHIND")] {
        let sts = Sts::new(None);
        let command = sts.command(&["--profile", profile], &[]);
        let mut terminal = Terminal::start(&command);
        terminal.expect("MFA code of arn:aws:iam::111111111111:mfa/jane for profile coded: ");
        terminal.type_keys("123 456\n");
        assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
        assert!(sts.received("TokenCode", "123456"));
        assert_eq!(sts.caller(), caller);
    }
}

#[test]
fn a_code_that_is_not_six_digits_is_asked_for_again() {
    let sts = Sts::new(None);
    let command = sts.command(&["--profile", "coded"], &[]);
    let mut terminal = Terminal::start(&command);
    answer(&mut terminal, 1, "12\n");
    terminal.expect("six digits");
    assert_eq!(sts.count("AssumeRole"), 0);
    answer(&mut terminal, 2, "123456\n");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
    assert!(sts.received("TokenCode", "123456"));

    let mut terminal = Terminal::start(&command);
    answer(&mut terminal, 1, "\u{4}");
    assert_eq!(terminal.wait(), 2, "{}", terminal.screen());
    assert_eq!(sts.count("AssumeRole"), 1, "no more than before");
}

#[test]
fn a_code_that_aws_does_not_accept_is_asked_for_again() {
    let sts = Sts::new(None);
    let command = sts.command(&["--profile", "coded"], &[]);
    let mut terminal = Terminal::start(&command);
    answer(&mut terminal, 1, "000000\n");
    terminal.expect("does not accept this code");
    answer(&mut terminal, 2, "123456\n");
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
    assert_eq!(sts.count("AssumeRole"), 2);

    let mut terminal = Terminal::start(&command);
    for question in 1..=3 {
        answer(&mut terminal, question, "000000\n");
    }
    assert_eq!(terminal.wait(), 2, "{}", terminal.screen());
    assert!(terminal.screen().contains("wait for the next one"));
    assert_eq!(sts.count("AssumeRole"), 5, "three attempts");
}

/// A progress line would overwrite the question.
#[test]
fn the_question_for_a_code_stays_on_the_screen() {
    let sts = Sts::new(Some("AccessDenied"));
    let mut doctor = command(sts.home.path());
    doctor
        .args(["doctor", "web", "--cluster", "shop", "--profile", "coded"])
        .env("AWS_ENDPOINT_URL", &sts.url);
    let mut terminal = Terminal::start(&doctor);
    terminal.expect("MFA code");
    std::thread::sleep(Duration::from_millis(600));
    let screen = terminal.screen();
    let (_, after) = screen.split_once("profile coded: ").unwrap();
    assert_eq!(after, "", "{screen}");
    terminal.type_keys("123456\n");
    assert_eq!(terminal.wait(), 2, "{}", terminal.screen());
}
