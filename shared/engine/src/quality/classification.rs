use std::collections::BTreeSet;

use super::class::{Class, ClassId, Classes, Poles, order, text};
use super::ranking::Ranking;
use super::scores::Scores;
use super::statistics::ConfusionMatrix;
use summary::Summary;

/// Rows of a classification: how many of each label were predicted as which, and how surely.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcomes {
    classes: Classes,
    /// Classes that `cells` has room for.
    stride: usize,
    /// By actual class (the first row is of rows without a label) and predicted class.
    cells: Vec<Cell>,
    groups: Vec<Group>,
    scored: u64,
    /// Rows of which the probability was not kept: too many pairs of labels.
    unscored: u64,
    /// Whether scores are kept by right and wrong only, not by classes.
    by_rightness: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    rows: u64,
    /// Counted from one.
    group: u32,
}

#[derive(Debug, Clone)]
struct Group {
    of: GroupOf,
    scores: Scores,
}

/// What the rows of a group have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GroupOf {
    Pair {
        actual: Option<ClassId>,
        predicted: ClassId,
    },
    /// Whether the prediction was right; `None` without a label.
    Rightness(Option<bool>),
}

/// What a row says of its prediction.
#[derive(Debug, Clone, Copy)]
pub(super) enum Predicted<'a> {
    Label(&'a [u8]),
    Above,
    Below,
}

/// Pairs of labels whose probabilities are kept apart.
const MOST_GROUPS: usize = 32;

impl Outcomes {
    /// Rows up to which every probability is kept.
    pub(super) const EXACT: u64 = 1 << 20;

    pub(super) fn new(by_rightness: bool) -> Self {
        Self { by_rightness, ..Self::default() }
    }

    /// Takes a row; `false` where its label is one too many or too long.
    #[inline]
    pub(super) fn see(
        &mut self,
        actual: Option<&[u8]>,
        predicted: Predicted<'_>,
        score: Option<f64>,
    ) -> bool {
        let predicted = match predicted {
            Predicted::Label(text) => self.classes.of(text),
            Predicted::Above => self.classes.of_class(Class::Above),
            Predicted::Below => self.classes.of_class(Class::Below),
        };
        let Some(predicted) = predicted else { return false };
        let actual = match actual.map(|it| self.classes.of(it)) {
            None => None,
            Some(Some(actual)) => Some(actual),
            Some(None) => return false,
        };
        let at = self.at(actual, predicted);
        self.cells[at].rows += 1;
        if let Some(score) = score {
            let is_exact = self.scored < Self::EXACT;
            if self.scored == Self::EXACT {
                self.groups.iter_mut().for_each(|it| it.scores.blur());
            }
            match self.group(at, actual, predicted) {
                Some(place) => {
                    self.scored += 1;
                    self.groups[place].scores.push(score, is_exact);
                }
                None => self.unscored += 1,
            }
        }
        true
    }

    #[inline]
    fn at(&mut self, actual: Option<ClassId>, predicted: ClassId) -> usize {
        let classes = self.classes.names().len();
        if self.stride < classes {
            self.widen(classes.next_power_of_two().max(4));
        }
        actual.map_or(0, |it| it as usize + 1) * self.stride + predicted as usize
    }

    fn widen(&mut self, stride: usize) {
        let mut cells = vec![Cell::default(); (stride + 1) * stride];
        for (row, old) in self.cells.chunks(self.stride.max(1)).enumerate() {
            cells[row * stride..][..old.len()].copy_from_slice(old);
        }
        (self.cells, self.stride) = (cells, stride);
    }

    #[inline]
    fn group(&mut self, at: usize, actual: Option<ClassId>, predicted: ClassId) -> Option<usize> {
        match self.cells[at].group {
            0 => {
                let place = self.new_group(self.group_of(actual, predicted))?;
                self.cells[at].group = place as u32 + 1;
                Some(place)
            }
            known => Some(known as usize - 1),
        }
    }

    fn group_of(&self, actual: Option<ClassId>, predicted: ClassId) -> GroupOf {
        if self.by_rightness {
            return GroupOf::Rightness(actual.map(|it| it == predicted));
        }
        GroupOf::Pair { actual, predicted }
    }

    fn new_group(&mut self, of: GroupOf) -> Option<usize> {
        if let Some(known) = self.groups.iter().position(|it| it.of == of) {
            return Some(known);
        }
        if MOST_GROUPS <= self.groups.len() {
            return None;
        }
        self.groups.push(Group { of, scores: Scores::default() });
        Some(self.groups.len() - 1)
    }

    /// Sorts what is kept, so that ranking it again and again is cheap.
    pub(super) fn settle(&mut self) {
        for Group { scores, .. } in &mut self.groups {
            scores.exact.sort_unstable_by(f64::total_cmp);
        }
    }

    pub(super) fn scored(&self) -> u64 {
        self.scored
    }

    /// Whether probabilities are whole: all that came were kept.
    pub(super) fn is_whole(&self) -> bool {
        self.unscored == 0
    }

    /// Returns the labels in order and what each class is called.
    pub(super) fn named(&self, positive: Option<&str>, is_binary: bool) -> Named {
        let mut labels: BTreeSet<String> = BTreeSet::new();
        for class in self.classes.names() {
            if let Class::Label(label) = class {
                labels.insert(text(label).into_owned());
            }
        }
        let mut labels: Vec<String> = labels.into_iter().collect();
        labels.sort_by(|one, other| order(one, other));
        let poles = Poles::of(&labels, positive);
        let has_poles = self.classes.names().iter().any(|it| !matches!(it, Class::Label(_)));
        if is_binary || has_poles {
            for pole in [&poles.negative, &poles.positive] {
                if !labels.contains(pole) {
                    labels.push(pole.clone());
                }
            }
            labels.sort_by(|one, other| order(one, other));
        }
        let place = |label: &str| labels.iter().position(|it| it == label).unwrap_or_default();
        let of = |class: &Class| match class {
            Class::Label(label) => place(&text(label)),
            Class::Above => place(&poles.positive),
            Class::Below => place(&poles.negative),
        };
        let places = self.classes.names().iter().map(of).collect();
        let positive = place(&poles.positive);
        Named { labels, places, positive }
    }

    /// Returns the rows with a label.
    pub(super) fn confusion(&self, named: &Named) -> ConfusionMatrix {
        let count = named.labels.len();
        let mut rows = vec![vec![0; count]; count];
        for (actual, cells) in self.cells.chunks(self.stride.max(1)).enumerate().skip(1) {
            for (predicted, cell) in cells.iter().enumerate().filter(|(_, it)| 0 < it.rows) {
                rows[named.places[actual - 1]][named.places[predicted]] += cell.rows;
            }
        }
        ConfusionMatrix { labels: named.labels.clone(), rows }
    }

    /// Ranks the scores of those groups that `is_positive` says something of.
    pub(super) fn ranking(&self, is_positive: impl Fn(GroupOf) -> Option<bool>) -> Ranking {
        let groups = self.groups.iter();
        let groups: Vec<(&Scores, bool)> =
            groups.filter_map(|it| Some((&it.scores, is_positive(it.of)?))).collect();
        Ranking::of(groups.iter().copied())
    }
}

/// What the classes of some [`Outcomes`] are called.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) labels: Vec<String>,
    /// The place of each class in `labels`.
    pub(super) places: Vec<usize>,
    /// The place of the positive label.
    pub(super) positive: usize,
}

impl Named {
    pub(super) fn is_positive(&self, class: ClassId) -> bool {
        self.places[class as usize] == self.positive
    }
}

impl Summary for Outcomes {
    fn merge(&mut self, other: &Self) {
        self.by_rightness |= other.by_rightness;
        self.unscored += other.unscored;
        if Self::EXACT < self.scored + other.scored {
            self.groups.iter_mut().for_each(|it| it.scores.blur());
        }
        // A label for which there is no room is lost, and its rows with it.
        let names = other.classes.names();
        let places: Vec<Option<ClassId>> =
            names.iter().map(|it| self.classes.of_class(it.clone())).collect();
        for (row, cells) in other.cells.chunks(other.stride.max(1)).enumerate() {
            for (predicted, cell) in cells.iter().enumerate().filter(|(_, it)| 0 < it.rows) {
                let actual = row.checked_sub(1).map(|it| places[it]);
                let (Some(predicted), None | Some(Some(_))) = (places[predicted], actual) else {
                    continue;
                };
                let at = self.at(actual.flatten(), predicted);
                self.cells[at].rows += cell.rows;
            }
        }
        let is_blurred = Self::EXACT < self.scored + other.scored;
        self.scored += other.scored;
        for Group { of, scores } in &other.groups {
            let of = match *of {
                GroupOf::Rightness(it) => GroupOf::Rightness(it),
                GroupOf::Pair { actual, predicted } => {
                    let actual = actual.map(|it| places[it as usize]);
                    let (Some(predicted), None | Some(Some(_))) =
                        (places[predicted as usize], actual)
                    else {
                        continue;
                    };
                    GroupOf::Pair { actual: actual.flatten(), predicted }
                }
            };
            let Some(place) = self.new_group(of) else { continue };
            let own = &mut self.groups[place].scores;
            own.merge(scores);
            if is_blurred {
                own.blur();
            }
        }
    }
}
