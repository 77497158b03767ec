//! One field of a cron expression.

use super::Fault;

/// What a field may hold.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) least: u16,
    pub(super) most: u16,
    /// The names of the values from `least` on.
    pub(super) names: &'static [&'static str],
}

/// A set of values of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Values {
    least: u16,
    /// Bit `n` of the whole stands for `least + n`; 230 years are the largest set.
    bits: [u64; 4],
}

impl Field {
    pub(super) const MINUTES: Self = Self { name: "minutes", least: 0, most: 59, names: &[] };
    pub(super) const HOURS: Self = Self { name: "hours", least: 0, most: 23, names: &[] };
    pub(super) const DAY_OF_MONTH: Self =
        Self { name: "day-of-month", least: 1, most: 31, names: &[] };
    pub(super) const MONTH: Self = Self {
        name: "month",
        least: 1,
        most: 12,
        names: &[
            "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
        ],
    };
    pub(super) const DAY_OF_WEEK: Self = Self {
        name: "day-of-week",
        least: 1,
        most: 7,
        names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    };
    pub(super) const YEAR: Self = Self { name: "year", least: 1970, most: 2199, names: &[] };

    /// Reads a list of values, ranges and steps.
    pub(super) fn read(&self, text: &str) -> Result<Values, Fault> {
        let mut values = Values::none(self.least);
        for item in text.split(',') {
            self.read_item(item, &mut values)?;
        }
        Ok(values)
    }

    /// Adds what one item of a list stands for: `*`, `5`, `5-10`, each also with a step.
    pub(super) fn read_item(&self, item: &str, values: &mut Values) -> Result<(), Fault> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(self.read_step(step)?)),
            None => (item, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (self.least, self.most),
            Some((first, last)) => (self.value(first)?, self.value(last)?),
            // A step from a single value runs to the end of the field.
            None if step.is_some() => (self.value(range)?, self.most),
            None => (self.value(range)?, self.value(range)?),
        };
        match step {
            Some(_) if first > last => Err(self.fault(format!(
                "range {range} runs across the end and cannot have a step: write it as two"
            ))),
            _ if first > last => {
                values.add(first..=self.most);
                values.add(self.least..=last);
                Ok(())
            }
            step => {
                values.add((first..=last).step_by(step.unwrap_or(1)));
                Ok(())
            }
        }
    }

    /// Reads a number or a name.
    pub(super) fn value(&self, text: &str) -> Result<u16, Fault> {
        if let Some(index) = self.names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
            return Ok(self.least + index as u16);
        }
        whole(text).filter(|value| (self.least..=self.most).contains(value)).ok_or_else(|| {
            let names = match self.names {
                [first, .., last] => format!(" or {first}-{last}"),
                _ => String::new(),
            };
            self.fault(format!("\"{text}\" is not {}-{}{names}", self.least, self.most))
        })
    }

    fn read_step(&self, text: &str) -> Result<usize, Fault> {
        // SageMaker documents steps up to 24 hours.
        let most = self.most - self.least + 1;
        whole(text)
            .filter(|step| (1..=most).contains(step))
            .map(usize::from)
            .ok_or_else(|| self.fault(format!("step \"{text}\" is not 1-{most}")))
    }

    pub(super) fn fault(&self, reason: impl Into<String>) -> Fault {
        Fault::new(self.name, reason)
    }
}

impl Values {
    pub(super) fn none(least: u16) -> Self {
        Self { least, bits: [0; 4] }
    }

    pub(super) fn contains(&self, value: u16) -> bool {
        let bit = usize::from(value.wrapping_sub(self.least));
        self.bits.get(bit / 64).is_some_and(|bits| bits >> (bit % 64) & 1 == 1)
    }

    /// Returns the values from `first` on, ascending.
    pub(super) fn from(&self, first: u16) -> impl Iterator<Item = u16> {
        (first.max(self.least)..self.least + 256).filter(|value| self.contains(*value))
    }

    fn add(&mut self, values: impl Iterator<Item = u16>) {
        for value in values {
            let bit = usize::from(value - self.least);
            self.bits[bit / 64] |= 1 << (bit % 64);
        }
    }
}

/// Reads a whole number of digits only.
pub(super) fn whole(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}
