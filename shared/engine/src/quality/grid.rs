use std::collections::BTreeMap;

use summary::Summary;

/// Numbers in bins of a fixed grid, finer where numbers are smaller.
///
/// Bins are those of floating point: each power of two has `2^bits` of them.
/// Where numbers lie does not depend on their order, so grids merge exactly;
/// where there are too many bins, all of them are halved in number, which comes
/// to the same whenever it happens.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grid<T> {
    bits: u32,
    pages: BTreeMap<i16, Vec<T>>,
}

/// Bins that a grid may hold.
const MOST: usize = 1 << 19;
const FINEST: u32 = 12;
const MANTISSA: u32 = 52;

impl<T: Summary + Clone> Default for Grid<T> {
    fn default() -> Self {
        Self { bits: FINEST, pages: BTreeMap::new() }
    }
}

impl<T: Summary + Clone> Grid<T> {
    /// Returns the bin of a place on the line of numbers, see [`ordered`].
    #[inline]
    pub(super) fn bin(&mut self, at: i64) -> &mut T {
        let (page, slot) = place(at);
        if !self.pages.contains_key(&page) {
            self.open(page);
        }
        let slot = slot >> (FINEST - self.bits);
        &mut self.pages.get_mut(&page).expect("it was opened")[slot]
    }

    fn open(&mut self, page: i16) {
        while MOST < (self.pages.len() + 1) << self.bits && 0 < self.bits {
            self.coarsen();
        }
        self.pages.insert(page, vec![T::default(); 1 << self.bits]);
    }

    fn coarsen(&mut self) {
        self.bits -= 1;
        for slots in self.pages.values_mut() {
            let halves = slots.chunks(2).map(|pair| {
                let mut one = pair[0].clone();
                pair.iter().skip(1).for_each(|it| one.merge(it));
                one
            });
            *slots = halves.collect();
        }
    }

    /// Returns the bins in rising order, empty ones among them.
    pub(super) fn bins(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.pages.values().flatten()
    }

    /// Returns a grid of the same bins with nothing in them.
    pub(super) fn emptied(&self) -> Self {
        let bare = |(page, slots): (&i16, &Vec<T>)| (*page, vec![T::default(); slots.len()]);
        Self { bits: self.bits, pages: self.pages.iter().map(bare).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }
}

impl<T: Summary + Clone> Summary for Grid<T> {
    fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        for page in other.pages.keys() {
            if !self.pages.contains_key(page) {
                self.open(*page);
            }
        }
        while self.bits < other.bits {
            other.coarsen();
        }
        while other.bits < self.bits {
            self.coarsen();
        }
        for (page, slots) in &other.pages {
            let Some(own) = self.pages.get_mut(page) else { continue };
            own.iter_mut().zip(slots).for_each(|(own, it)| own.merge(it));
        }
    }
}

/// Returns the page of a place, and the finest slot in it.
fn place(at: i64) -> (i16, usize) {
    let fine = at >> (MANTISSA - FINEST);
    ((fine >> FINEST) as i16, (fine & ((1 << FINEST) - 1)) as usize)
}

/// Returns the place of a finite number among all of them.
#[inline]
pub(super) fn ordered(number: f64) -> i64 {
    let bits = (number + 0.0).to_bits() as i64;
    if bits < 0 { -(bits & i64::MAX) } else { bits }
}

/// Returns the place of a probability, as fine near one as near zero.
#[inline]
pub(super) fn mirrored(score: f64) -> i64 {
    const HALF: i64 = 0x3FE0_0000_0000_0000;
    if score <= 0.5 {
        return ordered(score);
    }
    (2 * HALF).saturating_sub(ordered(1.0 - score))
}
