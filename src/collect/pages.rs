//! Paginated calls.

use model::facts::{Reason, Unavailable};

use crate::aws::Failure;

/// Reads every page. `page`: reads the page of a token, and returns its items and the next token. A page that names
/// itself as the next one is an error: it would never end.
pub async fn pages<T, F>(page: impl Fn(Option<String>) -> F) -> Result<Vec<T>, Failure>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), Failure>>,
{
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let (items, next) = page(token.clone()).await?;
        all.extend(items);
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
        let endless = pages(async |_| Ok((vec![1], Some("again".to_owned())))).await;
        assert!(endless.is_err());
        let two = pages(async |token: Option<String>| match token {
            None => Ok((vec![1], Some("two".to_owned()))),
            Some(_) => Ok((vec![2], None)),
        });
        assert_eq!(two.await.ok(), Some(vec![1, 2]));
    }
}
