//! Rows of cells, and how clients write them.

use std::fmt::Write as _;

use local::model::{Form, Scorer, Scratch};

use super::{Column, Kind};

/// One cell of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    /// As it stands in the user's table, or a word.
    Text(&'a str),
    /// `mantissa / 10^places`.
    Decimal {
        mantissa: i64,
        places: u8,
    },
    Real(f64),
    /// Nothing: an empty cell of CSV, null in JSON.
    Empty,
    /// Not even a place in the row.
    Absent,
}

/// Rows of one width with their times.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Rows<'a> {
    width: usize,
    times: Vec<i64>,
    cells: Vec<Cell<'a>>,
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Row<'a, 'b> {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    pub cells: &'b [Cell<'a>],
}

impl<'a> Rows<'a> {
    /// Returns no rows of this many cells.
    pub(crate) fn wide(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// Adds a row of empty cells and returns them.
    pub(crate) fn add(&mut self, at_ms: i64) -> &mut [Cell<'a>] {
        let start = self.cells.len();
        self.times.push(at_ms);
        self.cells.resize(start + self.width, Cell::Empty);
        &mut self.cells[start..]
    }

    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Returns the rows in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Row<'a, '_>> {
        let times = self.times.iter();
        times.enumerate().map(|(at, at_ms)| Row {
            at_ms: *at_ms,
            cells: &self.cells[at * self.width..][..self.width],
        })
    }

    /// Returns the cells of one column that belong to a span of seconds.
    pub(super) fn column_between(
        &mut self,
        column: usize,
        from: i64,
        until: i64,
    ) -> impl Iterator<Item = &mut Cell<'a>> {
        let start = self.times.partition_point(|at_ms| *at_ms < from.saturating_mul(1000));
        let end =
            self.times.partition_point(|at_ms| *at_ms < until.saturating_mul(1000)).max(start);
        let width = self.width.max(1);
        self.cells[start * self.width..end * self.width].iter_mut().skip(column).step_by(width)
    }
}

impl Row<'_, '_> {
    /// Appends the row as a line of CSV without its end.
    pub(crate) fn write_csv(&self, out: &mut String) {
        let mut first = true;
        for cell in self.cells.iter().filter(|cell| **cell != Cell::Absent) {
            if !first {
                out.push(',');
            }
            first = false;
            match cell {
                Cell::Text(text) => write_csv_text(text, out),
                number => write_number(*number, out),
            }
        }
    }

    /// Appends the row as a JSON object.
    pub(crate) fn write_json(&self, columns: &[Column], out: &mut String) {
        out.push('{');
        let mut first = true;
        for (cell, column) in
            self.cells.iter().zip(columns).filter(|(cell, _)| **cell != Cell::Absent)
        {
            if !first {
                out.push(',');
            }
            first = false;
            write_json_text(&column.name, out);
            out.push(':');
            match (cell, column.kind) {
                (Cell::Text(text), Kind::Word) => write_json_text(text, out),
                // `+5` and `.5` are numbers in a table, but not in JSON.
                (Cell::Text(text), Kind::Number { .. }) => match text.trim().parse::<f64>() {
                    Ok(number) if number.is_finite() => write_number(Cell::Real(number), out),
                    _ => write_json_text(text, out),
                },
                (Cell::Empty, _) => out.push_str("null"),
                (number, _) => write_number(*number, out),
            }
        }
        out.push('}');
    }
}

/// Appends a table with a header: the model's prediction first where there is a model, then the features.
///
/// Captured rows have their outputs first, and a baseline must have its columns in the same order.
pub(crate) fn write_table(
    rows: &Rows<'_>,
    columns: &[Column],
    scorer: Option<&Scorer>,
    out: &mut String,
) {
    let mut names =
        scorer.map(|_| "prediction").into_iter().chain(columns.iter().map(|it| it.name.as_str()));
    write_csv_text(names.next().unwrap_or_default(), out);
    for name in names {
        out.push(',');
        write_csv_text(name, out);
    }
    out.push('\n');
    let (mut line, mut scratch) = (String::new(), Scratch::default());
    for row in rows.iter() {
        line.clear();
        row.write_csv(&mut line);
        if let Some(scorer) = scorer {
            // CSV is never refused: what cannot be read is a missing input.
            let scored = scorer.respond(Form::Csv, &line, &mut scratch, out);
            debug_assert!(scored.is_ok());
            out.push(',');
        }
        out.push_str(&line);
        out.push('\n');
    }
}

fn write_number(cell: Cell<'_>, out: &mut String) {
    match cell {
        Cell::Decimal { mantissa, places: 0 } => write_whole(mantissa, out),
        Cell::Decimal { mantissa, places } => {
            let unit = 10_i64.saturating_pow(u32::from(places));
            if mantissa < 0 {
                out.push('-');
            }
            write_whole((mantissa / unit).saturating_abs(), out);
            out.push('.');
            let mut rest = (mantissa % unit).abs();
            let mut place = unit / 10;
            while place > 0 {
                out.push(char::from(b'0' + (rest / place) as u8));
                rest %= place;
                place /= 10;
            }
        }
        Cell::Real(number) => {
            let _ = write!(out, "{number}");
        }
        Cell::Text(_) | Cell::Empty | Cell::Absent => {}
    }
}

fn write_whole(number: i64, out: &mut String) {
    let mut digits = [0; 20];
    let (mut at, mut rest) = (digits.len(), number.unsigned_abs());
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push('-');
    }
    out.extend(digits[at..].iter().map(|digit| char::from(*digit)));
}

fn write_csv_text(text: &str, out: &mut String) {
    if !text.contains([',', '"', '\n', '\r']) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for part in text.split_inclusive('"') {
        out.push_str(part);
        if part.ends_with('"') {
            out.push('"');
        }
    }
    out.push('"');
}

fn write_json_text(text: &str, out: &mut String) {
    if text.bytes().all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<Column> {
        let column = |name: &&str| {
            let kind =
                if name.starts_with('n') { Kind::Number { deviation: 1.0 } } else { Kind::Word };
            Column { name: (*name).to_owned(), kind, distinct: 1 }
        };
        names.iter().map(column).collect()
    }

    #[track_caller]
    fn check(cell: Cell<'_>, csv: &str, json: &str) {
        let (mut line, mut object) = (String::new(), String::new());
        let row = Row { at_ms: 0, cells: &[cell] };
        row.write_csv(&mut line);
        row.write_json(
            &columns(&[if matches!(cell, Cell::Text("w" | "a,\"b\"\n")) { "w" } else { "n" }]),
            &mut object,
        );
        assert_eq!((line.as_str(), object.as_str()), (csv, json));
        assert!(serde_json::from_str::<serde_json::Value>(&object).is_ok());
    }

    #[test]
    fn cells_are_written_as_clients_do() {
        check(Cell::Decimal { mantissa: 1805, places: 1 }, "180.5", r#"{"n":180.5}"#);
        check(Cell::Decimal { mantissa: -5, places: 2 }, "-0.05", r#"{"n":-0.05}"#);
        check(Cell::Decimal { mantissa: -1200, places: 2 }, "-12.00", r#"{"n":-12.00}"#);
        check(Cell::Decimal { mantissa: 0, places: 0 }, "0", r#"{"n":0}"#);
        check(
            Cell::Decimal { mantissa: i64::MIN, places: 0 },
            "-9223372036854775808",
            r#"{"n":-9223372036854775808}"#,
        );
        check(Cell::Real(2.5), "2.5", r#"{"n":2.5}"#);
        check(Cell::Text("+.5"), "+.5", r#"{"n":0.5}"#);
        check(Cell::Text("w"), "w", r#"{"w":"w"}"#);
        check(Cell::Text("a,\"b\"\n"), "\"a,\"\"b\"\"\n\"", r#"{"w":"a,\"b\"\n"}"#);
        check(Cell::Empty, "", r#"{"n":null}"#);
        check(Cell::Absent, "", "{}");
    }

    #[test]
    fn table_has_the_prediction_first() {
        let mut rows = Rows::wide(2);
        rows.add(0).copy_from_slice(&[Cell::Text("a"), Cell::Decimal { mantissa: 3, places: 0 }]);
        let mut out = String::new();
        write_table(&rows, &columns(&["w,", "n"]), None, &mut out);
        assert_eq!(out, "\"w,\",n\na,3\n");
        let scored = Scorer::churn();
        out.clear();
        write_table(&rows, &columns(&["w", "n"]), Some(&scored), &mut out);
        assert!(out.starts_with("prediction,w,n\n0.") && out.ends_with(",a,3\n"), "{out}");
    }
}
