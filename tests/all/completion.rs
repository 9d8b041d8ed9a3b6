//! Shells complete commands, flags and names. The tests press Tab: they run the registered function as the shell does.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const ECS_EXEC: &str = env!("CARGO_BIN_EXE_ecs-exec");

/// A home with a configuration, AWS profiles, and names that an earlier command saw.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        let home = Home(tempfile::tempdir().unwrap());
        home.write(
            "project/ecs-exec.toml",
            "cluster = \"shop\"\nservice_prefix = \"shop-\"\n[services.web]\ncontainer = \"app\"\n\
             [recipes.migrate]\nservice = \"web\"\ndescription = \"Migrate the database\"\ncommand = [\"true\"]\n",
        );
        home.write(".aws/config", "[default]\n[profile staging]\n");
        home.write(".aws/credentials", "[ci]\n");
        home.write(
            "state/ecs-exec/seen-names.json",
            &seen_names(Duration::from_secs(60)),
        );
        home
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// `None`: this machine does not have the shell.
    fn run(&self, shell: &str, arguments: &[&str]) -> Option<String> {
        let folder = Path::new(ECS_EXEC).parent().unwrap().display().to_string();
        let output = Command::new(shell)
            .args(arguments)
            .current_dir(self.0.path().join("project"))
            .env_clear()
            .env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin"))
            .env("HOME", self.0.path())
            .env("XDG_STATE_HOME", self.0.path().join("state"))
            .env("TERM", "dumb")
            .output()
            .ok()?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{shell}: {stderr}");
        Some(String::from_utf8(output.stdout).unwrap())
    }

    /// What bash offers for the last of these words.
    fn bash(&self, words: &[&str]) -> Vec<String> {
        let words = [&["ecs-exec"], words].concat();
        let quoted = words.iter().map(|word| format!("'{word}'"));
        let script = format!(
            "source <(ecs-exec completions bash); COMP_WORDS=({}); COMP_CWORD={}; \
             _clap_complete_ecs_exec ecs-exec '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            quoted.collect::<Vec<_>>().join(" "),
            words.len() - 1,
            words[words.len() - 1],
        );
        let offered = self.run("bash", &["-c", &script]).unwrap();
        let offered = offered.split_whitespace().map(str::to_owned);
        offered.collect()
    }
}

/// The state file after a `list` of the cluster `shop`.
fn seen_names(age: Duration) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let at = (now - age).as_secs();
    format!(
        r#"{{"clusters":[
            {{"name":"shop","region":"eu-central-1","seen_at":{at},"services":{{
                "shop-cart":{{"seen_at":{at},"containers":["cart","proxy"]}},
                "$(touch x)":{{"seen_at":{at},"containers":[]}}}}}},
            {{"name":"other","region":"us-east-1","seen_at":{at},"services":{{
                "elsewhere":{{"seen_at":{at},"containers":[]}}}}}}]}}"#
    )
}

#[test]
fn bash_completes_commands_and_flags() {
    let home = Home::new();
    assert_eq!(home.bash(&["doctor", "--fo"]), ["--format"]);
    assert_eq!(home.bash(&["run", "--all"]), ["--all-tasks"]);
    assert!(home.bash(&["policy", ""]).contains(&"caller".to_owned()));
    assert_eq!(home.bash(&["doc"]), ["doctor"]);
    assert!(!home.bash(&[""]).contains(&"open-a-session".to_owned()));
    assert!(!home.bash(&["exec", "--"]).contains(&"--tty".to_owned()));
    // What does not matter to a command is not offered.
    assert_eq!(home.bash(&["list", "--regi"]), ["--region"]);
    for command in [
        "checks",
        "explain",
        "schema",
        "man",
        "completions",
        "trust",
        "real-names",
    ] {
        let offered = home.bash(&[command, "--"]);
        assert!(!offered.contains(&"--region".to_owned()), "{command}");
        let help = home.run("ecs-exec", &[command, "-h"]).unwrap();
        assert!(
            !help.contains("--region") && !help.contains("--cluster"),
            "{help}"
        );
    }
    assert!(
        home.run("ecs-exec", &["checks", "--cluster", "x"])
            .is_some()
    );
    // What `fix` would refuse is not offered.
    assert_eq!(home.bash(&["doctor", "--demo"]), ["--demo"]);
    assert_eq!(home.bash(&["fix", "--demo"]), [""; 0]);
    assert_eq!(home.bash(&["fix", "--allow-d"]), ["--allow-drift"]);
}

/// bash gives each `=` and `:` as a word of its own, and replaces only what follows.
#[test]
fn bash_completes_values_after_an_equals_sign() {
    let home = Home::new();
    assert_eq!(home.bash(&["doctor", "--format", "=", "m"]), ["markdown"]);
    assert_eq!(home.bash(&["doctor", "--demo", "=", "st"]), ["stale-tasks"]);
    assert!(
        home.bash(&["doctor", "--demo", "="])
            .contains(&"healthy".to_owned())
    );
    assert_eq!(home.bash(&["doctor", "--cluster", "=", "sh"]), ["shop"]);
    let after = home.bash(&["doctor", "--format", "=", "json", "shop-c"]);
    assert_eq!(after, ["shop-cart"]);
    assert_eq!(home.bash(&["cp", "cart", ":"]), [""; 0]);
}

#[test]
fn services_come_from_the_configuration_and_from_earlier_commands() {
    let home = Home::new();
    for command in ["exec", "run", "logs", "doctor", "port-forward", "ls"] {
        let offered = home.bash(&[command, ""]);
        assert!(offered.contains(&"web".to_owned()), "{command}");
        assert!(offered.contains(&"cart".to_owned()), "{command}");
        assert!(!offered.contains(&"elsewhere".to_owned()), "{command}");
        let has_hostile = offered.iter().any(|word| word.contains('$'));
        assert!(!has_hostile, "{command}");
    }
    assert_eq!(home.bash(&["we"]), ["web"]);
    assert_eq!(home.bash(&["doctor", "shop-c"]), ["shop-cart"]);
    assert_eq!(home.bash(&["doctor", "cart", "w"]), ["web"]);
    assert_eq!(
        home.bash(&["--cluster", "other", "logs", "e"]),
        ["elsewhere"]
    );
    assert!(home.bash(&["cp", ""]).contains(&"cart:".to_owned()));
    assert_eq!(home.bash(&["cp", "ecs"]), ["ecs-exec.toml"]);
}

#[test]
fn containers_recipes_checks_clusters_and_profiles_are_completed() {
    let home = Home::new();
    let containers = home.bash(&["exec", "cart", "--container", ""]);
    assert_eq!(containers, ["cart", "proxy"]);
    assert_eq!(home.bash(&["cart", "p"]), ["proxy"]);
    assert_eq!(home.bash(&["logs", "web", "-c", ""]), ["app"]);
    assert_eq!(home.bash(&["recipe", "m"]), ["migrate"]);
    assert_eq!(home.bash(&["--cluster", ""]), ["other", "shop"]);
    assert_eq!(home.bash(&["list", "--profile", "s"]), ["staging"]);
    assert_eq!(home.bash(&["list", "--profile", "c"]), ["ci"]);
    assert_eq!(home.bash(&["list", "--region", "eu"]), ["eu-central-1"]);
    assert_eq!(home.bash(&["doctor", "--only", "netw"])[0], "network");
    assert!(
        home.bash(&["doctor", "--skip", "role,network.e"])
            .iter()
            .all(|check| check.starts_with("role,network.e"))
    );
    assert_eq!(home.bash(&["doctor", "--format", "ju"]), ["junit"]);
    assert_eq!(home.bash(&["list", "--format", ""]), ["human", "json"]);
    assert!(
        home.bash(&["explain", "role.tr"])
            .iter()
            .all(|check| check.starts_with("role."))
    );
}

#[test]
fn names_are_forgotten_after_a_day() {
    let home = Home::new();
    let day = Duration::from_secs(24 * 60 * 60 + 60);
    home.write("state/ecs-exec/seen-names.json", &seen_names(day));
    assert_eq!(home.bash(&["logs", "c"]), [""; 0]);
    home.write("state/ecs-exec/seen-names.json", "damaged");
    assert_eq!(home.bash(&["logs", "w"]), ["web"]);
}

#[test]
fn fish_and_zsh_complete_with_descriptions() {
    let home = Home::new();
    let fish = "ecs-exec completions fish | source; complete -C 'ecs-exec recipe m'; complete -C 'ecs-exec logs c'";
    if let Some(offered) = home.run("fish", &["-c", fish]) {
        assert_eq!(offered, "migrate\tMigrate the database\ncart\n");
    }
    // As the completion system calls the file from a folder of fpath: the first Tab runs the file itself.
    let zsh = "ecs-exec completions zsh > _ecs-exec; fpath=($PWD $fpath); autoload -U _ecs-exec; \
               compdef() { : }; _describe() { print -l -- ${(P)${@[-1]}} }; \
               words=(ecs-exec recipe m); CURRENT=3; _ecs-exec; \
               words=(ecs-exec logs c); CURRENT=3; _clap_dynamic_completer_ecs_exec";
    if let Some(offered) = home.run("zsh", &["-f", "-c", zsh]) {
        assert_eq!(offered, "migrate:Migrate the database\ncart\n");
    }
}

#[test]
fn every_shell_has_a_script() {
    let home = Home::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = home.run(ECS_EXEC, &["completions", shell]).unwrap();
        assert!(script.contains("ECS_EXEC_COMPLETE"), "{shell}");
    }
}

#[test]
fn completing_asks_nothing_of_aws() {
    let home = Home::new();
    let aws = TcpListener::bind("127.0.0.1:0").unwrap();
    aws.set_nonblocking(true).unwrap();
    let script = format!(
        "export ECS_EXEC_COMPLETE=fish AWS_REGION=us-west-2 AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=s \
         AWS_ENDPOINT_URL=http://{}; ecs-exec -- ecs-exec logs c",
        aws.local_addr().unwrap()
    );
    assert_eq!(home.run("bash", &["-c", &script]).unwrap(), "cart\n");
    assert_eq!(aws.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_region_that_is_left_out_is_that_of_the_cluster_as_seen_before() {
    let home = Home::new();
    let hint = |cluster: &str| {
        let list = format!("ecs-exec list --cluster {cluster} --profile staging 2>&1; true");
        home.run("bash", &["-c", &list]).unwrap()
    };
    let seen = hint("shop");
    assert!(
        seen.contains("Did you mean --region eu-central-1?"),
        "{seen}"
    );
    let misspelt = hint("shopp");
    assert!(
        misspelt.contains("Did you mean --cluster shop?"),
        "{misspelt}"
    );
}
