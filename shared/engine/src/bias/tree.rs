//! The nearest points of a set, by a k-d tree or by looking at all of them.

/// Points above this dimension are not worth a tree: most boxes would be opened.
const TREE_DIMENSIONS: usize = 15;
/// Points of a leaf.
const LEAF: usize = 24;

/// Points that can be asked for the nearest of another.
///
/// Distances are Euclidean. Of points that are equally far, those that came first
/// are nearer, so answers do not depend on how the points are kept.
#[derive(Debug, Clone)]
pub(super) struct Points {
    dimensions: usize,
    /// Row by row, in the order of `places`.
    coordinates: Vec<f64>,
    /// Where each point stood.
    places: Vec<u32>,
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy)]
enum Node {
    Leaf {
        from: usize,
        upto: usize,
    },
    /// Points below the cut are in the next node, the others in `right`.
    Split {
        axis: usize,
        cut: f64,
        right: usize,
    },
}

/// A near point: its squared distance and its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Near {
    pub(super) distance: f64,
    pub(super) place: u32,
}

impl Near {
    fn is_before(self, other: Self) -> bool {
        self.distance < other.distance
            || self.distance == other.distance && self.place < other.place
    }
}

impl Points {
    /// Takes points, row by row.
    pub(super) fn new(coordinates: Vec<f64>, dimensions: usize) -> Self {
        let count = coordinates.len() / dimensions.max(1);
        let places: Vec<u32> = (0..count as u32).collect();
        let mut points = Self { dimensions, coordinates, places, nodes: Vec::new() };
        if Self::has_tree(dimensions) && LEAF < count {
            points.plant();
        } else {
            points.nodes.push(Node::Leaf { from: 0, upto: count });
        }
        points
    }

    /// Whether points of so many dimensions are kept in a tree.
    pub(super) fn has_tree(dimensions: usize) -> bool {
        dimensions <= TREE_DIMENSIONS
    }

    fn plant(&mut self) {
        let (dimensions, old) = (self.dimensions, std::mem::take(&mut self.coordinates));
        let count = self.places.len();
        let mut places = std::mem::take(&mut self.places);
        self.split(&mut places, 0, &old);
        self.coordinates = Vec::with_capacity(count * dimensions);
        for place in &places {
            let at = *place as usize * dimensions;
            self.coordinates.extend_from_slice(&old[at..at + dimensions]);
        }
        self.places = places;
    }

    /// Makes the nodes of some points, which begin at `from` of all.
    fn split(&mut self, places: &mut [u32], from: usize, old: &[f64]) {
        if places.len() <= LEAF {
            self.nodes.push(Node::Leaf { from, upto: from + places.len() });
            return;
        }
        let value = |place: u32, axis: usize| old[place as usize * self.dimensions + axis];
        let spread = |axis: usize| {
            let ends = places.iter().map(|it| value(*it, axis));
            let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), it| {
                (low.min(it), high.max(it))
            });
            high - low
        };
        let widest = (0..self.dimensions).map(|axis| (axis, spread(axis)));
        let widest = widest.max_by(|one, two| one.1.total_cmp(&two.1));
        let Some((axis, width)) = widest.filter(|it| 0.0 < it.1) else {
            // All points are one: nothing can be told apart.
            self.nodes.push(Node::Leaf { from, upto: from + places.len() });
            return;
        };
        debug_assert!(0.0 < width);
        let middle = places.len() / 2;
        places.select_nth_unstable_by(middle, |one, two| {
            value(*one, axis).total_cmp(&value(*two, axis)).then(one.cmp(two))
        });
        let cut = value(places[middle], axis);
        let node = self.nodes.len();
        self.nodes.push(Node::Leaf { from: 0, upto: 0 });
        let (left, right) = places.split_at_mut(middle);
        self.split(left, from, old);
        let other = self.nodes.len();
        self.split(right, from + middle, old);
        self.nodes[node] = Node::Split { axis, cut, right: other };
    }

    /// Leaves the nearest points of `target` in `found`, `count` of them where there are so many.
    pub(super) fn nearest(&self, target: &[f64], count: usize, found: &mut Vec<Near>) {
        found.clear();
        self.search(0, target, count, found);
    }

    fn search(&self, node: usize, target: &[f64], count: usize, found: &mut Vec<Near>) {
        match self.nodes[node] {
            Node::Leaf { from, upto } => {
                for at in from..upto {
                    self.consider(at, target, count, found);
                }
            }
            Node::Split { axis, cut, right } => {
                let gap = target[axis] - cut;
                let (first, second) = if gap < 0.0 { (node + 1, right) } else { (right, node + 1) };
                self.search(first, target, count, found);
                let worst = found.last().map_or(f64::INFINITY, |it| it.distance);
                // Equally far points of a lower place may lie beyond.
                if found.len() < count || gap * gap <= worst {
                    self.search(second, target, count, found);
                }
            }
        }
    }

    #[inline]
    fn consider(&self, at: usize, target: &[f64], count: usize, found: &mut Vec<Near>) {
        let point = &self.coordinates[at * self.dimensions..(at + 1) * self.dimensions];
        let square = |(a, b): (&f64, &f64)| (a - b) * (a - b);
        let distance = point.iter().zip(target).map(square).sum();
        let near = Near { distance, place: self.places[at] };
        let is_full = found.len() == count;
        if is_full && !found.last().is_some_and(|it| near.is_before(*it)) {
            return;
        }
        if is_full {
            found.pop();
        }
        let to = found.partition_point(|it| it.is_before(near));
        found.insert(to, near);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn brute(rows: &[f64], dimensions: usize, target: &[f64], count: usize) -> Vec<Near> {
        let mut all: Vec<Near> = rows
            .chunks_exact(dimensions)
            .enumerate()
            .map(|(place, row)| Near {
                distance: row.iter().zip(target).map(|(a, b)| (a - b) * (a - b)).sum(),
                place: place as u32,
            })
            .collect();
        all.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.place.cmp(&b.place)));
        all.truncate(count);
        all
    }

    proptest! {
        /// Few distinct coordinates make many points that are equally far.
        #[test]
        fn trees_find_what_looking_at_all_does(
            dimensions in 1usize..5,
            cells in prop::collection::vec(0i8..6, 40..900),
            target in prop::collection::vec(-1i8..7, 5),
        ) {
            let rows: Vec<f64> = cells.iter().map(|it| f64::from(*it)).collect();
            let rows = &rows[..rows.len() / dimensions * dimensions];
            let target: Vec<f64> = target[..dimensions].iter().map(|it| f64::from(*it)).collect();
            let points = Points::new(rows.to_vec(), dimensions);
            let mut found = Vec::new();
            for count in [1, 5] {
                points.nearest(&target, count, &mut found);
                prop_assert_eq!(&found, &brute(rows, dimensions, &target, count));
            }
        }
    }
}
