//! The HTTP client of all calls, with the CA certificates and the proxy.

use std::path::Path;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::cli_error::CliError;
use crate::environment::variable;

/// `certificates`: PEM certificates to trust instead of the system's.
pub fn client(certificates: Option<Vec<u8>>) -> Result<SharedHttpClient, CliError> {
    let trust = match certificates {
        Some(pem) => TrustStore::empty().with_pem_certificate(pem),
        None => TrustStore::default(),
    };
    let tls = TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .map_err(|error| CliError::new(format!("cannot use the CA certificates: {error}"), ""))?;
    Ok(
        Builder::new().build_with_connector_fn(move |settings, components| {
            let mut connector = ConnectorBuilder::default()
                .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                .tls_context(tls.clone());
            connector.set_connector_settings(settings.cloned());
            connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            connector.set_proxy_config(Some(ProxyConfig::from_env()));
            connector.build()
        }),
    )
}

/// The CA certificates to trust instead of the system's, as a company's proxy needs them. `profile_file`: the file in
/// the AWS profile. <https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html>
pub fn ca_bundle(profile_file: Option<&str>) -> Result<Option<Vec<u8>>, CliError> {
    match (variable("AWS_CA_BUNDLE"), profile_file) {
        (Some(path), _) => read(Path::new(&path), "AWS_CA_BUNDLE").map(Some),
        (None, Some(path)) => read(Path::new(path), "ca_bundle of the AWS profile").map(Some),
        (None, None) => Ok(None),
    }
}

fn read(path: &Path, named_by: &str) -> Result<Vec<u8>, CliError> {
    let shown = path.display();
    let pem = std::fs::read(path).map_err(|error| {
        CliError::new(
            format!("cannot read the CA certificates {shown}: {error}"),
            format!("{named_by} names this file."),
        )
    })?;
    match ssm_channel::check_certificates(&pem) {
        Ok(()) => Ok(pem),
        Err(why) => Err(CliError::new(
            format!("cannot use the CA certificates {shown}: {why}"),
            format!("{named_by} names this file; it has to be a PEM file."),
        )),
    }
}
