//! How many calls to one service are under way at once: AWS limits each service's calls on its own, and one that does
//! not answer must not hold up the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// AWS lets about a hundred reads in at once before it throttles; answers of more are only held in memory.
const AT_ONCE: usize = 40;

#[derive(Default)]
pub struct Pace(Mutex<HashMap<String, Arc<Semaphore>>>);

impl Pace {
    /// Waits for a place among the calls to the service of an action, and keeps it until it is dropped.
    pub async fn place(&self, action: &str) -> Option<OwnedSemaphorePermit> {
        let service = action.split(':').next().unwrap_or_default();
        let places = {
            let mut services = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            services
                .entry(service.to_owned())
                .or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE)))
                .clone()
        };
        places.acquire_owned().await.ok()
    }
}
