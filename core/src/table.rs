//! A map from ids that mostly grow, in their order.
//!
//! One search for every kind of value: a `BTreeMap` for each would be ten times as much code to download.

use std::collections::VecDeque;

/// A map from ids to `V`, cheapest when new ids are larger than the old ones.
#[derive(Debug)]
pub struct Table<V> {
    index: Index,
    values: Vec<Option<V>>,
}

/// Where the values are.
#[derive(Debug, Default)]
struct Index {
    /// Ids in order, each with the place of its value; ids that are gone have none and stay a while.
    ids: VecDeque<(u32, Option<usize>)>,
    count: usize,
    free: Vec<usize>,
}

impl Index {
    #[inline(never)]
    fn find(&self, id: u32) -> Result<usize, usize> {
        // Ids mostly follow one another.
        let first = self.ids.front().map_or(id, |&(first, _)| first);
        let guess = id.wrapping_sub(first) as usize;
        match self.ids.get(guess) {
            Some(&(found, _)) if found == id => Ok(guess),
            None if self.ids.back().is_none_or(|&(last, _)| last < id) => Err(self.ids.len()),
            _ => self.ids.binary_search_by_key(&id, |&(id, _)| id),
        }
    }

    #[inline(never)]
    fn place(&self, id: u32) -> Option<usize> {
        self.ids[self.find(id).ok()?].1
    }

    /// The place for a new id; `end` is the first place that was never used.
    #[inline(never)]
    fn add(&mut self, id: u32, end: usize) -> usize {
        let place = self.free.pop().unwrap_or(end);
        self.count += 1;
        match self.find(id) {
            Ok(at) => self.ids[at].1 = Some(place),
            Err(at) => self.ids.insert(at, (id, Some(place))),
        }
        place
    }

    #[inline(never)]
    fn remove(&mut self, id: u32) -> Option<usize> {
        let at = self.find(id).ok()?;
        let place = self.ids[at].1.take()?;
        self.free.push(place);
        self.count -= 1;
        while self.ids.front().is_some_and(|(_, place)| place.is_none()) {
            self.ids.pop_front();
        }
        // One long-lived id keeps those after it from leaving by the front.
        if self.ids.len() > 2 * self.count + 64 {
            self.ids.retain(|(_, place)| place.is_some());
        }
        Some(place)
    }
}

impl<V> Default for Table<V> {
    fn default() -> Self {
        Table { index: Index::default(), values: Vec::new() }
    }
}

impl<V> Table<V> {
    /// An empty map.
    pub fn new() -> Self {
        Table::default()
    }

    /// The value of `id`.
    pub fn get(&self, id: &u32) -> Option<&V> {
        self.values.get(self.index.place(*id)?)?.as_ref()
    }

    /// The value of `id`, to change.
    pub fn get_mut(&mut self, id: &u32) -> Option<&mut V> {
        self.values.get_mut(self.index.place(*id)?)?.as_mut()
    }

    /// Whether `id` has a value.
    pub fn contains_key(&self, id: &u32) -> bool {
        self.index.place(*id).is_some()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.index.count == 0
    }

    /// Gives `id` a value; the one it had before comes back.
    pub fn insert(&mut self, id: u32, value: V) -> Option<V> {
        let before = self.remove(&id);
        let place = self.index.add(id, self.values.len());
        match self.values.get_mut(place) {
            Some(free) => *free = Some(value),
            None => self.values.push(Some(value)),
        }
        before
    }

    /// Takes the value of `id` out.
    pub fn remove(&mut self, id: &u32) -> Option<V> {
        let place = self.index.remove(*id)?;
        self.values.get_mut(place)?.take()
    }

    /// All ids and values, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (&u32, &V)> {
        self.index.ids.iter().filter_map(|(id, place)| Some((id, self.values.get((*place)?)?.as_ref()?)))
    }

    /// All values, in the order of the ids.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// All ids, in order.
    pub fn keys(&self) -> impl Iterator<Item = &u32> {
        self.iter().map(|(id, _)| id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_table_is_a_map_in_order() {
        let (mut table, mut map) = (Table::new(), BTreeMap::new());
        let mut state = 1u32;
        for round in 0..20_000u32 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Mostly growing ids, some long-lived ones, some used again.
            let id = if state >> 28 == 0 { state >> 8 & 63 } else { round };
            if state >> 5 & 3 == 0 {
                let old = round.saturating_sub(state >> 12 & 255);
                assert_eq!(table.remove(&old), map.remove(&old));
            } else {
                assert_eq!(table.insert(id, round), map.insert(id, round));
            }
            if round % 64 == 0 && map.len() > 100 {
                let all: Vec<u32> = map.keys().copied().filter(|id| id % 97 != 0).collect();
                all.iter().for_each(|id| assert_eq!(table.remove(id), map.remove(id)));
            }
            assert_eq!((table.get(&id), table.contains_key(&id)), (map.get(&id), map.contains_key(&id)));
            assert_eq!(table.get_mut(&id), map.get_mut(&id));
            assert_eq!(table.is_empty(), map.is_empty());
            if round % 256 == 0 {
                assert!(table.iter().eq(map.iter()) && table.keys().eq(map.keys()) && table.values().eq(map.values()));
            }
        }
    }

    #[test]
    fn what_is_gone_takes_no_room() {
        let mut table = Table::new();
        table.insert(0, 0);
        for id in 1..100_000 {
            table.insert(id, id);
            table.remove(&id);
        }
        assert_eq!((table.values.len(), table.index.free.len()), (2, 1));
        assert!(table.index.ids.len() < 100);
    }
}
