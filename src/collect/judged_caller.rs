//! The principal of `doctor --as`, in place of the caller.

use model::facts::{Caller, Fact, Principal};

use super::{iam, sts};
use crate::aws::AwsClients;
use crate::cli::{PrincipalArn, PrincipalKind};
use crate::cli_error::CliError;

/// A principal that is judged instead of the caller.
pub struct JudgedCaller {
    pub caller: Fact<Caller>,
    /// ARN of the real caller.
    pub asked_by: String,
}

/// Looks the principal up. What cannot be read stays unknown, but a principal that does not exist is an error.
pub async fn judged_caller(
    aws: &AwsClients,
    principal: &PrincipalArn,
) -> Result<JudgedCaller, CliError> {
    let real = sts::caller(aws).await;
    let real = real.known();
    if let Some(real) = real.filter(|real| real.account != principal.account) {
        return Err(CliError::new(
            format!(
                "{} is in account {}, but the credentials are of account {}",
                principal.arn, principal.account, real.account
            ),
            "Choose credentials of that account with --profile.",
        ));
    }
    let name = principal.name.clone();
    let known_arn = match principal.kind {
        PrincipalKind::Role | PrincipalKind::AssumedRole => {
            iam::role(aws, &name).await.map(|role| role.arn)
        }
        PrincipalKind::User => iam::user_arn(aws, &name).await,
    };
    let is_session = principal.kind == PrincipalKind::AssumedRole;
    let arn = match known_arn {
        Fact::Absent => return Err(no_such_principal(principal)),
        Fact::Known(arn) if arn != principal.arn && !is_session => {
            return Err(
                no_such_principal(principal).with_hint(&format!("The one of this name is {arn}."))
            );
        }
        Fact::Unavailable(_) if !is_session => Fact::Known(principal.arn.clone()),
        arn => arn,
    };
    let kind = match principal.kind {
        PrincipalKind::Role | PrincipalKind::AssumedRole => Principal::AssumedRole { name, arn },
        PrincipalKind::User => Principal::User { name },
    };
    Ok(JudgedCaller {
        caller: Fact::Known(Caller {
            arn: principal.arn.clone(),
            account: principal.account.clone(),
            principal: kind,
        }),
        asked_by: real.map_or("unknown".to_owned(), |real| real.arn.clone()),
    })
}

fn no_such_principal(principal: &PrincipalArn) -> CliError {
    let (kind, named) = match principal.kind {
        PrincipalKind::Role => ("role", &principal.arn),
        PrincipalKind::AssumedRole => ("role", &principal.name),
        PrincipalKind::User => ("user", &principal.arn),
    };
    let account = &principal.account;
    CliError::new(
        format!("there is no {kind} {named} in account {account}"),
        "",
    )
}
