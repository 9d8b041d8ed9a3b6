//! The one HTTP client of all calls: connections, certificates and the proxy are settled once.

use std::path::Path;
use std::thread;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::cli_error::CliError;
use crate::environment::{PROXIES, variable};

/// `certificates`: those that are trusted instead of the system's. `soon`: calls over TLS will be made.
pub fn client(certificates: Option<Vec<u8>>, soon: bool) -> Result<SharedHttpClient, CliError> {
    let are_of_system = certificates.is_none();
    let trust = match certificates {
        Some(pem) => TrustStore::empty().with_pem_certificate(pem),
        None => TrustStore::default(),
    };
    let tls = TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .map_err(|error| CliError::new(format!("the certificates cannot be used: {error}"), ""))?;
    let tls = move || {
        ConnectorBuilder::default()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(tls.clone())
    };
    if are_of_system && soon {
        // They are read once, and kept by the SDK: beside the rest of the start, or without a thread by the first call.
        let read = tls.clone();
        let _ = thread::Builder::new().spawn(move || read().build());
    }
    let secure = Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = tls();
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    });
    // A proxy may be reached over TLS itself.
    let mut proxies = PROXIES.into_iter().chain(["HTTP_PROXY", "http_proxy"]);
    if proxies.any(|name| variable(name).is_some()) {
        return Ok(secure);
    }
    let plain = Builder::new().build_http();
    Ok(http_client_fn(move |settings, components| {
        SharedHttpConnector::new(ByScheme {
            plain: plain.clone(),
            secure: secure.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }))
}

/// Hundreds of certificates are read only where a call needs them: metadata services of containers and instances, and
/// emulators, are asked without.
#[derive(Debug)]
struct ByScheme {
    plain: SharedHttpClient,
    secure: SharedHttpClient,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for ByScheme {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = match is_plain(request.uri()) {
            true => &self.plain,
            false => &self.secure,
        };
        client
            .http_connector(&self.settings, &self.components)
            .call(request)
    }
}

/// The address of calls without TLS.
pub fn is_plain(url: &str) -> bool {
    url.starts_with("http:")
}

/// The certificates that are trusted instead of the system's, as a company's proxy needs them.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html>
/// `of_profile`: the file that the AWS profile names.
pub fn ca_bundle(of_profile: Option<&str>) -> Result<Option<Vec<u8>>, CliError> {
    let of_environment = variable("AWS_CA_BUNDLE");
    match (of_environment, of_profile) {
        (Some(path), _) => read(Path::new(&path), "AWS_CA_BUNDLE").map(Some),
        (None, Some(path)) => read(Path::new(path), "ca_bundle of the AWS profile").map(Some),
        (None, None) => Ok(None),
    }
}

fn read(path: &Path, named_by: &str) -> Result<Vec<u8>, CliError> {
    let shown = path.display();
    let pem = std::fs::read(path).map_err(|error| {
        CliError::new(
            format!("the certificates {shown} cannot be read: {error}"),
            format!("{named_by} names them."),
        )
    })?;
    match ssm_channel::check_certificates(&pem) {
        Ok(()) => Ok(pem),
        Err(why) => Err(CliError::new(
            format!("the certificates {shown} are of no use: {why}"),
            format!("{named_by} names them; it has to be a file in PEM."),
        )),
    }
}
