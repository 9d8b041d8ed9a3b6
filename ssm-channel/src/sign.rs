//! Signs the upgrade request with SigV4, which AWS requires since version 1.2.764 of its own client.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{self, SignableBody, SignableRequest, SigningSettings};
use aws_sigv4::sign::v4;
use tokio_tungstenite::tungstenite::http::{Request, Uri};

/// Whether the URL carries a signature already, so that it needs none of ours.
pub fn is_presigned(uri: &Uri) -> bool {
    let parameters = uri.query().unwrap_or_default().split('&');
    parameters
        .filter_map(|parameter| parameter.split('=').next())
        .any(|name| name.eq_ignore_ascii_case("X-Amz-Signature"))
}

/// Adds `Authorization`, `X-Amz-Date` and, if the credentials have a token, `X-Amz-Security-Token`. The signature covers
/// these and the host, not the headers of the WebSocket.
///
/// The default settings are what the gateway expects: it reads a `+` in the query as a space, and encodes the path
/// twice.
pub fn sign(
    request: &mut Request<()>,
    credentials: &Credentials,
    region: &str,
    time: SystemTime,
) -> Result<(), String> {
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("ssmmessages")
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| error.to_string())?;
    let url = request.uri().to_string();
    let signable = SignableRequest::new("GET", url, std::iter::empty(), SignableBody::empty())
        .map_err(|error| error.to_string())?;
    let (instructions, _) = http_request::sign(signable, &params.into())
        .map_err(|error| error.to_string())?
        .into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    const URL: &str = "wss://ssmmessages.us-east-1.amazonaws.com/v1/data-channel/ecs-execute-command-0a@b?role=publish_subscribe&cell-number=AAEC+x/y==";

    fn signed(token: Option<&str>) -> Request<()> {
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            token.map(str::to_owned),
            None,
            "test",
        );
        let mut request = Request::builder().uri(URL).body(()).unwrap();
        let time = UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        sign(&mut request, &credentials, "us-east-1", time).unwrap();
        request
    }

    /// The signatures were computed independently, by the written rules of SigV4.
    #[test]
    fn signatures_match_known_answers() {
        let plain = signed(None);
        assert_eq!(plain.headers()["x-amz-date"], "20150830T123600Z");
        assert_eq!(
            plain.headers()["authorization"],
            concat!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/ssmmessages/aws4_request, ",
                "SignedHeaders=host;x-amz-date, ",
                "Signature=87d0310d5055f9345934173a78841c75a5444ab95669b9300988fda934125cca"
            )
        );
        let with_token = signed(Some("TOKEN"));
        assert_eq!(with_token.headers()["x-amz-security-token"], "TOKEN");
        assert_eq!(
            with_token.headers()["authorization"],
            concat!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/ssmmessages/aws4_request, ",
                "SignedHeaders=host;x-amz-date;x-amz-security-token, ",
                "Signature=3221e3decf371f9404ce8083ab4c10fa96092d379f1e993b3aae1d63519862bc"
            )
        );
        assert!(!with_token.headers().contains_key("x-amz-content-sha256"));
    }

    #[test]
    fn a_presigned_url_is_recognized() {
        let signed = |url: &str| is_presigned(&url.parse().unwrap());
        assert!(!signed(URL));
        assert!(!signed("wss://a/b"));
        assert!(signed("wss://a/b?role=x&X-Amz-Signature=00"));
        assert!(!signed("wss://a/b?role=X-Amz-Signature"));
    }
}
