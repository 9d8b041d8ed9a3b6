//! Answers of IAM and STS about a whole account, in their XML.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};

use super::fake_service::Service;
use super::platform::ACCOUNT;

/// A user or role with inline policies.
pub struct Principal {
    /// `user/jane`, `role/ops`
    pub name: &'static str,
    pub policies: Vec<Value>,
    pub trust: Option<Value>,
    /// ARN of an attached policy.
    pub attached: Option<&'static str>,
}

pub fn principal(name: &'static str, policies: Vec<Value>) -> Principal {
    let trust = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "sts:AssumeRole"}});
    Principal {
        name,
        policies,
        trust: name.starts_with("role/").then_some(trust),
        attached: None,
    }
}

/// A policy of one statement.
pub fn allow(action: &str, resource: &str, condition: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition,
    }]})
}

/// Answers `GetAccountAuthorizationDetails`, one principal a page, and who asks.
pub fn answer_account(service: &Service, principals: Vec<Principal>) {
    service.answer("sts:GetCallerIdentity", |_| (200, caller()));
    let pages: Vec<String> = principals.iter().map(details).collect();
    service.answer("iam:GetAccountAuthorizationDetails", move |body| {
        let at: usize = field(body, "Marker").map_or(0, |marker| marker.parse().unwrap());
        let marker = match at + 1 < pages.len() {
            true => format!("<IsTruncated>true</IsTruncated><Marker>{}</Marker>", at + 1),
            false => "<IsTruncated>false</IsTruncated>".to_owned(),
        };
        let content = pages.get(at).map_or("", String::as_str);
        (
            200,
            response(
                "GetAccountAuthorizationDetails",
                &format!("{content}{marker}"),
            ),
        )
    });
}

/// The answer to a call that the caller lacks.
pub fn denied() -> (u16, String) {
    (
        403,
        "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>"
            .to_owned(),
    )
}

/// The answer to a call about what does not exist.
pub fn no_such_entity() -> (u16, String) {
    (
        404,
        "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>not found</Message></Error></ErrorResponse>"
            .to_owned(),
    )
}

/// A field of a request in the query protocol.
pub fn field<'b>(body: &'b str, name: &str) -> Option<&'b str> {
    body.split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// A percent-encoded text.
pub fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

pub fn response(operation: &str, content: &str) -> String {
    format!(
        "<{operation}Response><{operation}Result>{content}</{operation}Result></{operation}Response>"
    )
}

fn caller() -> String {
    let identity = format!(
        "<Arn>arn:aws:iam::{ACCOUNT}:user/auditor</Arn><UserId>AIDAEXAMPLE</UserId><Account>{ACCOUNT}</Account>"
    );
    response("GetCallerIdentity", &identity)
}

fn encoded(document: &Value) -> String {
    utf8_percent_encode(&document.to_string(), NON_ALPHANUMERIC).to_string()
}

fn details(principal: &Principal) -> String {
    let (kind, name) = principal.name.split_once('/').unwrap();
    let inline: String = principal
        .policies
        .iter()
        .enumerate()
        .map(|(at, document)| {
            format!(
                "<member><PolicyName>inline-{at}</PolicyName><PolicyDocument>{}</PolicyDocument></member>",
                encoded(document)
            )
        })
        .collect();
    let attached = principal.attached.map_or(String::new(), |arn| {
        format!("<member><PolicyName>attached</PolicyName><PolicyArn>{arn}</PolicyArn></member>")
    });
    let attached = format!("<AttachedManagedPolicies>{attached}</AttachedManagedPolicies>");
    let arn = format!(
        "<Path>/</Path><Arn>arn:aws:iam::{ACCOUNT}:{}</Arn>",
        principal.name
    );
    match kind {
        "user" => format!(
            "<UserDetailList><member>{arn}<UserName>{name}</UserName><UserId>AIDA{name}</UserId><UserPolicyList>{inline}</UserPolicyList>{attached}</member></UserDetailList>"
        ),
        _ => format!(
            "<RoleDetailList><member>{arn}<RoleName>{name}</RoleName><RoleId>AROA{name}</RoleId><AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument><RolePolicyList>{inline}</RolePolicyList>{attached}</member></RoleDetailList>",
            encoded(principal.trust.as_ref().unwrap())
        ),
    }
}
