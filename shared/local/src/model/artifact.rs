//! Model artefacts: what training leaves in S3.

use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;

use super::{Column, Columns, Model, Scorer, Unreadable};

/// The largest file of an artefact, unpacked, in bytes.
pub const LARGEST_FILE: u64 = 64 << 20;
/// An archive may have so many files.
const MOST_FILES: usize = 64;

/// Reads an artefact: a `model.tar.gz` with a model and perhaps its columns, or a model's JSON itself.
///
/// The model is the first `.json` that is one; `columns.json` names the inputs, which are numbers in the model's order
/// where it is missing.
pub fn read(bytes: &[u8]) -> Result<Scorer, Unreadable> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return scorer(Model::parse(bytes)?, None);
    }
    let unpacked = |why: std::io::Error| Unreadable(format!("the archive cannot be read: {why}"));
    let most = LARGEST_FILE * MOST_FILES as u64;
    let mut archive = tar::Archive::new(GzDecoder::new(bytes).take(most));
    let (mut model, mut columns, mut wrong) = (None, None, None);
    for (at, entry) in archive.entries().map_err(unpacked)?.enumerate() {
        let mut entry = entry.map_err(unpacked)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if MOST_FILES <= at || LARGEST_FILE < entry.size() {
            return Err(Unreadable(format!("{name}: too many files, or too large a one")));
        }
        if Path::new(&name).extension().is_none_or(|it| it != "json") {
            continue;
        }
        let mut text = Vec::new();
        entry.read_to_end(&mut text).map_err(unpacked)?;
        if name.ends_with("columns.json") {
            columns = Some(Columns::parse(&text)?);
        } else {
            match Model::parse(&text) {
                Ok(found) => model = model.or(Some(found)),
                Err(why) => wrong = Some(why),
            }
        }
    }
    let missing = || Unreadable("the archive has no .json with a model".to_owned());
    scorer(model.ok_or_else(|| wrong.unwrap_or_else(missing))?, columns)
}

fn scorer(model: Model, columns: Option<Columns>) -> Result<Scorer, Unreadable> {
    let number = |at| Column { name: format!("f{at}"), categories: Vec::new(), one_hot: false };
    let columns =
        columns.unwrap_or_else(|| Columns::new((0..model.inputs()).map(number).collect()));
    Scorer::new(model, columns)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;
    use crate::model::{Form, Scratch};

    const LINEAR: &[u8] =
        br#"{"linear":{"objective":"reg:squarederror","intercept":1.0,"weights":[2.0,3.0]}}"#;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, body) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(body.len() as u64);
            header.set_cksum();
            tar.append_data(&mut header, name, *body).unwrap();
        }
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&tar.into_inner().unwrap()).unwrap();
        packed.finish().unwrap()
    }

    #[track_caller]
    fn check(artefact: &[u8], row: &str, expect: Option<f32>) {
        let got = read(artefact)
            .ok()
            .map(|scorer| scorer.predict(Form::Csv, row, &mut Scratch::default()).unwrap()[0]);
        assert_eq!(got, expect);
    }

    #[test]
    fn models_are_found_in_their_artefacts() {
        let columns: &[u8] = br#"{"columns":[{"name":"a","categories":["x","y"]},{"name":"b"}]}"#;
        check(LINEAR, "1,1", Some(6.0));
        check(&archive(&[("model.json", LINEAR)]), "1,1", Some(6.0));
        check(
            &archive(&[("code/run.py", b""), ("columns.json", columns), ("model.json", LINEAR)]),
            "y,1",
            Some(6.0),
        );
        check(&archive(&[("xgboost-model", b"binf")]), "1,1", None);
        check(&archive(&[("model.json", b"{}")]), "1,1", None);
        check(b"\x1f\x8bnot gzip", "1,1", None);
    }
}
