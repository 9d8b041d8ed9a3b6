/// A set of numbers (addresses or ports) as sorted intervals that neither overlap nor touch. Lookups are binary searches,
/// because prefix lists have thousands of entries.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Intervals(Vec<Interval>);

/// First and last number.
pub type Interval = (u128, u128);

impl Intervals {
    /// Whether the set has no numbers.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The intervals in order.
    pub fn iter(&self) -> impl Iterator<Item = Interval> {
        self.0.iter().copied()
    }

    /// The first and the last number.
    pub fn span(&self) -> Option<Interval> {
        Some((self.0.first()?.0, self.0.last()?.1))
    }

    /// How many numbers the set has, saturating.
    pub fn count(&self) -> u128 {
        let counts = self
            .0
            .iter()
            .map(|(from, to)| (to - from).saturating_add(1));
        counts.fold(0, u128::saturating_add)
    }

    /// Whether the set has all numbers of an interval.
    pub fn covers(&self, (from, to): Interval) -> bool {
        let first = self.0.get(self.first_ending_from(from));
        first.is_some_and(|own| own.0 <= from && to <= own.1)
    }

    /// Whether the set has any number of an interval.
    pub fn overlaps(&self, (from, to): Interval) -> bool {
        let first = self.0.get(self.first_ending_from(from));
        first.is_some_and(|own| own.0 <= to)
    }

    /// Whether the set has all numbers of another.
    pub fn covers_all(&self, other: &Intervals) -> bool {
        other.0.iter().all(|interval| self.covers(*interval))
    }

    /// Whether any number is in both.
    pub fn overlaps_any(&self, other: &Intervals) -> bool {
        other.0.iter().any(|interval| self.overlaps(*interval))
    }

    /// The numbers in both.
    pub fn intersection(&self, other: &Intervals) -> Intervals {
        let mut both = Vec::new();
        for &(from, to) in &self.0 {
            let overlapping = other.0[other.first_ending_from(from)..].iter();
            let overlapping = overlapping.take_while(|interval| interval.0 <= to);
            both.extend(overlapping.map(|other| (from.max(other.0), to.min(other.1))));
        }
        Intervals(both)
    }

    /// The numbers in this set only.
    pub fn difference(&self, other: &Intervals) -> Intervals {
        let mut left = Vec::new();
        for &(from, to) in &self.0 {
            let mut next = Some(from);
            let holes = other.0[other.first_ending_from(from)..].iter();
            for &(first, last) in holes.take_while(|hole| hole.0 <= to) {
                let Some(from) = next else { break };
                if from < first {
                    left.push((from, first - 1));
                }
                next = last.checked_add(1).filter(|next| *next <= to);
            }
            left.extend(next.map(|from| (from, to)));
        }
        Intervals(left)
    }

    /// The index of the first interval that ends at a number or after it.
    fn first_ending_from(&self, number: u128) -> usize {
        self.0.partition_point(|(_, to)| *to < number)
    }
}

impl FromIterator<Interval> for Intervals {
    fn from_iter<I: IntoIterator<Item = Interval>>(intervals: I) -> Intervals {
        let mut all: Vec<Interval> = intervals.into_iter().collect();
        all.sort();
        let mut merged: Vec<Interval> = Vec::new();
        for (from, to) in all {
            match merged.last_mut() {
                Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        Intervals(merged)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn set(numbers: &Intervals) -> BTreeSet<u128> {
        numbers.iter().flat_map(|(from, to)| from..=to).collect()
    }

    fn intervals() -> impl Strategy<Value = Vec<Interval>> {
        let one = (0u128..40, 0u128..8).prop_map(|(from, more)| (from, from + more));
        proptest::collection::vec(one, 0..6)
    }

    proptest! {
        #[test]
        fn set_operations_match_those_on_numbers(one in intervals(), other in intervals(), from in 0u128..48, more in 0u128..8) {
            let (one, other): (Intervals, Intervals) = (one.into_iter().collect(), other.into_iter().collect());
            let (a, b) = (set(&one), set(&other));
            prop_assert_eq!(set(&one.intersection(&other)), a.intersection(&b).copied().collect());
            prop_assert_eq!(set(&one.difference(&other)), a.difference(&b).copied().collect());
            prop_assert_eq!(one.covers_all(&other), b.is_subset(&a));
            prop_assert_eq!(one.overlaps_any(&other), !a.is_disjoint(&b));
            prop_assert_eq!(one.count(), a.len() as u128);
            let interval: BTreeSet<u128> = (from..=from + more).collect();
            prop_assert_eq!(one.covers((from, from + more)), interval.is_subset(&a));
            prop_assert_eq!(one.overlaps((from, from + more)), !interval.is_disjoint(&a));
            // Equal sets are equal values, however they were built.
            prop_assert_eq!(&one, &a.iter().map(|number| (*number, *number)).collect());
        }
    }

    #[test]
    fn the_largest_number_does_not_overflow() {
        let all: Intervals = [(0, u128::MAX)].into_iter().collect();
        assert!(all.difference(&all).is_empty());
        let last: Intervals = [(u128::MAX, u128::MAX)].into_iter().collect();
        let rest = all.difference(&last);
        assert_eq!(rest.iter().next(), Some((0, u128::MAX - 1)));
        assert_eq!(all.count(), u128::MAX);
    }
}
