use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Values by key, each made when it is first asked for; a key is copied only then.
pub struct Memo<K, T>(Mutex<BTreeMap<K, Arc<T>>>);

impl<K, T> Default for Memo<K, T> {
    fn default() -> Memo<K, T> {
        Memo(Mutex::default())
    }
}

impl<K: Ord, T> Memo<K, T> {
    pub fn get<Q>(&self, key: &Q, make: impl FnOnce() -> T) -> Arc<T>
    where
        K: Borrow<Q>,
        Q: Ord + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(made) = self.made().get(key) {
            return made.clone();
        }
        // What is made may ask for others of the same kind.
        let made = Arc::new(make());
        self.made().insert(key.to_owned(), made.clone());
        made
    }

    fn made(&self) -> MutexGuard<'_, BTreeMap<K, Arc<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
