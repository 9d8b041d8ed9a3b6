use crate::aws::Failure;

/// Every page of an answer. `page`: asks for the one that a token names, and gives what is on it and the next token.
pub async fn pages<T, F>(page: impl Fn(Option<String>) -> F) -> Result<Vec<T>, Failure>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), Failure>>,
{
    let mut all = Vec::new();
    let mut token = None;
    loop {
        let (some, next) = page(token).await?;
        all.extend(some);
        token = next.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(all);
        }
    }
}
