//! Sources of AWS credentials: profiles, roles, programs, web identities and containers. The tests run their own STS.
//! `mfa`: what they ask for on a terminal.

mod mfa;

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::support::doctor::{Run, command, run};
use crate::support::fake_service::Service;
use crate::support::http::{Answer, Request, serve};

const CONFIG: &str = "\
[default]
region = eu-central-1
[profile base]
region = us-west-2
[profile hop]
role_arn = arn:aws:iam::111111111111:role/hop
source_profile = base
[profile chained]
role_arn = arn:aws:iam::222222222222:role/team/chained
source_profile = hop
[profile coded]
role_arn = arn:aws:iam::111111111111:role/coded
source_profile = base
mfa_serial = arn:aws:iam::111111111111:mfa/jane
[profile behind-a-code]
role_arn = arn:aws:iam::222222222222:role/behind
source_profile = coded
[profile placeless]
region = us-west-2
[profile program]
credential_process = ./give-credentials
[profile logged-in]
login_session = arn:aws:iam::123456789012:user/jane
[profile federated]
role_arn = arn:aws:iam::111111111111:role/federated
web_identity_token_file = /no/such/token
[profile instance]
role_arn = arn:aws:iam::111111111111:role/instance
credential_source = EcsContainer
[profile broken-program]
credential_process = ./fails
[profile talkative-program]
credential_process = echo hello
[profile circle]
role_arn = arn:aws:iam::111111111111:role/circle
source_profile = circle-too
[profile circle-too]
role_arn = arn:aws:iam::111111111111:role/circle
source_profile = circle
[profile signed-in]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Admin
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = us-west-2
";

/// A call to STS: its action and the key that signed it.
type Calls = Arc<Mutex<Vec<(String, String)>>>;

struct Sts {
    home: tempfile::TempDir,
    url: String,
    calls: Calls,
}

impl Sts {
    /// `refusal`: the error code for every AssumeRole.
    fn new(refusal: Option<&'static str>) -> Sts {
        let home = tempfile::tempdir().unwrap();
        let aws = home.path().join(".aws");
        fs::create_dir(&aws).unwrap();
        fs::write(aws.join("config"), CONFIG).unwrap();
        let keys = "[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = s\n";
        fs::write(aws.join("credentials"), keys).unwrap();
        let calls = Calls::default();
        let recorded = calls.clone();
        let url = serve(move |request| answer(&request, refusal, &recorded));
        Sts { home, url, calls }
    }

    /// Runs `ecs-exec policy caller`, which calls only GetCallerIdentity.
    fn run_policy(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        run(&mut self.command(arguments, variables))
    }

    fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> std::process::Command {
        let mut command = command(self.home.path());
        command
            .current_dir(self.home.path())
            .args([
                "policy",
                "caller",
                "--cluster",
                "c",
                "--region",
                "us-west-2",
            ])
            .args(arguments)
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(variables.iter().copied());
        command
    }

    /// Whether a call to STS had this parameter.
    fn received(&self, name: &str, value: &str) -> bool {
        let calls = self.calls.lock().unwrap();
        calls.contains(&(name.to_owned(), value.to_owned()))
    }

    /// The access key that signed GetCallerIdentity.
    fn caller(&self) -> String {
        let calls = self.calls.lock().unwrap();
        let (action, key) = calls.last().unwrap();
        assert_eq!(action, "GetCallerIdentity");
        key.clone()
    }

    fn count(&self, action: &str) -> usize {
        let calls = self.calls.lock().unwrap();
        calls.iter().filter(|(known, _)| known == action).count()
    }
}

fn answer(request: &Request, refusal: Option<&str>, calls: &Calls) -> Answer {
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let field = |name: &str| {
        let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    };
    let key = request.header("authorization").unwrap_or_default();
    let key = key
        .split("Credential=")
        .nth(1)
        .and_then(|rest| rest.split('/').next());
    let action = field("Action").unwrap_or_else(|| request.target.clone());
    let key = key.unwrap_or("nobody").to_owned();
    for name in ["RoleSessionName", "TokenCode"] {
        let value = field(name).map(|value| (name.to_owned(), value));
        calls.lock().unwrap().extend(value);
    }
    calls.lock().unwrap().push((action.clone(), key));
    let keys = |id: &str| {
        format!(
            "<AccessKeyId>{id}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
        )
    };
    let role = field("RoleArn").unwrap_or_default();
    let role = role.rsplit("%2F").next().unwrap_or_default().to_uppercase();
    const WRONG_CODE: &str =
        "MultiFactorAuthentication failed with invalid MFA one time pass code.";
    let (status, body) = match (action.as_str(), refusal) {
        ("AssumeRole", _) if field("TokenCode").as_deref() == Some("000000") => (
            403,
            format!("<ErrorResponse><Error><Code>AccessDenied</Code><Message>{WRONG_CODE}</Message></Error></ErrorResponse>"),
        ),
        ("AssumeRole", Some(code)) => (
            403,
            format!("<ErrorResponse><Error><Code>{code}</Code><Message>no role for you</Message></Error></ErrorResponse>"),
        ),
        ("AssumeRole" | "AssumeRoleWithWebIdentity", _) => (
            200,
            format!("<{action}Response><{action}Result><Credentials>{}</Credentials></{action}Result></{action}Response>", keys(&format!("ASIA{role}"))),
        ),
        ("GetCallerIdentity", _) => (
            200,
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ops</Arn><UserId>U</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>".to_owned(),
        ),
        _ => (
            200,
            r#"{"AccessKeyId": "ASIACONTAINER", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}"#.to_owned(),
        ),
    };
    Answer {
        status,
        body: body.into_bytes(),
        date: None,
        cut: false,
    }
}

fn assert_refused(run: &Run, what: &str, help: &str) {
    assert_eq!(run.status, 2, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains(what), "{}", run.stderr);
    assert!(run.stderr.contains(help), "{}", run.stderr);
}

#[test]
fn chained_roles_are_assumed_in_order() {
    for flags in [&["--profile", "chained"][..], &[]] {
        let sts = Sts::new(None);
        let variables = [("AWS_PROFILE", "chained")];
        let run = sts.run_policy(flags, if flags.is_empty() { &variables } else { &[] });
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert_eq!(sts.caller(), "ASIACHAINED");
        assert_eq!(sts.count("AssumeRole"), 2);
    }
}

#[test]
fn environment_keys_take_precedence_over_a_configured_profile() {
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKIDENV"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
    ];
    let sts = Sts::new(None);
    fs::write(
        sts.home.path().join("ecs-exec.toml"),
        "profile = \"gone\"\n",
    )
    .unwrap();
    assert_eq!(sts.run_policy(&[], &keys).status, 0);
    assert_eq!(sts.caller(), "AKIDENV");
    assert_eq!(sts.run_policy(&["--profile", "base"], &keys).status, 0);
    assert_eq!(sts.caller(), "AKIDBASE");
    assert_eq!(sts.run_policy(&[], &[("AWS_PROFILE", "base")]).status, 0);
    assert_eq!(sts.caller(), "AKIDBASE", "the environment beats the file");
    assert_refused(
        &sts.run_policy(&[], &[]),
        "is not trusted, and it sets profile",
        "",
    );
    let trusted = run(command(sts.home.path()).arg("trust"));
    assert_eq!(trusted.status, 0, "{}", trusted.stderr);
    assert_refused(
        &sts.run_policy(&[], &[]),
        "there is no AWS profile gone",
        "behind-a-code",
    );
}

#[test]
fn a_profile_with_mfa_gives_a_hint() {
    for profile in ["coded", "behind-a-code"] {
        let sts = Sts::new(Some("AccessDenied"));
        let run = sts.run_policy(&["--profile", profile], &[]);
        assert_refused(&run, "gives no credentials: no role for you", "MFA");
        assert!(run.stderr.contains("without the profile"), "{}", run.stderr);
        assert_eq!(sts.count("AssumeRole"), 1, "one attempt");
    }
    for (profile, code) in [("coded", "InvalidClientTokenId"), ("hop", "AccessDenied")] {
        let run = Sts::new(Some(code)).run_policy(&["--profile", profile], &[]);
        assert_refused(
            &run,
            "no role for you",
            "aws sts get-caller-identity --profile",
        );
        assert!(!run.stderr.contains("MFA"), "{}", run.stderr);
    }
}

#[test]
fn each_source_of_credentials_has_its_own_advice() {
    for (profile, advice) in [
        ("logged-in", "aws login --profile logged-in"),
        ("federated", "web_identity_token_file must hold a token"),
        ("instance", "only in a task with a task role"),
        ("broken-program", "aws configure get credential_process"),
        ("signed-in", "aws sso login --profile signed-in"),
    ] {
        let run = Sts::new(None).run_policy(&["--profile", profile], &[]);
        assert_refused(&run, "gives no credentials", advice);
        for text_of_rust in ["feature", "offset", "StatusCode"] {
            assert!(!run.stderr.contains(text_of_rust), "{}", run.stderr);
        }
    }
}

#[test]
fn a_wrong_profile_is_explained() {
    let sts = Sts::new(None);
    let none = sts.run_policy(&[], &[]);
    assert_refused(&none, "there are no AWS credentials", "Profiles: base, ");
    let run = sts.run_policy(&["--profile", "circle"], &[]);
    assert_refused(
        &run,
        "in a circle: circle → circle-too → circle",
        "source_profile",
    );
    let near = sts.run_policy(&["--profile", "chaned"], &[]);
    assert_refused(
        &near,
        "there is no AWS profile chaned",
        "Did you mean chained?",
    );
    let far = sts.run_policy(&["--profile", "xyz"], &[]);
    assert_refused(&far, "there is no AWS profile xyz", "Profiles: base, ");
}

#[test]
fn a_region_that_does_not_exist_is_explained() {
    let sts = Sts::new(None);
    let mut command = sts.command(&[], &[]);
    command
        .env_remove("AWS_ENDPOINT_URL")
        .env("AWS_ACCESS_KEY_ID", "AKID")
        .env("AWS_SECRET_ACCESS_KEY", "s")
        .args(["--endpoint-url", "http://ecs.us-wset-2.invalid"]);
    let run = run(&mut command);
    assert!(run.stderr.contains("is the region"), "{}", run.stderr);
}

#[test]
fn a_role_session_has_the_users_name() {
    let sts = Sts::new(None);
    let run = sts.run_policy(&["--profile", "hop"], &[("USER", "ann")]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(sts.received("RoleSessionName", "ecs-exec-ann"));
}

#[test]
fn a_profile_without_credentials_uses_the_default_chain() {
    let sts = Sts::new(None);
    let container = format!("{}/credentials", sts.url);
    let variables = [
        ("AWS_PROFILE", "placeless"),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.as_str()),
    ];
    let run = sts.run_policy(&[], &variables);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(sts.caller(), "ASIACONTAINER");
}

#[test]
fn web_identity_tokens_are_exchanged() {
    let sts = Sts::new(None);
    let token = sts.home.path().join("token");
    fs::write(&token, "a.b.c").unwrap();
    let run_with_token = |path: &Path| {
        let path = path.to_str().unwrap().to_owned();
        let role = "arn:aws:iam::1:role/web";
        sts.run_policy(
            &[],
            &[
                ("AWS_WEB_IDENTITY_TOKEN_FILE", &path),
                ("AWS_ROLE_ARN", role),
            ],
        )
    };
    let run = run_with_token(&token);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(sts.caller(), "ASIAWEB");
    let gone = run_with_token(&sts.home.path().join("gone"));
    assert_refused(
        &gone,
        "cannot load the AWS credentials",
        "/gone) and AWS_ROLE_ARN",
    );
}

#[cfg(unix)]
const PATH: [(&str, &str); 1] = [("PATH", "/usr/bin:/bin")];

#[cfg(unix)]
#[test]
fn the_credential_process_runs_once() {
    use std::os::unix::fs::PermissionsExt;
    let sts = Sts::new(None);
    let program = sts.home.path().join("give-credentials");
    let started = sts.home.path().join("started");
    let give = |script: &str| {
        fs::write(&program, format!("#!/bin/sh\necho >> started\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let _ = fs::remove_file(&started);
    };
    give(
        r#"echo '{"Version": 1, "AccessKeyId": "ASIAPROGRAM", "SecretAccessKey": "s", "SessionToken": "t"}'"#,
    );
    let run = sts.run_policy(&["--profile", "program"], &PATH);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(sts.caller(), "ASIAPROGRAM");
    assert_eq!(fs::read_to_string(&started).unwrap(), "\n");
    give("exit 3");
    assert_refused(
        &sts.run_policy(&["--profile", "program"], &PATH),
        "the AWS profile program",
        "",
    );
    assert_eq!(fs::read_to_string(&started).unwrap(), "\n");
}

/// A command that has to find its cluster connects twice.
#[test]
fn the_credential_process_runs_once_though_a_command_connects_twice() {
    use std::os::unix::fs::PermissionsExt;
    let service = Service::start();
    service.answer("ecs:ListClusters", |_| {
        let arn = "arn:aws:ecs:us-west-2:123456789012:cluster/production";
        (200, json!({ "clusterArns": [arn] }).to_string())
    });
    let home = service.home.path();
    let program = home.join("give-credentials");
    let script = r#"echo '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s"}'"#;
    fs::write(&program, format!("#!/bin/sh\necho >> started\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir_all(home.join(".aws")).unwrap();
    fs::write(home.join(".aws/config"), CONFIG).unwrap();
    let run = run(service
        .command(&["list", "--profile", "program"])
        .current_dir(home)
        .env("PATH", "/usr/bin:/bin")
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env_remove("ECS_EXEC_CLUSTER"));
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stderr.contains("Cluster: production"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(home.join("started")).unwrap(), "\n");
}

#[test]
fn an_sso_profile_gives_the_login_command() {
    let sts = Sts::new(None);
    for variables in [&[("AWS_PROFILE", "signed-in")][..], &[]] {
        let flags: &[&str] = if variables.is_empty() {
            &["--profile", "signed-in"]
        } else {
            &[]
        };
        let run = sts.run_policy(flags, variables);
        assert_refused(
            &run,
            "the AWS profile signed-in",
            "aws sso login --profile signed-in",
        );
    }
}

#[test]
fn an_invalid_aws_config_is_reported_with_its_line() {
    let sts = Sts::new(None);
    let path = sts.home.path().join(".aws").join("config");
    fs::write(&path, "[default]\nregion = x\n[profile a\n").unwrap();
    assert_refused(&sts.run_policy(&[], &[]), "on line 3", "AWS_CONFIG_FILE");
}

/// What `aws login` keeps: a file named by the SHA-256 of the session.
#[test]
fn a_logged_in_profile_gives_the_cached_credentials() {
    let sts = Sts::new(None);
    let cache = sts.home.path().join(".aws/login/cache");
    fs::create_dir_all(&cache).unwrap();
    let session = b"arn:aws:iam::123456789012:user/jane";
    let name = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, session);
    let name = data_encoding::HEXLOWER.encode(name.as_ref());
    let token = json!({
        "accessToken": {
            "accessKeyId": "AKIDLOGIN",
            "secretAccessKey": "s",
            "sessionToken": "t",
            "accountId": "123456789012",
            "expiresAt": "2099-01-01T00:00:00Z",
        },
        "tokenType": "aws_sigv4",
        "refreshToken": "r",
        "identityToken": "i",
        "clientId": "arn:aws:signin:::devtools/same-device",
        "dpopKey": "k",
    });
    fs::write(cache.join(format!("{name}.json")), token.to_string()).unwrap();
    let run = sts.run_policy(&["--profile", "logged-in"], &[]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(sts.caller(), "AKIDLOGIN");
}

#[cfg(unix)]
#[test]
fn a_program_that_prints_something_else_is_explained_without_parser_text() {
    let sts = Sts::new(None);
    let run = sts.run_policy(&["--profile", "talkative-program"], &PATH);
    assert_refused(
        &run,
        "is not the JSON that AWS documents",
        "credential_process",
    );
    assert!(!run.stderr.contains("offset"), "{}", run.stderr);
}
