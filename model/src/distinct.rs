//! Sorting and deduplication.

/// Each text once, in their order.
pub fn distinct(items: impl Iterator<Item = String>) -> Vec<String> {
    let mut items: Vec<String> = items.collect();
    items.sort();
    items.dedup();
    items
}

/// Each item once, in the order of first appearance.
pub fn unique<T: PartialEq>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut all = Vec::new();
    items.into_iter().for_each(|item| push_new(&mut all, item));
    all
}

/// Adds an item that is not in the list yet.
pub fn push_new<T: PartialEq>(items: &mut Vec<T>, item: T) {
    if !items.contains(&item) {
        items.push(item);
    }
}
