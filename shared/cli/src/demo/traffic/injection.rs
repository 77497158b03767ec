//! Faults with known answers, put into the cells of requests.

use local::random::Random;

use super::{Cell, Column, Kind, Rows};

/// A fault in the rows of an endpoint, for a time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Injection {
    pub endpoint: String,
    /// Seconds since 1970; the first that the fault is in.
    pub from: i64,
    /// Seconds since 1970; the first that it is not in any more.
    pub until: i64,
    pub fault: Fault,
}

/// What is done to a feature.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    /// The mean moves by this many standard deviations of the reference.
    Shift { feature: String, sd: f64 },
    /// The unit changes.
    Scale { feature: String, factor: f64 },
    /// A share of the values goes missing.
    Nulls { feature: String, share: f64 },
    /// A share of the values becomes a word never seen before.
    NewCategory { feature: String, share: f64 },
    /// The column is not sent any more; columns behind it move up in CSV.
    DropColumn { feature: String },
}

/// The word that [`Fault::NewCategory`] brings.
const NEW_WORD: &str = "unheard-of";

impl Fault {
    /// Returns the feature that the fault is in.
    pub(crate) fn feature(&self) -> &str {
        match self {
            Self::Shift { feature, .. }
            | Self::Scale { feature, .. }
            | Self::Nulls { feature, .. }
            | Self::NewCategory { feature, .. }
            | Self::DropColumn { feature } => feature,
        }
    }
}

impl Injection {
    pub(super) fn check(&self, columns: &[Column]) -> Result<(), String> {
        let feature = self.fault.feature();
        let Some(column) = columns.iter().find(|column| column.name == feature) else {
            return Err(format!("no column is named {feature}"));
        };
        let wants_numbers = matches!(self.fault, Fault::Shift { .. } | Fault::Scale { .. });
        if wants_numbers && column.kind == Kind::Word {
            return Err(format!("column {feature} holds words, which cannot be shifted or scaled"));
        }
        Ok(())
    }

    pub(super) fn apply(&self, columns: &[Column], random: &mut Random, rows: &mut Rows<'_>) {
        let Some(at) = columns.iter().position(|column| column.name == self.fault.feature()) else {
            return;
        };
        let deviation = match columns[at].kind {
            Kind::Number { deviation } => deviation,
            Kind::Word => 0.0,
        };
        for cell in rows.column_between(at, self.from, self.until) {
            match &self.fault {
                Fault::Shift { sd, .. } => *cell = moved(*cell, 1.0, sd * deviation),
                Fault::Scale { factor, .. } => *cell = moved(*cell, *factor, 0.0),
                Fault::Nulls { share, .. } if random.chance(*share) => *cell = Cell::Empty,
                Fault::NewCategory { share, .. } if random.chance(*share) => {
                    *cell = Cell::Text(NEW_WORD);
                }
                Fault::Nulls { .. } | Fault::NewCategory { .. } => {}
                Fault::DropColumn { .. } => *cell = Cell::Absent,
            }
        }
    }
}

/// Returns `cell * factor + step`, with as many places as the cell has, or more where the number gets smaller.
fn moved(cell: Cell<'_>, factor: f64, step: f64) -> Cell<'_> {
    let (number, places) = match cell {
        Cell::Decimal { mantissa, places } => {
            (mantissa as f64 / 10_f64.powi(i32::from(places)), places)
        }
        Cell::Real(number) => return Cell::Real(number * factor + step),
        Cell::Text(text) => match text.trim().parse::<f64>() {
            Ok(number) if text.contains(['e', 'E']) => return Cell::Real(number * factor + step),
            Ok(number) => (number, places_of(text.trim())),
            Err(_) => return cell,
        },
        Cell::Empty | Cell::Absent => return cell,
    };
    let result = number * factor + step;
    let places = if factor.abs() < 1.0 { (places + 4).min(12) } else { places.min(12) };
    let mantissa = (result * 10_f64.powi(i32::from(places))).round();
    if mantissa.abs() < 9e15 {
        Cell::Decimal { mantissa: mantissa as i64, places }
    } else {
        Cell::Real(result)
    }
}

fn places_of(text: &str) -> u8 {
    text.split_once('.').map_or(0, |(_, places)| u8::try_from(places.len()).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cell: Cell<'_>, factor: f64, step: f64, expect: &str) {
        let mut text = String::new();
        super::super::Row { at_ms: 0, cells: &[moved(cell, factor, step)] }.write_csv(&mut text);
        assert_eq!(text, expect);
    }

    #[test]
    fn moved_numbers_keep_their_form() {
        check(Cell::Decimal { mantissa: 1805, places: 1 }, 100.0, 0.0, "18050.0");
        check(Cell::Decimal { mantissa: 93, places: 0 }, 1.0, 12.6, "106");
        check(Cell::Decimal { mantissa: 93, places: 0 }, 0.01, 0.0, "0.9300");
        check(Cell::Text("180.25"), 2.0, 0.0, "360.50");
        check(Cell::Text(" 7"), 1.0, -10.0, "-3");
        check(Cell::Text("1e3"), 2.0, 0.0, "2000");
        check(Cell::Text("n/a"), 2.0, 0.0, "n/a");
        check(Cell::Text("900000000000000000"), 2.0, 0.0, "1800000000000000000");
        check(Cell::Empty, 2.0, 0.0, "");
    }
}
