//! Rows that stand for many: k-means of numbers, k-prototypes where there are words (MacQueen 1967; Huang 1998).

use super::Table;
use super::sample::mix;
use std::collections::BTreeMap;

/// Rounds after which centers are taken as they are.
const ROUNDS: usize = 100;

/// Returns the centers of `count` clusters, or of as many as there are different rows, in the order of their first rows.
///
/// Numbers are not scaled; a word that differs counts as half the mean standard deviation of the numbers, squared
/// distances apart, as Huang proposes. First centers are drawn by k-means++ (Arthur and Vassilvitskii 2007) from the seed.
pub(super) fn centers(rows: &Table<String>, count: usize, seed: u64) -> Table<String> {
    let columns: Vec<Column> = (0..rows.width()).map(|at| Column::of(rows, at)).collect();
    let space = Space { rows: rows.len(), weight: weight(&columns), columns };
    let mut members = space.first(count.max(1), seed);
    let mut centers = space.centers(&members);
    for _ in 0..ROUNDS {
        let nearest: Vec<usize> =
            (0..space.rows).map(|row| space.nearest(row, &centers).0).collect();
        let is_settled = nearest == members;
        members = nearest;
        centers = space.centers(&members);
        if is_settled {
            break;
        }
    }
    let mut found = Table::new(rows.width());
    for center in &centers {
        let cells = center.iter().zip(&space.columns).map(|(value, column)| column.text(*value));
        let _whole = found.push(cells);
    }
    found
}

/// The cells of one column; a missing one is `None`.
enum Column {
    Numbers { cells: Vec<Option<f64>>, mean: f64, deviation: f64 },
    Words { cells: Vec<Option<usize>>, words: Vec<String> },
}

impl Column {
    fn of(rows: &Table<String>, at: usize) -> Self {
        let cells = || rows.rows().map(|it| it[at].trim());
        let numbers: Option<Vec<Option<f64>>> = cells()
            .map(|it| {
                if it.is_empty() {
                    return Some(None);
                }
                it.parse().ok().filter(|it: &f64| it.is_finite()).map(Some)
            })
            .collect();
        if let Some(cells) = numbers {
            let present: Vec<f64> = cells.iter().flatten().copied().collect();
            let count = present.len().max(1) as f64;
            let mean = present.iter().sum::<f64>() / count;
            let squares = present.iter().map(|it| (it - mean).powi(2)).sum::<f64>();
            return Self::Numbers { cells, mean, deviation: (squares / count).sqrt() };
        }
        let mut words: Vec<String> =
            cells().filter(|it| !it.is_empty()).map(str::to_owned).collect();
        words.sort_unstable();
        words.dedup();
        let place = |it: &str| words.binary_search_by(|word| word.as_str().cmp(it)).ok();
        Self::Words { cells: cells().map(place).collect(), words }
    }

    fn text(&self, value: Option<f64>) -> String {
        let Some(value) = value else { return String::new() };
        match self {
            Self::Numbers { .. } => value.to_string(),
            Self::Words { words, .. } => words.get(value as usize).cloned().unwrap_or_default(),
        }
    }
}

/// What a word that differs weighs.
fn weight(columns: &[Column]) -> f64 {
    let deviations: Vec<f64> = columns
        .iter()
        .filter_map(|it| match it {
            Column::Numbers { deviation, .. } => Some(*deviation),
            Column::Words { .. } => None,
        })
        .collect();
    let mean = deviations.iter().sum::<f64>() / deviations.len().max(1) as f64;
    if mean == 0.0 { 1.0 } else { 0.5 * mean }
}

/// A center's value in each column: a number, or the place of a word.
type Center = Vec<Option<f64>>;

struct Space {
    rows: usize,
    columns: Vec<Column>,
    weight: f64,
}

impl Space {
    fn point(&self, row: usize) -> Center {
        let value = |it: &Column| match it {
            Column::Numbers { cells, .. } => cells[row],
            Column::Words { cells, .. } => cells[row].map(|it| it as f64),
        };
        self.columns.iter().map(value).collect()
    }

    fn distance(&self, row: usize, center: &Center) -> f64 {
        let apart = |(column, at): (&Column, &Option<f64>)| match column {
            // What is missing lies in the middle.
            Column::Numbers { cells, mean, .. } => {
                (cells[row].unwrap_or(*mean) - at.unwrap_or(*mean)).powi(2)
            }
            Column::Words { cells, .. } if cells[row].map(|it| it as f64) == *at => 0.0,
            Column::Words { .. } => self.weight,
        };
        self.columns.iter().zip(center).map(apart).sum()
    }

    /// Returns the first of the nearest centers, and how far it is.
    fn nearest(&self, row: usize, centers: &[Center]) -> (usize, f64) {
        let mut best = (0, f64::INFINITY);
        for (at, center) in centers.iter().enumerate() {
            let distance = self.distance(row, center);
            if distance < best.1 {
                best = (at, distance);
            }
        }
        best
    }

    /// Draws rows far from each other, and returns the cluster of each row.
    fn first(&self, count: usize, seed: u64) -> Vec<usize> {
        let unit = |at: u64| (mix(seed, at) >> 11) as f64 / (1u64 << 53) as f64;
        let start = ((unit(0) * self.rows as f64) as usize).min(self.rows.saturating_sub(1));
        let mut centers = vec![self.point(start)];
        let mut nearest: Vec<(usize, f64)> =
            (0..self.rows).map(|row| self.nearest(row, &centers)).collect();
        while centers.len() < count {
            let total: f64 = nearest.iter().map(|it| it.1).sum();
            if total <= 0.0 {
                break;
            }
            let mut rest = unit(centers.len() as u64) * total;
            let chosen = nearest.iter().position(|it| {
                rest -= it.1;
                rest < 0.0 && 0.0 < it.1
            });
            let farthest = || (0..self.rows).max_by(|a, b| nearest[*a].1.total_cmp(&nearest[*b].1));
            let Some(row) = chosen.or_else(farthest) else { break };
            let (place, center) = (centers.len(), self.point(row));
            for (row, near) in nearest.iter_mut().enumerate() {
                let distance = self.distance(row, &center);
                if distance < near.1 {
                    *near = (place, distance);
                }
            }
            centers.push(center);
        }
        nearest.into_iter().map(|it| it.0).collect()
    }

    /// Returns the center of each cluster that has rows, in the order of their first rows.
    fn centers(&self, members: &[usize]) -> Vec<Center> {
        let mut places: Vec<usize> = Vec::new();
        for cluster in members {
            if !places.contains(cluster) {
                places.push(*cluster);
            }
        }
        let center = |cluster: &usize| {
            let rows: Vec<usize> = (0..self.rows).filter(|row| members[*row] == *cluster).collect();
            self.columns.iter().map(|it| middle(it, &rows)).collect()
        };
        places.iter().map(center).collect()
    }
}

/// The mean of numbers, the most frequent of words; `None` where all are missing.
fn middle(column: &Column, rows: &[usize]) -> Option<f64> {
    match column {
        Column::Numbers { cells, .. } => {
            let present: Vec<f64> = rows.iter().filter_map(|row| cells[*row]).collect();
            (!present.is_empty()).then(|| present.iter().sum::<f64>() / present.len() as f64)
        }
        Column::Words { cells, .. } => {
            let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
            for place in rows.iter().filter_map(|row| cells[*row]) {
                *counts.entry(place).or_default() += 1;
            }
            let first_best = counts.into_iter().rev().max_by_key(|it| it.1);
            first_best.map(|it| it.0 as f64)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&str]) -> Table<String> {
        let width = rows.first().map_or(0, |it| it.split(',').count());
        let mut table = Table::new(width);
        for row in rows {
            assert!(table.push(row.split(',').map(str::to_owned)));
        }
        table
    }

    #[track_caller]
    fn check(rows: &[&str], count: usize, expect: &[&str]) {
        for seed in 0..20 {
            let found = centers(&table(rows), count, seed);
            let mut found: Vec<String> = found.rows().map(|it| it.join(",")).collect();
            found.sort();
            assert_eq!(found, expect, "seed {seed}");
        }
    }

    #[test]
    fn separate_groups_have_their_means() {
        // As sklearn.cluster.KMeans finds them: the means of what lies together.
        let rows = ["1,1", "2,1", "1,2", "2,2", "101,1", "103,1", "-90,50", "-90,54"];
        check(&rows, 3, &["-90,52", "1.5,1.5", "102,1"]);
        check(&rows[..4], 1, &["1.5,1.5"]);
    }

    #[test]
    fn words_have_their_most_frequent() {
        // Huang's k-prototypes: numbers decide, and the most frequent word stands for the cluster.
        let rows = ["1,a", "2,a", "3,b", "901,b", "902,b", "903,a", "904,"];
        check(&rows, 2, &["2,a", "902.5,b"]);
        check(&["x,a", "x,a", "y,b", "y,b"], 2, &["x,a", "y,b"]);
    }

    #[test]
    fn no_more_clusters_than_different_rows() {
        check(&["1,2", "1,2", "5,6"], 9, &["1,2", "5,6"]);
        check(&["1,", "1,"], 2, &["1,"]);
    }
}
