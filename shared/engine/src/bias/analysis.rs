//! Counts to a report.

use super::{
    BiasConfig, BiasError, BiasMetric, BiasReport, ColumnRef, FacetReport, FacetRows, Figure,
    MetricReport, Predicted, Stage, StageReport, Watched,
    column::{ColumnType, Matched, NO_THRESHOLD},
    counts::{Counts, Sides},
    flip::{FlipOutcome, FlipOutcomes},
    formulas::figure,
    interval::{interval, of_flips, support},
    summary::{BiasSummary, Facet, Looking},
};

impl BiasSummary {
    /// Computes every metric that the configuration asks for.
    ///
    /// `flips` says what came of the flip test of each value of each facet, which
    /// needs the rows themselves; see [`FlipTest`](super::FlipTest). A metric that
    /// cannot be computed says why and fails nothing else.
    pub fn report(&self, flips: &FlipOutcomes) -> Result<BiasReport, BiasError> {
        let looking = self.looking()?;
        let config = &looking.config;
        let outcomes = Outcome::of(looking)?;
        let mut report = BiasReport::default();
        for stage in Stage::ALL {
            let wanted = config.wanted(stage);
            if wanted.is_empty() || stage == Stage::PostTraining && config.predicted.is_none() {
                continue;
            }
            let facets = looking.facets.iter().zip(&config.facets);
            let facets = facets.flat_map(|(facet, watched)| {
                let made = Making { looking, outcome: &outcomes, stage, wanted: &wanted, flips };
                made.facet(facet, watched)
            });
            let stage_report = StageReport {
                label: config.label.shown(&looking.columns),
                label_value: outcomes.label.value.clone(),
                facets: facets.collect(),
            };
            match stage {
                Stage::PreTraining => report.pre_training = Some(stage_report),
                Stage::PostTraining => report.post_training = Some(stage_report),
            }
        }
        Ok(report)
    }
}

impl BiasConfig {
    /// Returns the metrics of a stage that are asked for, in the order of their names.
    pub fn wanted(&self, stage: Stage) -> Vec<BiasMetric> {
        let chosen = match stage {
            Stage::PreTraining => &self.pre_training,
            Stage::PostTraining => &self.post_training,
        };
        let is_wanted = |it: &&BiasMetric| chosen.as_ref().is_none_or(|chosen| chosen.contains(it));
        stage.metrics().iter().filter(is_wanted).copied().collect()
    }
}

impl Watched {
    /// What reports call it.
    pub(super) fn shown(&self, columns: &[String]) -> String {
        match (&self.name, &self.column) {
            (Some(name), _) | (None, ColumnRef::Name(name)) => name.clone(),
            (None, ColumnRef::Place(place)) => {
                columns.get(*place).cloned().unwrap_or_else(|| place.to_string())
            }
        }
    }
}

/// What labels and predictions turned out to be.
pub(super) struct Outcome {
    pub(super) label: Matched,
    /// `None` without predictions; an error where they cannot be used.
    pub(super) predicted: Option<Result<Matched, String>>,
    /// The group of each class, and how many there are.
    groups: Option<Result<Groups, String>>,
}

struct Groups {
    of_class: Vec<Option<usize>>,
    count: usize,
}

impl Outcome {
    pub(super) fn of(looking: &Looking) -> Result<Self, BiasError> {
        let config = &looking.config;
        if config.label.values.is_empty() {
            return Err(BiasError::Unfit(NO_LABEL_VALUES.to_owned()));
        }
        let first = looking.facets.first().ok_or(BiasError::NoFacet)?;
        let rows = |dimension: usize, classes: usize| first.table.rows_of(dimension, classes);
        let column = &looking.label.column;
        let label = column.matched(&rows(2, column.classes())).map_err(BiasError::Unfit)?;
        let predicted = looking.predicted.as_ref().map(|seen| {
            let rows = rows(3, seen.column.classes());
            let matched = seen.column.matched(&rows)?;
            let is_label = matches!(config.predicted, Some(Predicted::Label(_)));
            if is_label && matched.nature != label.nature {
                return Err(OTHER_TYPE.to_owned());
            }
            let is_any = matched.is_in.iter().zip(&rows).any(|(is_in, rows)| *is_in && 0 < *rows);
            if is_any { Ok(matched) } else { Err(NO_POSITIVE.to_owned()) }
        });
        let groups = looking.group.as_ref().map(|seen| {
            let values = seen.column.values()?;
            let mut of_class = vec![None; seen.column.classes()];
            for (group, (_, classes)) in values.iter().enumerate() {
                for class in classes {
                    of_class[usize::from(*class)] = Some(group);
                }
            }
            Ok(Groups { of_class, count: values.len() })
        });
        Ok(Self { label, predicted, groups })
    }
}

const NO_LABEL_VALUES: &str = "Positive label values or thresholds are empty for Label column";
const OTHER_TYPE: &str =
    "Predicted Label Column series datatype is not the same as Label Column series";
const NO_POSITIVE: &str = "No Label values are present in the predicted Label Column,Positive Predicted Index Series contains all False values";

/// One value of a facet: which classes of the column are in it.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) value: String,
    pub(super) is_in: Vec<bool>,
}

pub(super) fn groups_of(facet: &Facet, watched: &Watched) -> Result<Vec<Group>, String> {
    let column = &facet.seen.column;
    let classes = column.classes();
    if 0 < facet.table.lost() {
        return Err("facet, group and label have too many values together".to_owned());
    }
    if !watched.values.is_empty() {
        let Matched { value, is_in, .. } = column.matched(&facet.table.rows_of(0, classes))?;
        return Ok(vec![Group { value, is_in }]);
    }
    if !column.is_categorical(watched.nature) {
        return Err(NO_THRESHOLD.to_owned());
    }
    let values = column.values()?.into_iter().map(|(value, members)| {
        let mut is_in = vec![false; classes];
        for class in members {
            is_in[usize::from(class)] = true;
        }
        Group { value, is_in }
    });
    let mut groups: Vec<Group> = values.collect();
    let is_object = matches!(column.kind(), ColumnType::Text | ColumnType::Switch);
    if column.has_missing() && is_object {
        // Clarify lists missing cells as a value that nothing equals.
        groups.push(Group { value: "nan".to_owned(), is_in: vec![false; classes] });
    }
    Ok(groups)
}

/// The making of one stage of one facet.
struct Making<'a> {
    looking: &'a Looking,
    outcome: &'a Outcome,
    stage: Stage,
    wanted: &'a [BiasMetric],
    flips: &'a FlipOutcomes,
}

impl Making<'_> {
    /// Why the predictions cannot be used, where they are needed.
    fn unusable(&self) -> Option<&str> {
        match (self.stage, &self.outcome.predicted) {
            (Stage::PostTraining, Some(Err(why))) => Some(why),
            _ => None,
        }
    }

    fn facet(&self, facet: &Facet, watched: &Watched) -> Vec<FacetReport> {
        let name = watched.shown(&self.looking.columns);
        let failed = |why: &str| {
            let metrics = self.wanted.iter().map(|metric| nothing(*metric, why)).collect();
            let facet = name.clone();
            vec![FacetReport { facet, metrics, ..FacetReport::default() }]
        };
        let groups = match groups_of(facet, watched) {
            Ok(groups) => groups,
            Err(why) => return failed(self.unusable().unwrap_or(&why)),
        };
        let of = |group: Group| {
            let counts = self.counts(facet, &group);
            let sides = counts.sides;
            let rows =
                FacetRows { facet: sides.facet.rows() as u64, rest: sides.rest.rows() as u64 };
            let metric = |it: &BiasMetric| self.metric(*it, &counts, &name, &group.value);
            let metrics = self.wanted.iter().map(metric).collect();
            FacetReport {
                facet: name.clone(),
                value: group.value.clone(),
                rows: Some(rows),
                metrics,
            }
        };
        groups.into_iter().map(of).collect()
    }

    fn counts(&self, facet: &Facet, group: &Group) -> Counts {
        let predicted = self.outcome.predicted.as_ref().and_then(|it| it.as_ref().ok());
        let grouped = self.outcome.groups.as_ref().and_then(|it| it.as_ref().ok());
        let mut sides = Sides::default();
        let mut groups = grouped.map(|it| vec![Sides::default(); it.count]);
        facet.table.each(|[of_facet, of_group, of_label, of_predicted], rows| {
            let is_in = group.is_in[usize::from(of_facet)];
            let observed = self.outcome.label.is_in[usize::from(of_label)];
            let predicted = predicted.is_some_and(|it| it.is_in[usize::from(of_predicted)]);
            let add = |sides: &mut Sides| {
                let side = if is_in { &mut sides.facet } else { &mut sides.rest };
                side.add(observed, predicted, rows as f64);
            };
            add(&mut sides);
            let place = grouped.and_then(|it| it.of_class[usize::from(of_group)]);
            if let (Some(groups), Some(place)) = (&mut groups, place) {
                add(&mut groups[place]);
            }
        });
        Counts { sides, groups }
    }

    fn metric(
        &self,
        metric: BiasMetric,
        counts: &Counts,
        facet: &str,
        value: &str,
    ) -> MetricReport {
        if let Some(why) = self.unusable() {
            return nothing(metric, why);
        }
        let is_conditional = matches!(metric, BiasMetric::Cddl | BiasMetric::Cddpl);
        if let (true, Some(Err(why))) = (is_conditional, &self.outcome.groups) {
            return nothing(metric, why);
        }
        let support = Some(support(metric, counts));
        if metric != BiasMetric::Ft {
            let (figure, interval) = (figure(metric, counts), interval(metric, counts));
            return MetricReport { metric, figure, interval, support };
        }
        match self.flips.of(facet, value) {
            FlipOutcome::Counted { gained, lost, rows } => {
                let flips = (gained as f64 - lost as f64) / rows as f64;
                let interval = of_flips(gained, lost, rows);
                MetricReport { metric, figure: Figure::Value(flips), interval, support }
            }
            FlipOutcome::Refused(why) => nothing(metric, &why),
        }
    }
}

fn nothing(metric: BiasMetric, why: &str) -> MetricReport {
    MetricReport { metric, figure: Figure::Nothing(why.to_owned()), interval: None, support: None }
}
