//! Predictions of rows that have none: computed where the model can be read, else asked for.

use super::Asks;
use crate::Suite;
use crate::asking::Asker;
use crate::rebuild_baseline::Material;
use crate::scan::{read_whole, summary};
use engine::attribution::{BatchModel, Readable, Sample, Table};
use engine::scan::ScanOptions;
use ports::{Address, InvokeEndpoints, ReadModels, ReadObjects, Refusal};
use settings::{Effective, MonitorType};

/// The column of the predictions.
pub(crate) const COLUMN: &str = "vigil_prediction";
/// Rows that are held in memory, of more so many are drawn.
const MOST_ROWS: usize = 100_000;

/// Whether a table of these columns holds no predictions: it has no more columns than the headers, or none of that name.
///
/// Where nobody says where predictions are and no model can tell them, only labels are looked at, as Clarify does.
pub(crate) fn are_lacking(all: &Effective, columns: &[String]) -> bool {
    let wanted = &all.monitor(MonitorType::ModelBias).quality;
    let attribute = wanted.probability_attribute.as_ref().or(wanted.inference_attribute.as_ref());
    let Some(attribute) = attribute else {
        return all.asking.enabled || model(all).is_some();
    };
    if attribute.parse::<usize>().is_err() {
        return !columns.contains(attribute);
    }
    !wanted.headers.is_empty() && columns.iter().all(|it| wanted.headers.contains(it))
}

/// Returns the rows of a table with a column of predictions, as CSV with a header; `Err` says what the settings lack.
///
/// Every column but the label is a feature, in the order of the table.
pub(crate) async fn with_predictions<W, S>(
    suite: &Suite<'_, W, S>,
    asks: Asks<'_>,
    all: &Effective,
    label: &str,
    material: &Material,
    options: &ScanOptions,
) -> Result<Result<Vec<u8>, String>, Refusal>
where
    W: ReadObjects + InvokeEndpoints + Sync,
    S: ReadModels,
{
    let place = model(all);
    if place.is_none() && !all.asking.enabled {
        return Ok(Err("the table has no predictions: name their column with model_bias.inference_attribute or probability_attribute, set model_explainability.model_s3_uri to a model saved as JSON, or asking.enabled to true so that the endpoint is asked".into()));
    }
    let make = || Sample::new(MOST_ROWS, 0);
    let Material { bucket, objects, .. } = material;
    let sample = summary(suite.world, bucket, objects, options, suite.limits, make).await?.profile;
    let rows = Rows::of(&sample, label);
    let outputs = if let Some(place) = place {
        let Some(bytes) = read_whole(suite.world, &place).await? else {
            return Ok(Err(format!("there is no object {}", place.uri())));
        };
        suite.shelves.model(&bytes).and_then(|mut it| rows.read_off(&mut it))
    } else {
        let Asks { call, monitor } = asks;
        let quality = &all.monitor(MonitorType::ModelBias).quality;
        let score = quality.probability_attribute.as_ref().filter(|it| it.parse::<u64>().is_err());
        let columns = (rows.names.as_slice(), rows.numeric());
        let score = score.map(String::as_str);
        match Asker::new(suite, call, monitor, &all.asking, score, columns) {
            Ok(mut asker) => asker.answers(&rows.features).await?,
            Err(why) => Err(why),
        }
    };
    Ok(outputs.and_then(|it| table(&sample, &it)))
}

/// Returns where the endpoint's model is, if it can be read.
fn model(all: &Effective) -> Option<Address> {
    let quality = &all.monitor(MonitorType::ModelExplainability).quality;
    quality.model_s3_uri.as_deref().and_then(Address::parse)
}

/// The features of a sample.
struct Rows {
    names: Vec<String>,
    features: Table<String>,
}

impl Rows {
    fn of(sample: &Sample, label: &str) -> Self {
        let places: Vec<usize> =
            (0..sample.names().len()).filter(|it| sample.names()[*it] != label).collect();
        let mut features = Table::new(places.len());
        for row in sample.rows() {
            let cell = |it: &usize| row.get(*it).cloned().flatten().unwrap_or_default();
            let _whole = features.push(places.iter().map(cell));
        }
        Self { names: places.iter().map(|it| sample.names()[*it].clone()).collect(), features }
    }

    fn numeric(&self) -> Vec<bool> {
        let number = |it: &String| it.is_empty() || it.trim().parse::<f64>().is_ok();
        let all = |column: usize| self.features.rows().all(|row| number(&row[column]));
        (0..self.names.len()).map(all).collect()
    }

    /// A cell that is no number is a missing input, as it is where reasons are computed.
    fn read_off(&self, model: &mut Readable) -> Result<Table<f64>, String> {
        let (given, wanted) = (self.names.len(), model.inputs());
        if given != wanted {
            return Err(format!("a row has {given} features where the model takes {wanted}"));
        }
        let number = |it: &String| it.trim().parse::<f64>().map_or(f32::NAN, |it| it as f32);
        let cells = self.features.cells().iter().map(number).collect();
        let rows = Table::of(given, cells).unwrap_or_default();
        let Ok(answers) = model.answer(&rows);
        Ok(answers)
    }
}

/// Writes the rows with their predictions.
fn table(sample: &Sample, outputs: &Table<f64>) -> Result<Vec<u8>, String> {
    if outputs.width() != 1 {
        let given = outputs.width();
        return Err(format!(
            "the model answers {given} numbers to a row: set model_bias.probability_attribute to where the score is"
        ));
    }
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>, last: &str| {
        for cell in cells {
            if cell.contains(['"', ',', '\n', '\r']) {
                text.push('"');
                text.push_str(&cell.replace('"', "\"\""));
                text.push('"');
            } else {
                text.push_str(cell);
            }
            text.push(',');
        }
        text.push_str(last);
        text.push('\n');
    };
    line(&mut sample.names().iter().map(String::as_str), COLUMN);
    for (row, output) in sample.rows().into_iter().zip(outputs.cells()) {
        let missing = (row.len()..sample.names().len()).map(|_| "");
        let cells = row.iter().map(|it| it.as_deref().unwrap_or_default()).chain(missing);
        line(&mut { cells }, &output.to_string());
    }
    Ok(text.into_bytes())
}
