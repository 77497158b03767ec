use super::prepared::{Column, Kind, mistyped};
use super::{Pairing, Run, VerdictSettings};
use crate::effect::{Counts, Ranks, Share, beyond_range, numbers};
use crate::finding::{Check, Effect, Hint, Reason};
use crate::hint;
use crate::statistics::{Category, Feature, InferredType, Numbers, Statistics, Texts, Values};
use crate::verdict::PreparedBaseline;

/// A wrong unit parts the distributions at least so far.
const WRONG_UNIT: f64 = 0.3;

impl PreparedBaseline {
    /// Compares which columns there are.
    pub(super) fn compare_shape(
        &self,
        pairing: &Pairing,
        current: &Statistics,
        settings: &VerdictSettings,
        run: &mut Run,
    ) {
        let floor = settings.contract.completeness;
        let hint = pairing.by_position.then_some(Hint::ByPosition);
        let missing = pairing.missing.iter().map(|idx| &self.columns[*idx]);
        for column in missing.filter(|it| it.check_contract) {
            if column.missing == 0 || pairing.by_position {
                run.contract(&column.name, Check::MissingColumn, CERTAIN, hint);
            } else {
                // A key that JSON records may lack: a rare one can be absent by chance.
                let before = Share::new(column.missing, column.present + column.missing);
                let after = Share::new(current.rows, current.rows);
                let shares = (before, after);
                run.share(Some(&column.name), Check::MissingColumn, shares, floor, hint);
            }
        }
        for feature in pairing.extra.iter().map(|idx| &current.features[*idx]) {
            let after = Share::new(feature.present, current.rows.max(feature.present));
            let before = Share::new(0, self.rows);
            run.share(Some(&feature.name), Check::ExtraColumn, (before, after), floor, None);
        }
    }
}

/// The effect of what is plainly so.
const CERTAIN: Effect = Effect { value: 1.0, low: 1.0, high: 1.0, floor: 0.0, p_value: 0.0 };

impl Column {
    /// Compares one column of the window with this one.
    pub(super) fn compare(&self, now: &Feature, settings: &VerdictSettings, run: &mut Run) {
        if self.check_contract {
            self.compare_cells(now, settings, run);
        }
        match (&self.kind, &now.values) {
            (Kind::Numbers { ranks, min, max }, Values::Numbers(numbers)) => {
                match Ranks::of(&numbers.sketch) {
                    Some(current) => {
                        self.compare_numbers(ranks, &current, (*min, *max), numbers, settings, run);
                    }
                    None => run.skip(&self.name, Reason::NothingInCommon),
                }
            }
            (Kind::Texts { categories, domains }, Values::Texts(texts)) => {
                let unseen = Unseen::of(categories, domains.as_ref(), texts, now.present);
                self.compare_texts(categories, texts, &unseen, settings, run);
            }
            (Kind::Identifier, _) => run.skip(&self.name, Reason::Identifier),
            (Kind::TooManyKinds, _) => run.skip(&self.name, Reason::TooManyKinds),
            _ => run.skip(&self.name, Reason::NothingInCommon),
        }
    }

    fn compare_cells(&self, now: &Feature, settings: &VerdictSettings, run: &mut Run) {
        let before = Share::new(self.missing, self.present + self.missing);
        let after = Share::new(now.missing, now.present + now.missing);
        let hint = before.value().zip(after.value());
        let hint = hint.map(|(before, after)| Hint::Missing { before, after });
        let (name, floors) = (Some(self.name.as_str()), settings.contract);
        run.share(name, Check::Completeness, (before, after), floors.completeness, hint);
        if matches!(self.inferred_type, InferredType::Integral | InferredType::Fractional) {
            let before = Share::new(self.mistyped.min(self.present), self.present);
            let after = Share::new(mistyped(now, self.inferred_type).min(now.present), now.present);
            let hint = Some(Hint::Type);
            run.share(name, Check::DataType, (before, after), floors.data_type, hint);
        }
    }

    fn compare_numbers(
        &self,
        reference: &Ranks,
        current: &Ranks,
        (min, max): (f64, f64),
        now: &Numbers,
        settings: &VerdictSettings,
        run: &mut Run,
    ) {
        let effect = numbers(reference, current, settings.floor);
        let telling = effect.p_value < 0.01 && settings.watch * settings.floor <= effect.value;
        let hint = telling.then(|| hint::of_numbers(reference, current, settings.floor)).flatten();
        if self.check_contract {
            let sketched = current.below(min) + current.rows() - current.upto(max);
            // A sketch may have dropped the extremes, which are kept apart.
            let known = u8::from(now.min < min) + u8::from(max < now.max);
            let hits = sketched.max(f64::from(known)).min(current.rows());
            let outside = Share { hits, rows: current.rows() };
            let floor = settings.contract.out_of_range;
            if let Some(effect) = beyond_range(reference.rows(), outside, floor) {
                run.contract(&self.name, Check::OutOfRange, effect, hint);
            }
        }
        if !self.check_drift {
            run.skip(&self.name, Reason::SwitchedOff);
            return;
        }
        let wrong_unit = matches!(hint, Some(Hint::Scale { factor }) if hint::is_unit(factor))
            && WRONG_UNIT <= effect.value
            && self.check_contract;
        if wrong_unit {
            run.contract(&self.name, Check::Distribution, effect, hint);
        } else {
            run.drift(&self.name, effect, hint);
        }
    }

    fn compare_texts(
        &self,
        categories: &[Category],
        now: &Texts,
        unseen: &Unseen,
        settings: &VerdictSettings,
        run: &mut Run,
    ) {
        let hint = unseen
            .now
            .value()
            .filter(|share| 0.0 < *share)
            .map(|share| Hint::NewValues { kinds: unseen.kinds, share });
        if self.check_contract {
            let shares = (unseen.before, unseen.now);
            let floor = settings.contract.unseen_values;
            run.share(Some(&self.name), Check::UnseenValues, shares, floor, hint);
        }
        if !self.check_drift {
            run.skip(&self.name, Reason::SwitchedOff);
            return;
        }
        let Some(kept) = &now.categories else {
            run.skip(&self.name, Reason::TooManyKinds);
            return;
        };
        match crate::effect::categories(&joined(categories, kept), settings.floor) {
            Some(effect) => run.drift(&self.name, effect, hint),
            None => run.skip(&self.name, Reason::NothingInCommon),
        }
    }
}

/// Rows whose value the baseline has never seen.
struct Unseen {
    /// What to expect by chance: values that the baseline saw but once.
    ///
    /// Their share estimates the share of values still unseen (Good 1953).
    before: Share,
    now: Share,
    kinds: u64,
}

impl Unseen {
    fn of(
        categories: &[Category],
        domains: Option<&std::collections::BTreeSet<String>>,
        now: &Texts,
        present: u64,
    ) -> Self {
        let agreed = |value: &String| match domains {
            Some(domains) => domains.contains(value),
            None => categories.binary_search_by(|it| it.value.cmp(value)).is_ok(),
        };
        let rows: u64 = categories.iter().map(|it| it.count).sum();
        let once = categories.iter().filter(|it| it.count == 1).count() as u64;
        let outside = categories.iter().filter(|it| !agreed(&it.value));
        let before = Share::new(once.max(outside.map(|it| it.count).sum()), rows);
        let Some(kept) = &now.categories else {
            // Too many to keep: each new kind is on one row at least.
            let kinds = (now.distinct as u64).saturating_sub(categories.len() as u64).min(present);
            return Self { before, now: Share::new(kinds, present), kinds };
        };
        let new: Vec<&Category> = kept.iter().filter(|it| !agreed(&it.value)).collect();
        let hits = new.iter().map(|it| it.count).sum();
        let rows = kept.iter().map(|it| it.count).sum();
        Self { before, now: Share::new(hits, rows), kinds: new.len() as u64 }
    }
}

/// Joins counts by value; `before` is in the order of its values.
pub(super) fn joined(before: &[Category], now: &[Category]) -> Vec<Counts> {
    let mut counts: Vec<Counts> =
        before.iter().map(|it| Counts { reference: it.count as f64, current: 0.0 }).collect();
    for it in now {
        match before.binary_search_by(|known| known.value.cmp(&it.value)) {
            Ok(idx) => counts[idx].current += it.count as f64,
            Err(_) => counts.push(Counts { reference: 0.0, current: it.count as f64 }),
        }
    }
    counts
}
