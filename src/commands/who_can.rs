//! `ecs-exec who-can`: the users and roles that can open sessions into a service.

mod render;

use std::collections::BTreeMap;
use std::process::ExitCode;

use aws_rules::iam::session_access::{
    Account, PrincipalAccess, START_SESSION, SessionAccess, is_service_linked, session_access,
};
use futures::join;
use jiff::Timestamp;
use model::arn;
use model::facts::{Access, Cluster, Fact, KmsKey, Reason, cluster_arn};
use model::text::{count, sanitize_line, short_list};
use serde::Serialize;

use crate::aws::{AwsClients, partition};
use crate::cli::{Global, RecordFormat, WhoCan};
use crate::cli_error::CliError;
use crate::collect::{self, AccountRead, Workload, ecs, sts};
use crate::config::{Settings, Use, short_name};
use crate::output::{Progress, print};
use crate::picker::{self, ensure_can_choose_service};
use crate::place;
use crate::target::GatherRequest;
use crate::timeouts::SESSION_TIMEOUT;

/// What `--format json` prints.
#[derive(Serialize)]
struct Answer {
    /// Rises with every change but additions.
    schema_version: &'static str,
    generated_at: String,
    target: Target,
    /// How many users and roles of the account were evaluated.
    evaluated: usize,
    /// Those that can open sessions, or possibly can.
    principals: Vec<PrincipalAccess>,
    /// ARNs of those that may execute commands, and not use the key that encrypts the sessions.
    lacking_key: Vec<String>,
    /// What the list does not show.
    notes: Vec<String>,
    api_calls: BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct Target {
    account: String,
    region: String,
    cluster: String,
    service: String,
    container: Option<String>,
    /// ARNs of the running tasks.
    tasks: Vec<String>,
}

/// Runs `who-can`.
pub async fn run(arguments: &WhoCan, global: &Global) -> Result<ExitCode, CliError> {
    ensure_can_choose_service(arguments.service.is_some(), "ecs-exec who-can SERVICE")?;
    let settings = place::load(global, &[Use::Credentials]).await?;
    let aws = AwsClients::connect(&settings, SESSION_TIMEOUT).await?;
    let service = match &arguments.service {
        Some(service) => service.clone(),
        None => picker::choose_service(&aws, &settings, global).await?,
    };
    let container = arguments.container.as_deref();
    let services = [service.clone()];
    let request = GatherRequest::new(&settings, &services, &[], false, container)?;
    let message = "Reading the users, roles and policies of the account";
    let progress = Progress::start(global, message);
    let cluster = async {
        let cluster = ecs::cluster(&aws, &settings.cluster).await;
        let key = collect::session_key(&aws, &cluster).await;
        (cluster, key)
    };
    let ((cluster, key), workload, account, caller) = join!(
        cluster,
        collect::workload(&aws, &settings, &request),
        collect::account(&aws),
        sts::caller(&aws),
    );
    progress.end();
    if let Some(rejected) = aws.rejected() {
        return Err(rejected);
    }
    let account_id = caller.known().map(|caller| caller.account.as_str());
    collect::ensure_targets_exist(&aws, &settings, &request, &cluster, account_id, &workload)
        .await?;
    let read = account.map_err(|failure| {
        let help = match failure.why.reason {
            Reason::Denied => {
                "The AWS managed policies SecurityAudit and IAMReadOnlyAccess allow it."
            }
            Reason::Throttled | Reason::TimedOut => {
                "IAM limits how often an account may call it: try again in a minute."
            }
            Reason::Unreachable | Reason::Failed | Reason::NotAsked => {
                "`--debug` shows each call to AWS."
            }
        };
        CliError::new(
            format!("cannot read the policies of the account: {}", failure.why),
            help,
        )
    })?;
    let place = Place::new(&aws, &settings, &cluster, account_id)?;
    let named = (service.as_str(), container);
    let answer = answer(&place, named, (&cluster, key), &workload, read, aws.calls());
    if arguments.format == RecordFormat::Csv {
        for note in &answer.notes {
            note!("note: {}", sanitize_line(note));
        }
    }
    print(&render::render(&answer, arguments.format, global.verbose))?;
    Ok(ExitCode::SUCCESS)
}

/// Where the service is.
struct Place {
    account: String,
    region: String,
    cluster_arn: String,
    cluster: String,
}

impl Place {
    fn new(
        aws: &AwsClients,
        settings: &Settings,
        cluster: &Fact<Cluster>,
        caller_account: Option<&str>,
    ) -> Result<Place, CliError> {
        let region = aws.region.value.clone();
        let name = short_name(&settings.cluster).to_owned();
        let known = cluster.known().map(|cluster| cluster.arn.clone());
        let account = known.as_deref().and_then(arn::account);
        let Some(account) = account.or(caller_account).map(str::to_owned) else {
            return Err(CliError::new(
                "cannot determine the account",
                "Allow ecs:DescribeClusters on the cluster.",
            ));
        };
        let planned = || cluster_arn(partition(&region), &region, &account, &name);
        Ok(Place {
            cluster_arn: known.unwrap_or_else(planned),
            cluster: name,
            account,
            region,
        })
    }
}

fn answer(
    place: &Place,
    (named, container): (&str, Option<&str>),
    (cluster, key): (&Fact<Cluster>, Fact<KmsKey>),
    workload: &Workload,
    read: AccountRead,
    api_calls: BTreeMap<String, u64>,
) -> Answer {
    let running = workload.running();
    let tasks = collect::target_tasks(&running, container);
    let target = collect::session_target(&place.region, &place.cluster_arn, cluster, key, tasks);
    let access = session_access(&read.account, &target);
    let service = workload.wanted.first().map(|wanted| wanted.name.clone());
    Answer {
        schema_version: "1",
        generated_at: Timestamp::now().to_string(),
        target: Target {
            account: place.account.clone(),
            region: place.region.clone(),
            cluster: place.cluster.clone(),
            service: service.unwrap_or_else(|| named.to_owned()),
            container: container.map(str::to_owned),
            tasks: running.iter().map(|task| task.arn.clone()).collect(),
        },
        evaluated: evaluated(&read.account),
        notes: notes(&target.key, workload, &read, &access),
        principals: sorted(access.principals),
        lacking_key: access.lacking_key,
        api_calls,
    }
}

fn evaluated(account: &Account) -> usize {
    let principals = account.principals.iter();
    principals
        .filter(|principal| !is_service_linked(&principal.arn))
        .count()
}

/// The certain ones first, then by ARN.
fn sorted(mut principals: Vec<PrincipalAccess>) -> Vec<PrincipalAccess> {
    principals.sort_by(|one, other| (one.access, &one.arn).cmp(&(other.access, &other.arn)));
    principals
}

fn notes(
    key: &Fact<KmsKey>,
    workload: &Workload,
    read: &AccountRead,
    access: &SessionAccess,
) -> Vec<String> {
    let mut notes = Vec::new();
    let running = workload.running();
    let unreadable = workload.tasks.values().find_map(Fact::unavailable);
    let unlisted = workload.service_tasks.values().find_map(Fact::unavailable);
    if let Some(why) = unreadable.or(unlisted) {
        notes.push(format!(
            "The tasks could not be read ({why}): conditions on their tags and containers are not decided."
        ));
    } else if running.is_empty() {
        notes.push(
            "No task is running: conditions on tags and containers are not decided.".to_owned(),
        );
    } else if !running.iter().any(|task| task.exec_enabled) {
        notes.push(
            "No running task was started with ECS Exec, so ecs:ExecuteCommand is refused for now."
                .to_owned(),
        );
    }
    if let (Some(key), [_, ..]) = (key.known(), access.lacking_key.as_slice()) {
        let names: Vec<&str> = access
            .lacking_key
            .iter()
            .map(|arn| arn::name(arn))
            .collect();
        notes.push(format!(
            "Not counted for ecs:ExecuteCommand, which they are allowed: {}. The cluster encrypts sessions, and they are not allowed kms:GenerateDataKey on {}.",
            short_list(&names, 10),
            key.arn
        ));
    }
    for (policy, why) in &read.unread_policies {
        notes.push(format!("The policy {policy} could not be read: {why}."));
    }
    let bypasses = |principal: &&PrincipalAccess| {
        let mut routes = principal.routes.iter();
        routes.any(|route| {
            route.action == START_SESSION && route.permission.access != Access::Undecided
        })
    };
    let bypassing = access.principals.iter().filter(bypasses).count();
    if bypassing > 0 {
        notes.push(format!(
            "{} can bypass ECS Exec with ssm:StartSession: such sessions are neither limited to a container nor recorded by ECS. `ecs-exec policy deny-start-session` prints a Deny.",
            count(bypassing, "principal")
        ));
    }
    notes.push(
        "The root user of the account can open sessions too, unless a service control policy denies it."
            .to_owned(),
    );
    notes.push(
        "Not evaluated: service control policies, resource control policies, session policies, and who can change IAM."
            .to_owned(),
    );
    notes
}
