//! Label files and capture files, read.

use crate::Shelves;
use crate::ground_truth::label_value;
use formats::ground_truth::{Members, captured_ids, csv_cell, read};
use formats::moment::Moment;
use ports::{
    CaptureFile, CapturedRecord, Label, LabelEncoding, LabelFile, LabelForm, LabelFormat,
    LabelValue, Objects, ReadTruth,
};

/// The longest line that is read.
const LONGEST: usize = 16 << 20;

impl<O: Objects> ReadTruth for Shelves<O> {
    fn label_file(&self, bytes: &[u8], form: &LabelForm) -> Result<LabelFile, String> {
        let first = bytes.iter().find(|it| !it.is_ascii_whitespace());
        let json = first.is_none_or(|it| *it == b'{');
        match form.format {
            LabelFormat::Auto if json => Ok(json_lines(bytes, form)),
            LabelFormat::Sagemaker | LabelFormat::JsonLines => Ok(json_lines(bytes, form)),
            LabelFormat::Auto | LabelFormat::Csv => csv(bytes, form),
            LabelFormat::Parquet => Err("Parquet is not read here".to_owned()),
        }
    }

    fn capture_file(&self, bytes: &[u8]) -> CaptureFile {
        let mut file = CaptureFile::default();
        for line in lines(bytes) {
            let ids = if line.len() <= LONGEST { captured_ids(line) } else { None };
            match (ids, std::str::from_utf8(line)) {
                (Some(it), Ok(text)) => file.records.push(CapturedRecord {
                    event: it.event,
                    id: it.id,
                    at: it.at,
                    line: text.to_owned(),
                }),
                _ => file.set_aside += 1,
            }
        }
        file
    }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|it| *it == b'\n').map(<[u8]>::trim_ascii).filter(|it| !it.is_empty())
}

fn json_lines(bytes: &[u8], form: &LabelForm) -> LabelFile {
    let members = Members {
        id: form.id.as_deref(),
        label: form.label.as_deref(),
        time: form.time.as_deref(),
    };
    let mut file = LabelFile::default();
    for line in lines(bytes) {
        let found = if line.len() <= LONGEST { read(line, members) } else { None };
        match found {
            Some(it) => {
                file.labels.push(Label { id: it.id, value: label_value(it.label), at: it.at });
            }
            None => file.set_aside += 1,
        }
    }
    file
}

fn csv(bytes: &[u8], form: &LabelForm) -> Result<LabelFile, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
    let mut rows = text.lines().filter(|it| !it.trim().is_empty()).map(cells);
    let Some(header) = rows.next() else { return Ok(LabelFile::default()) };
    let find = |named: &Option<String>, usual: &[&str]| match named {
        Some(name) => header.iter().position(|it| it == name),
        None => header.iter().position(|it| usual.contains(&it.as_str())),
    };
    let id = find(&form.id, &["inference_id", "inferenceId", "event_id", "eventId", "id"]);
    let label = find(&form.label, &["label", "ground_truth", "target", "y", "value"]);
    let (Some(id), Some(label)) = (id, label) else {
        return Err("has no columns of id and label".to_owned());
    };
    let time = form.time.as_ref().and_then(|it| header.iter().position(|at| at == it));
    let mut file = LabelFile::default();
    for row in rows {
        match (row.get(id).filter(|it| !it.is_empty()), row.get(label)) {
            (Some(id), Some(label)) if !label.is_empty() => {
                let at = time.and_then(|it| Moment::of_text(row.get(it)?)).map(Moment::seconds);
                let value = LabelValue { encoding: LabelEncoding::Csv, text: csv_cell(label) };
                file.labels.push(Label { id: id.clone(), value, at });
            }
            _ => file.set_aside += 1,
        }
    }
    Ok(file)
}

fn cells(row: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut letters = row.chars().peekable();
    while let Some(letter) = letters.next() {
        let cell = cells.last_mut().expect("there is a cell");
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => cell.push(other),
        }
    }
    cells
}
