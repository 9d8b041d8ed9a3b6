//! Paginated calls.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_types::request_id::RequestId;
use model::facts::{Reason, Unavailable};

use super::unmentioned;
use crate::aws::{AwsClients, CallError, Failure};

/// The items of a page, and the token of the next one. `None` items: the response does not mention them, so they are
/// unknown.
pub type Page<T> = (Option<Vec<T>>, Option<String>);

/// Reads every page of a call. `request` asks for the page of a token; `read` takes the items out of the answer.
pub async fn pages<A, E, F, T>(
    aws: &AwsClients,
    action: &str,
    request: impl Fn(Option<String>) -> F,
    read: impl Fn(A) -> Page<T>,
) -> Result<Vec<T>, Failure>
where
    F: Future<Output = Result<A, SdkError<E, HttpResponse>>>,
    E: CallError,
    A: RequestId,
{
    follow(action, async |token| {
        let answer = aws.call(action, || request(token.clone())).await?;
        Ok(read(answer))
    })
    .await
}

/// A page that names itself as the next one is an error: it would never end.
async fn follow<T>(
    action: &str,
    page: impl AsyncFn(Option<String>) -> Result<Page<T>, Failure>,
) -> Result<Vec<T>, Failure> {
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let (items, next) = page(token.clone()).await?;
        all.extend(items.ok_or_else(|| unmentioned(action))?);
        let next = next.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(all);
        }
        if next == token {
            let why = "the response names itself as its next page";
            return Err(Unavailable::new("paging", Reason::Failed, why).into());
        }
        token = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_page_that_names_itself_as_the_next_is_an_error() {
        let endless = follow("", async |_| Ok((Some(vec![1]), Some("again".to_owned()))));
        assert!(endless.await.is_err());
        let two = follow("", async |token| match token {
            None => Ok((Some(vec![1]), Some("two".to_owned()))),
            Some(_) => Ok((Some(vec![2]), None)),
        });
        assert_eq!(two.await.ok(), Some(vec![1, 2]));
    }

    #[tokio::test]
    async fn items_that_the_response_does_not_mention_are_unknown() {
        let unmentioned = follow::<u8>("ecs:ListTasks", async |_| Ok((None, None)));
        assert!(unmentioned.await.is_err());
    }
}
