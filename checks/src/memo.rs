use std::borrow::Borrow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Values by key, each made when it is first asked for; a key is copied only then.
pub struct Memo<K, T>(RefCell<BTreeMap<K, Arc<T>>>);

impl<K, T> Default for Memo<K, T> {
    fn default() -> Memo<K, T> {
        Memo(RefCell::default())
    }
}

impl<K: Ord, T> Memo<K, T> {
    pub fn get<Q>(&self, key: &Q, make: impl FnOnce() -> T) -> Arc<T>
    where
        K: Borrow<Q>,
        Q: Ord + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(made) = self.0.borrow().get(key) {
            return made.clone();
        }
        let made = Arc::new(make());
        self.0.borrow_mut().insert(key.to_owned(), made.clone());
        made
    }
}
