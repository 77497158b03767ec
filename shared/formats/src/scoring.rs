//! Requests to a model and the scores in its answers, as Clarify's `predictor` words them (reference: formats F.1).

use crate::FormatError;
use engine::attribution::{ModelForm, Table};
use serde_json::{Map, Value, json};

mod path;

use path::Path;

const ANSWER: &str = "the model's answer";
const FIX: &str = "say where the score is with predictor.probability, or ask for text/csv";

/// The forms of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Csv,
    JsonLines,
    Json,
}

/// Writes requests of rows and reads the answers.
#[derive(Debug, Clone)]
pub struct Scoring {
    form: ModelForm,
    sent: Form,
    columns: Vec<String>,
    /// Whether a column's cells are numbers.
    numeric: Vec<bool>,
}

impl Scoring {
    /// Takes the columns of every row; a column that is not numeric is sent as texts.
    pub fn new(
        form: ModelForm,
        columns: Vec<String>,
        numeric: Vec<bool>,
    ) -> Result<Self, FormatError> {
        let content = form.content_type.as_deref().unwrap_or("text/csv");
        let sent = form_of(content).ok_or_else(|| {
            FormatError::at(
                "analysis_config.json",
                "name a media type that the model takes",
                "predictor.content_type",
                "is not text/csv, application/jsonlines or application/json",
            )
        })?;
        Ok(Self { form, sent, columns, numeric })
    }

    /// Returns the media type of requests.
    pub fn content_type(&self) -> &'static str {
        match self.sent {
            Form::Csv => "text/csv",
            Form::JsonLines => "application/jsonlines",
            Form::Json => "application/json",
        }
    }

    /// Returns the media type that answers should have.
    pub fn accept(&self) -> Option<&str> {
        self.form.accept.as_deref()
    }

    /// Writes a request of all rows.
    pub fn request(&self, rows: &Table<String>) -> Vec<u8> {
        let mut body = String::new();
        match self.sent {
            Form::Csv => {
                for row in rows.rows() {
                    for (at, cell) in row.iter().enumerate() {
                        if 0 < at {
                            body.push(',');
                        }
                        push_cell(&mut body, cell);
                    }
                    body.push('\n');
                }
            }
            Form::JsonLines => {
                for row in rows.rows() {
                    body.push_str(&self.record(row).to_string());
                    body.push('\n');
                }
            }
            Form::Json => {
                let records: Vec<Value> = rows.rows().map(|it| self.record(it)).collect();
                let content = self.form.content_template.as_deref();
                let content = content.unwrap_or(r#"{"instances":$records}"#);
                body = content.replace("$records", &Value::from(records).to_string());
            }
        }
        body.into_bytes()
    }

    fn record(&self, row: &[String]) -> Value {
        let numeric = |at: usize| self.numeric.get(at).copied().unwrap_or(false);
        let cells: Vec<Value> =
            row.iter().enumerate().map(|(at, it)| cell(it, numeric(at))).collect();
        match self.form.record_template.as_deref().or(self.form.content_template.as_deref()) {
            // A template of one's own is filled as text: it may stand in quotes or lists.
            Some(template) if template.contains("$feature") => {
                let named: Map<String, Value> =
                    self.columns.iter().cloned().zip(cells.iter().cloned()).collect();
                let text = template
                    .replace("$features_kvp", &Value::from(named).to_string())
                    .replace("$features", &Value::from(cells).to_string());
                serde_json::from_str(&text).unwrap_or(Value::Null)
            }
            _ => json!({"features": cells}),
        }
    }

    /// Reads the scores of so many rows: one row of outputs each.
    pub fn scores(
        &self,
        content_type: &str,
        body: &[u8],
        rows: usize,
    ) -> Result<Table<f64>, FormatError> {
        let form = form_of(content_type).or_else(|| form_of(self.accept()?)).unwrap_or(Form::Csv);
        let text = std::str::from_utf8(body).map_err(|_| wrong("is not UTF-8"))?;
        let found = match form {
            Form::Csv => self.csv_scores(text)?,
            Form::JsonLines => {
                let lines = text.lines().filter(|it| !it.trim().is_empty());
                let records: Vec<Value> = lines
                    .map(|it| serde_json::from_str(it).map_err(|_| wrong("is not JSON Lines")))
                    .collect::<Result<_, _>>()?;
                self.json_scores(records.into())?
            }
            Form::Json => {
                let answer = serde_json::from_str(text).map_err(|_| wrong("is not JSON"))?;
                self.json_scores(answer)?
            }
        };
        // Some containers answer all rows in one line.
        let found = match found.as_slice() {
            [one] if 1 < rows && !one.is_empty() && one.len().is_multiple_of(rows) => {
                one.chunks(one.len() / rows).map(<[f64]>::to_vec).collect()
            }
            _ => found,
        };
        let width = found.first().map_or(0, Vec::len);
        if found.len() != rows || width == 0 || found.iter().any(|it| it.len() != width) {
            let problem = format!("has {} rows of scores where {rows} were asked for", found.len());
            return Err(wrong(&problem));
        }
        Table::of(width, found.concat()).ok_or_else(|| wrong("has no scores"))
    }

    fn csv_scores(&self, text: &str) -> Result<Vec<Vec<f64>>, FormatError> {
        let column = self.form.score.as_deref().and_then(|it| it.parse::<usize>().ok());
        let mut rows = Vec::new();
        for line in text.lines().filter(|it| !it.trim().is_empty()) {
            let line = line.replace(['[', ']', '"'], "");
            let cells: Option<Vec<f64>> =
                line.split(',').map(|it| it.trim().parse().ok()).collect();
            let cells = match column {
                // Other columns may hold words.
                Some(at) => {
                    let cell = line.split(',').nth(at);
                    cell.and_then(|it| it.trim().parse().ok()).map(|it| vec![it])
                }
                None => cells,
            };
            rows.push(cells.ok_or_else(|| wrong("has a score that is no number"))?);
        }
        Ok(rows)
    }

    fn json_scores(&self, answer: Value) -> Result<Vec<Vec<f64>>, FormatError> {
        let found = match self.form.score.as_deref() {
            Some(path) => {
                let path = Path::parse(path).ok_or_else(|| {
                    wrong("has a path of scores that is not known here: names, [n], [*] and [] are")
                })?;
                path.find(&answer).ok_or_else(|| wrong("has nothing at the path of scores"))?
            }
            None => guess(&answer).ok_or_else(|| wrong("does not show where the scores are"))?,
        };
        let Value::Array(rows) = found else {
            return Ok(vec![outputs(&found)?]);
        };
        rows.iter().map(outputs).collect()
    }
}

fn outputs(row: &Value) -> Result<Vec<f64>, FormatError> {
    let number = |it: &Value| {
        let text = it.as_str().and_then(|it| it.trim().parse().ok());
        it.as_f64().or(text).ok_or_else(|| wrong("has a score that is no number"))
    };
    match row {
        Value::Array(all) => all.iter().map(number).collect(),
        one => Ok(vec![number(one)?]),
    }
}

/// Finds scores where nobody said where they are: lists of numbers, or the first list of an object.
fn guess(answer: &Value) -> Option<Value> {
    match answer {
        Value::Array(rows) => {
            let one = |row: &Value| match row {
                Value::Object(record) => {
                    let known = ["score", "probability", "predicted_label"];
                    known.iter().find_map(|it| record.get(*it)).or(record.values().next()).cloned()
                }
                other => Some(other.clone()),
            };
            Some(Value::Array(rows.iter().map(one).collect::<Option<_>>()?))
        }
        Value::Object(all) => guess(all.values().find(|it| it.is_array())?),
        _ => None,
    }
}

fn wrong(problem: &str) -> FormatError {
    FormatError::at(ANSWER, FIX, "", problem)
}

fn form_of(media: &str) -> Option<Form> {
    let media = media.split(';').next().unwrap_or_default().trim();
    match media.to_ascii_lowercase().as_str() {
        "text/csv" => Some(Form::Csv),
        "application/jsonlines" | "application/x-ndjson" => Some(Form::JsonLines),
        "application/json" => Some(Form::Json),
        _ => None,
    }
}

fn cell(text: &str, is_number: bool) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    let number =
        if is_number { serde_json::from_str::<serde_json::Number>(text.trim()).ok() } else { None };
    let parsed = if is_number { text.trim().parse::<f64>().ok() } else { None };
    match (number, parsed) {
        (Some(it), _) => Value::Number(it),
        (None, Some(it)) => json!(it),
        _ => Value::from(text),
    }
}

/// Writes a cell of a CSV line (RFC 4180).
pub(crate) fn push_cell(body: &mut String, cell: &str) {
    if !cell.contains(['"', ',', '\n', '\r']) {
        body.push_str(cell);
        return;
    }
    body.push('"');
    body.push_str(&cell.replace('"', "\"\""));
    body.push('"');
}

#[cfg(test)]
mod tests;
