//! `--debug`: a line for each call to AWS, on standard error. Counts the calls for the progress line, too.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use model::text::sanitize_line;
use tokio::time::error::Elapsed;

use super::CallError;

static IS_ON: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// The number of calls that were answered, or timed out.
pub fn count() -> usize {
    COUNT.load(Ordering::Relaxed)
}

/// Prints each call from now on.
pub fn turn_on() {
    IS_ON.store(true, Ordering::Relaxed);
}

/// `debug: ecs:DescribeTasks 120 ms, request 0a1b…`, with the error's code if it failed. A request ID is what AWS's
/// support asks for; nothing of the request or the answer itself is printed.
pub fn print<T, E>(
    action: &str,
    elapsed: Duration,
    answer: &Result<Result<T, SdkError<E, HttpResponse>>, Elapsed>,
) where
    T: RequestId,
    E: CallError,
{
    COUNT.fetch_add(1, Ordering::Relaxed);
    if !IS_ON.load(Ordering::Relaxed) {
        return;
    }
    let (outcome, request) = match answer {
        Ok(Ok(output)) => (String::new(), output.request_id()),
        Ok(Err(error)) => (
            format!(", {}", error.code().unwrap_or("no answer")),
            error.request_id(),
        ),
        Err(_) => (", timed out".to_owned(), None),
    };
    let request = request.map_or(String::new(), |id| format!(", request {id}"));
    let line = format!(
        "debug: {action} {} ms{outcome}{request}",
        elapsed.as_millis()
    );
    say!("{}", sanitize_line(&line));
}
