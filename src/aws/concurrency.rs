//! How many calls to one service run at once. AWS limits each service's calls separately, and a service that does not
//! answer must not block the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// AWS accepts about a hundred reads at once before it throttles; more responses would only fill memory.
const CALLS_AT_ONCE: usize = 40;

/// The permits of each service, by its name in IAM actions.
#[derive(Default)]
pub struct ServiceConcurrency(Mutex<HashMap<String, Arc<Semaphore>>>);

impl ServiceConcurrency {
    /// Waits until another call to the action's service can start. The permit ends when it is dropped.
    pub async fn acquire(&self, action: &str) -> Option<OwnedSemaphorePermit> {
        let service = action.split(':').next().unwrap_or_default();
        let permits = {
            let mut services = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            services
                .entry(service.to_owned())
                .or_insert_with(|| Arc::new(Semaphore::new(CALLS_AT_ONCE)))
                .clone()
        };
        permits.acquire_owned().await.ok()
    }
}
