/// A set of numbers, addresses or ports, as sorted intervals that neither overlap nor touch. Operations on whole sets
/// take time linear in their intervals; questions about one number take a binary search.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Intervals(Vec<Interval>);

/// First and last number.
pub type Interval = (u128, u128);

impl Intervals {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = Interval> {
        self.0.iter().copied()
    }

    /// The first and the last number.
    pub fn span(&self) -> Option<Interval> {
        Some((self.0.first()?.0, self.0.last()?.1))
    }

    /// How many numbers it holds, up to the largest that fits.
    pub fn count(&self) -> u128 {
        let counts = self
            .0
            .iter()
            .map(|(from, to)| (to - from).saturating_add(1));
        counts.fold(0, u128::saturating_add)
    }

    /// Whether all of an interval is in it.
    pub fn covers(&self, (from, to): Interval) -> bool {
        let next = self.ending_from(from);
        self.0
            .get(next)
            .is_some_and(|own| own.0 <= from && to <= own.1)
    }

    /// Whether any of an interval is in it.
    pub fn meets(&self, (from, to): Interval) -> bool {
        let next = self.ending_from(from);
        self.0.get(next).is_some_and(|own| own.0 <= to)
    }

    pub fn covers_all(&self, other: &Intervals) -> bool {
        other.0.iter().all(|interval| self.covers(*interval))
    }

    pub fn meets_any(&self, other: &Intervals) -> bool {
        let (few, many) = match self.0.len() <= other.0.len() {
            true => (self, other),
            false => (other, self),
        };
        few.0.iter().any(|interval| many.meets(*interval))
    }

    pub fn and(&self, other: &Intervals) -> Intervals {
        let (few, many) = match self.0.len() <= other.0.len() {
            true => (self, other),
            false => (other, self),
        };
        let mut both = Vec::new();
        for &(from, to) in &few.0 {
            let met = many.0[many.ending_from(from)..].iter();
            let met = met.take_while(|other| other.0 <= to);
            both.extend(met.map(|other| (from.max(other.0), to.min(other.1))));
        }
        Intervals(both)
    }

    /// What is left when these numbers are taken away.
    pub fn without(&self, taken: &Intervals) -> Intervals {
        let mut left = Vec::with_capacity(self.0.len());
        for &(from, to) in &self.0 {
            let mut next = Some(from);
            let holes = taken.0[taken.ending_from(from)..].iter();
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

    /// The first interval that ends at a number or after it.
    fn ending_from(&self, number: u128) -> usize {
        self.0.partition_point(|(_, to)| *to < number)
    }
}

impl FromIterator<Interval> for Intervals {
    fn from_iter<I: IntoIterator<Item = Interval>>(intervals: I) -> Intervals {
        let mut all: Vec<Interval> = intervals.into_iter().collect();
        // Stable, because it is fast on what comes from sets that are sorted already.
        all.sort();
        let mut merged: Vec<Interval> = Vec::with_capacity(all.len());
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
        fn as_sets_of_numbers(one in intervals(), other in intervals(), from in 0u128..48, more in 0u128..8) {
            let (one, other): (Intervals, Intervals) = (one.into_iter().collect(), other.into_iter().collect());
            let (a, b) = (set(&one), set(&other));
            prop_assert_eq!(set(&one.and(&other)), a.intersection(&b).copied().collect());
            prop_assert_eq!(set(&one.without(&other)), a.difference(&b).copied().collect());
            prop_assert_eq!(one.covers_all(&other), b.is_subset(&a));
            prop_assert_eq!(one.meets_any(&other), !a.is_disjoint(&b));
            prop_assert_eq!(one.count(), a.len() as u128);
            let asked: BTreeSet<u128> = (from..=from + more).collect();
            prop_assert_eq!(one.covers((from, from + more)), asked.is_subset(&a));
            prop_assert_eq!(one.meets((from, from + more)), !asked.is_disjoint(&a));
            // Whatever it is made of, the same set is the same value.
            prop_assert_eq!(&one, &a.iter().map(|number| (*number, *number)).collect());
        }
    }

    #[test]
    fn the_largest_number() {
        let all: Intervals = [(0, u128::MAX)].into_iter().collect();
        assert!(all.without(&all).is_empty());
        let last: Intervals = [(u128::MAX, u128::MAX)].into_iter().collect();
        let rest = all.without(&last);
        assert_eq!(rest.iter().next(), Some((0, u128::MAX - 1)));
        assert_eq!(all.count(), u128::MAX);
    }
}
