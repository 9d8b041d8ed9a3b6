//! The SDK reads a truncated XML response as a shorter list. This interceptor rejects it instead.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Rejects XML responses without the end tag of the root element.
#[derive(Debug, Clone, Copy)]
pub struct RejectTruncatedXml;

impl Intercept for RejectTruncatedXml {
    fn name(&self) -> &'static str {
        "RejectTruncatedXml"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match context.response().body().bytes() {
            Some(body) if is_truncated(body) => Err("the response is truncated".into()),
            Some(_) | None => Ok(()),
        }
    }
}

fn is_truncated(body: &[u8]) -> bool {
    let Some(root) = root(body.trim_ascii()) else {
        return false;
    };
    let is_name = |byte: &u8| !byte.is_ascii_whitespace() && !matches!(byte, b'>' | b'/');
    let name: Vec<u8> = root[1..].iter().copied().take_while(is_name).collect();
    let is_empty = root.ends_with(b"/>") && root.iter().filter(|byte| **byte == b'<').count() == 1;
    let end = [b"</", name.as_slice(), b">"].concat();
    !root.ends_with(&end) && !is_empty
}

/// The text from the root element on, if it is XML.
fn root(body: &[u8]) -> Option<&[u8]> {
    let mut rest = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if rest.starts_with(b"<?") {
        let end = rest.windows(2).position(|pair| pair == b"?>")?;
        rest = rest[end + 2..].trim_ascii_start();
    }
    rest.starts_with(b"<").then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::is_truncated;

    #[test]
    fn a_response_without_its_last_end_tag_is_truncated() {
        for whole in [
            &b""[..],
            b"{}",
            b"<a></a>",
            b"<a/>",
            b"<?xml version=\"1.0\"?>\n<a x=\"y\"><b/></a>\n",
        ] {
            assert!(!is_truncated(whole), "{}", String::from_utf8_lossy(whole));
        }
        for cut in [
            &b"<a>"[..],
            b"<a><b/>",
            b"<a><b></b>",
            b"<?xml version=\"1.0\"?><a x=\"y\"><b>c</b></",
        ] {
            assert!(is_truncated(cut), "{}", String::from_utf8_lossy(cut));
        }
    }
}
