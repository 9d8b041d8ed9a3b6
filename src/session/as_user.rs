//! `--user`: runs a command in a container as another user of it. ECS Exec itself always starts commands as root or as
//! the image's user, so a program of the image has to change the user.

/// Ends with 126 and a message on standard error if it cannot.
const SCRIPT: &str = include_str!("as_user.sh").trim_ascii_end();

/// The words that run a command line for /bin/sh as this user.
pub fn as_user(user: &str, line: &str) -> Vec<String> {
    ["/bin/sh", "-c", SCRIPT, "ecs-exec", user, line]
        .map(str::to_owned)
        .to_vec()
}

/// The command line of a shell: the first of these that the image has.
pub fn first_shell(shells: &[String]) -> String {
    let tries = shells.iter().map(|shell| {
        let words = shell_words::split(shell).unwrap_or_else(|_| vec![shell.clone()]);
        let program = words.first().map_or("/bin/sh", String::as_str);
        let (program, line) = (shell_words::quote(program), shell_words::join(&words));
        format!("command -v {program} >/dev/null && exec {line}; ")
    });
    tries.collect::<String>() + "exec /bin/sh"
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    fn run(user: &str, line: &str) -> (Option<i32>, String) {
        let words = as_user(user, line);
        let output = Command::new(&words[0]).args(&words[1..]).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    }

    #[test]
    fn a_command_runs_as_the_user_or_says_why_not() {
        let (status, text) = run("no-such-user", "true");
        assert_eq!(status, Some(126));
        assert!(text.contains("there is no user no-such-user"), "{text}");
        let me = Command::new("id").arg("-un").output().unwrap().stdout;
        let me = String::from_utf8(me).unwrap();
        assert_eq!(run(me.trim(), "id -un; exit 3"), (Some(3), me.clone()));
        let line = "printf '%s ' \"$(id -un)\" 'a  b' $USER $LOGNAME $HOME";
        let (status, text) = run("nobody", line);
        match me.trim() {
            // What the user's programs write to their home must not go to root's.
            "root" => {
                assert_eq!(status, Some(0), "{text}");
                assert!(text.starts_with("nobody a  b nobody nobody /"), "{text}");
                assert!(!text.contains("/root"), "{text}");
            }
            _ => assert!(text.contains("is not root"), "{text}"),
        }
    }

    #[test]
    fn the_first_shell_that_exists_is_started() {
        let line = first_shell(&["/no/such/shell -l".to_owned(), "/bin/sh".to_owned()]);
        let mut child = Command::new("/bin/sh")
            .args(["-c", &line])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"echo $0").unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        assert_eq!(output.stdout, b"/bin/sh\n");
    }
}
