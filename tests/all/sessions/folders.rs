//! `cp` of folders, and of standard input and output; `--user`.

use std::fs;
use std::os::unix::fs::symlink;

use super::{image, with_input};
use crate::support::platform::Platform;

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_folder_goes_there_and_back() {
    let platform = Platform::healthy();
    let home = platform.home.path();
    let source = home.join("source");
    fs::create_dir_all(source.join("sub folder/empty")).unwrap();
    fs::write(source.join("sub folder/bytes"), b"a\r\nb\0\xff").unwrap();
    fs::write(source.join("naïve"), vec![b'x'; 300_000]).unwrap();
    symlink("naïve", source.join("link")).unwrap();
    let remote = home.join("remote");
    let to = format!("coder:{}", remote.display());
    let up = platform.run(&["cp", "-r", "source", &to]);
    assert_eq!(up.status, 0, "{}", up.stderr);
    assert_eq!(
        fs::read(remote.join("sub folder/bytes")).unwrap(),
        b"a\r\nb\0\xff"
    );
    let down = platform.run(&["cp", "-r", &to, "back"]);
    assert_eq!(down.status, 0, "{}", down.stderr);
    let back = home.join("back");
    assert_eq!(
        fs::read(back.join("sub folder/bytes")).unwrap(),
        b"a\r\nb\0\xff"
    );
    assert!(back.join("sub folder/empty").is_dir());
    assert_eq!(fs::read(back.join("naïve")).unwrap().len(), 300_000);
    assert_eq!(
        fs::read_link(back.join("link")).unwrap().to_str(),
        Some("naïve")
    );
    // Into a folder that exists.
    fs::create_dir(home.join("into")).unwrap();
    assert_eq!(platform.run(&["cp", "-r", &to, "into"]).status, 0);
    assert!(home.join("into/remote/naïve").is_file());
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn links_out_of_the_folder_are_left_out_and_named() {
    let platform = Platform::healthy();
    let home = platform.home.path();
    fs::create_dir(home.join("remote")).unwrap();
    symlink("/etc/passwd", home.join("remote/leak")).unwrap();
    fs::write(home.join("remote/file"), "one").unwrap();
    let from = format!("coder:{}/remote", home.display());
    let down = platform.run(&["cp", "-r", &from, "here"]);
    assert!(down.stderr.contains("leak"), "{}", down.stderr);
    assert!(home.join("here/file").is_file());
    assert!(fs::symlink_metadata(home.join("here/leak")).is_err());
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_folder_that_cannot_be_copied_says_why() {
    let platform = Platform::healthy();
    let home = platform.home.path();
    fs::write(home.join("file"), "one").unwrap();
    let here = home.display();
    let refused = |from: String| {
        let run = platform.run(&["cp", "-r", &from, "here"]);
        assert_eq!(run.status, 255, "{}", run.stderr);
        assert!(!home.join("here").exists());
        run.stderr
    };
    let gone = refused(format!("coder:{here}/gone"));
    assert!(gone.contains("there is no file"), "{gone}");
    let file = refused(format!("coder:{here}/file"));
    assert!(file.contains("Leave out -r"), "{file}");
    image(&platform, |image| {
        image.missing_programs = vec!["tar".to_owned()];
    });
    let no_tar = refused(format!("coder:{here}"));
    assert!(no_tar.contains("has no tar"), "{no_tar}");
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn standard_input_and_output_are_copied_unchanged() {
    let platform = Platform::healthy();
    let remote = platform.home.path().join("remote");
    let there = format!("coder:{}", remote.display());
    let up = with_input(&platform, &["cp", "-", &there], b"a\r\nb\0\xff\x04");
    assert_eq!(up.status, 0, "{}", up.stderr);
    assert_eq!(fs::read(&remote).unwrap(), b"a\r\nb\0\xff\x04");
    let mut down = platform.command();
    let down = down.args(["cp", &there, "-"]).output().unwrap();
    assert!(down.status.success());
    assert_eq!(down.stdout, b"a\r\nb\0\xff\x04");
}

#[test]
#[ignore = "needs the emulator: scripts/test"]
fn a_command_runs_as_another_user_of_the_container() {
    let platform = Platform::healthy();
    let me = std::process::Command::new("id").arg("-un").output();
    let me = String::from_utf8(me.unwrap().stdout).unwrap();
    let user = |name: &str| platform.run(&["run", "coder", "--user", name, "--", "id", "-un"]);
    match me.trim() {
        "root" => assert_eq!(user("nobody").stdout, "nobody\n"),
        me => assert_eq!(user(me).stdout.trim(), me),
    }
    let unknown = user("no-such-user");
    assert_eq!(unknown.status, 126);
    let text = unknown.stdout + &unknown.stderr;
    assert!(text.contains("there is no user no-such-user"), "{text}");
    let shell = platform.run(&["exec", "coder", "--user", me.trim(), "--", "id", "-un"]);
    assert_eq!(shell.stdout.trim(), me.trim(), "{}", shell.stderr);
}
