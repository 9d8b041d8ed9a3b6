//! TLS, and which certificates are trusted.

use std::io;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::dial::Stream;

/// Secures a stream. Trusts these certificates in PEM, else those that the system trusts or that `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` name. The provider is explicit, so that it does not matter which others the program links.
pub async fn connect(
    host: &str,
    stream: Box<dyn Stream>,
    pem: Option<&[u8]>,
) -> io::Result<Box<dyn Stream>> {
    let roots = match pem {
        Some(pem) => roots(pem).map_err(io::Error::other)?,
        None => system_roots()?,
    };
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let connector = TlsConnector::from(Arc::new(config));
    Ok(Box::new(connector.connect(name, stream).await?))
}

/// Checks that all certificates in this PEM file can be used; the error says why not.
pub fn check_certificates(pem: &[u8]) -> Result<(), String> {
    roots(pem).map(|_| ())
}

fn roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| format!("it is not PEM: {error}"))?;
        roots
            .add(certificate)
            .map_err(|error| format!("a certificate in it cannot be used: {error}"))?;
    }
    match roots.is_empty() {
        true => Err("it contains no certificate".to_owned()),
        false => Ok(roots),
    }
}

fn system_roots() -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    match roots.is_empty() {
        true => Err(io::Error::other("the system has no trusted certificates")),
        false => Ok(roots),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_without_a_usable_certificate_are_refused() {
        for bad in [
            &b""[..],
            b"certificates",
            b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            assert!(check_certificates(bad).is_err());
        }
    }
}
