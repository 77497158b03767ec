//! A model behind its columns: request bodies in, response bodies out.

use std::{borrow::Cow, fmt};

use serde::de::{
    self, DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::{Columns, Model, Unreadable};

/// The form of a request or a response body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Rows of cells, without header.
    Csv,
    /// One JSON object a row, or an array of cells.
    Json,
}

/// A model and the columns of its requests.
#[derive(Debug, Clone, PartialEq)]
pub struct Scorer {
    model: Model,
    columns: Columns,
}

/// Memory that scoring uses again and again.
#[derive(Debug, Default)]
pub struct Scratch {
    inputs: Vec<f32>,
    outputs: Vec<f32>,
    /// Where each column's inputs are, for cells that come by name.
    row: Vec<Option<f32>>,
}

impl Scorer {
    /// Puts a model behind its columns.
    pub fn new(model: Model, columns: Columns) -> Result<Self, Unreadable> {
        let (made, taken) = (columns.inputs(), model.inputs());
        if made != taken {
            return Err(Unreadable(format!(
                "the columns make {made} inputs, the model takes {taken}"
            )));
        }
        Ok(Self { model, columns })
    }

    /// The small churn model that is shipped with the stand-in, as XGBoost saves it.
    pub const CHURN: &str = include_str!("../../model/churn.json");

    /// Returns the small churn model that is shipped with the stand-in.
    pub fn churn() -> Self {
        let model = Model::parse(Self::CHURN.as_bytes());
        let columns = Columns::parse(include_bytes!("../../model/churn-columns.json"));
        let scorer = model.and_then(|model| Self::new(model, columns?));
        scorer.expect("the shipped model was tested when it was committed")
    }

    /// Returns the columns of a request.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Returns the prediction of one row.
    ///
    /// A cell that is missing, unknown or unreadable is a missing input; a row is refused only where it is not JSON.
    pub fn predict<'a>(
        &self,
        form: Form,
        row: &str,
        scratch: &'a mut Scratch,
    ) -> Result<&'a [f32], Unreadable> {
        match form {
            Form::Csv => self.read_csv(row, &mut scratch.inputs),
            Form::Json => self.read_json(row, scratch)?,
        }
        self.model.predict(&scratch.inputs, &mut scratch.outputs);
        Ok(&scratch.outputs)
    }

    /// Appends the response to a request body of any number of rows.
    ///
    /// CSV answers one line a row, without a line end after the last; JSON answers one object a row.
    pub fn respond(
        &self,
        form: Form,
        body: &str,
        scratch: &mut Scratch,
        response: &mut String,
    ) -> Result<(), Unreadable> {
        let start = response.len();
        for row in
            body.split('\n').map(|line| line.trim_end_matches('\r')).filter(|line| !line.is_empty())
        {
            if response.len() > start {
                response.push('\n');
            }
            let outputs = self.predict(form, row, scratch)?;
            write_outputs(form, outputs, response).expect("a string takes all text");
        }
        Ok(())
    }

    fn read_csv(&self, row: &str, inputs: &mut Vec<f32>) {
        inputs.clear();
        let mut at = 0;
        if row.contains('"') {
            for cell in QuotedCells(Some(row)) {
                self.columns.push(at, Some(&cell), inputs);
                at += 1;
            }
        } else {
            for cell in row.split(',') {
                self.columns.push(at, Some(cell), inputs);
                at += 1;
            }
        }
        for missing in at..self.columns.len() {
            self.columns.push(missing, None, inputs);
        }
    }

    fn read_json(&self, row: &str, scratch: &mut Scratch) -> Result<(), Unreadable> {
        scratch.row.clear();
        scratch.row.resize(self.columns.inputs(), None);
        let mut deserializer = serde_json::Deserializer::from_str(row);
        let reader = RowReader {
            columns: &self.columns,
            row: &mut scratch.row,
            inputs: &mut scratch.inputs,
        };
        // The parser's own message can quote the row.
        let broken = || Unreadable("a row is not JSON".to_owned());
        deserializer.deserialize_any(reader).map_err(|_| broken())?;
        deserializer.end().map_err(|_| broken())?;
        scratch.inputs.clear();
        scratch.inputs.extend(scratch.row.iter().map(|input| input.unwrap_or(f32::NAN)));
        Ok(())
    }
}

fn write_outputs(form: Form, outputs: &[f32], response: &mut String) -> fmt::Result {
    use fmt::Write;
    match (form, outputs) {
        (Form::Json, [output]) => write!(response, "{{\"prediction\":{output}}}"),
        (Form::Csv, [output]) => write!(response, "{output}"),
        (Form::Json, outputs) => {
            for (at, output) in outputs.iter().enumerate() {
                let open = if at == 0 { '{' } else { ',' };
                write!(response, "{open}\"prediction{at}\":{output}")?;
            }
            response.write_char('}')
        }
        (Form::Csv, outputs) => {
            for (at, output) in outputs.iter().enumerate() {
                let comma = if at == 0 { "" } else { "," };
                write!(response, "{comma}{output}")?;
            }
            Ok(())
        }
    }
}

/// The cells of a line with quotes (RFC 4180).
struct QuotedCells<'a>(Option<&'a str>);

impl<'a> Iterator for QuotedCells<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Cow<'a, str>> {
        let rest = self.0.take()?;
        let Some(quoted) = rest.strip_prefix('"') else {
            let (cell, rest) =
                rest.split_once(',').map_or((rest, None), |(cell, rest)| (cell, Some(rest)));
            self.0 = rest;
            return Some(cell.into());
        };
        let mut cell = String::new();
        let mut rest = quoted;
        loop {
            let Some((text, after)) = rest.split_once('"') else {
                cell.push_str(rest);
                return Some(cell.into());
            };
            cell.push_str(text);
            if let Some(more) = after.strip_prefix('"') {
                cell.push('"');
                rest = more;
            } else {
                self.0 = after.split_once(',').map(|split| split.1);
                return Some(cell.into());
            }
        }
    }
}

struct RowReader<'a> {
    columns: &'a Columns,
    row: &'a mut Vec<Option<f32>>,
    inputs: &'a mut Vec<f32>,
}

impl RowReader<'_> {
    /// Puts the inputs of a column in their places.
    fn place(&mut self, at: usize, push: impl FnOnce(&Columns, &mut Vec<f32>)) {
        self.inputs.clear();
        push(self.columns, self.inputs);
        let start: usize = (0..at).map(|before| self.columns.width(before)).sum();
        for (slot, input) in self.row[start..].iter_mut().zip(self.inputs.iter()) {
            *slot = Some(*input);
        }
    }
}

impl<'de> Visitor<'de> for RowReader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut guess = 0;
        while let Some(name) = map.next_key::<Name<'de>>()? {
            match self.columns.place(&name.0, guess) {
                Some(at) => {
                    map.next_value_seed(CellReader { at, row: &mut self })?;
                    guess = at + 1;
                }
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut cells: A) -> Result<(), A::Error> {
        let mut at = 0;
        while at < self.columns.len()
            && cells.next_element_seed(CellReader { at, row: &mut self })?.is_some()
        {
            at += 1;
        }
        while cells.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// A key, borrowed from the body where it needs no unescaping.
struct Name<'de>(Cow<'de, str>);

impl<'de> de::Deserialize<'de> for Name<'de> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

struct CellReader<'a, 'b> {
    at: usize,
    row: &'a mut RowReader<'b>,
}

impl<'de> DeserializeSeed<'de> for CellReader<'_, '_> {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for CellReader<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cell")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.visit_f64(f64::from(u8::from(value)))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.visit_f64(value as f64)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.visit_f64(value as f64)
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        let at = self.at;
        self.row.place(at, |columns, inputs| columns.push_number(at, value, inputs));
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        let at = self.at;
        self.row.place(at, |columns, inputs| columns.push(at, Some(value), inputs));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut cells: A) -> Result<(), A::Error> {
        while cells.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}
