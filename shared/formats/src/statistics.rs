//! `statistics.json` (reference: formats D.1).
//!
//! Written member by member from the engine's types: no tree is built, so the
//! sketches of a thousand columns cost no second copy.

use crate::{error, error::FormatError, loose, number::Double, words};
use engine::{
    Levels,
    statistics::{
        Bucket, Category, Feature, InferredType, MOST_CATEGORIES, Numbers, Statistics, Texts,
        Values,
    },
};
use serde::{Deserialize, Serialize, Serializer, de, ser::SerializeMap};
use std::io;

const DOCUMENT: &str = "statistics.json";
const FIX: &str = "correct it there, or build the baseline again";

/// A level of a sketch stands for twice the rows of the one below: no table is longer.
const MOST_LEVELS: usize = 60;

/// Writes the file; `to` should be buffered.
///
/// An infinite number (a sum that overflowed) becomes the largest finite one.
pub fn write(statistics: &Statistics, to: impl io::Write) -> io::Result<()> {
    serde_json::to_writer(to, &File(statistics)).map_err(io::Error::from)
}

/// Reads the file, of AWS or of ours.
///
/// What the file does not hold is absent: [`Feature::types`] is `None`.
pub fn read(text: &[u8]) -> Result<Statistics, FormatError> {
    let file: ReadFile = error::read(DOCUMENT, FIX, text)?;
    let features: Vec<Feature> = file.features.into_iter().map(|it| it.0).collect();
    let most = features.iter().map(|it| it.present + it.missing).max();
    let rows = file.dataset.and_then(|it| it.item_count).or(most).unwrap_or(0);
    Ok(Statistics { rows, features })
}

struct File<'a>(&'a Statistics);

impl Serialize for File<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut file = to.serialize_map(Some(3))?;
        file.serialize_entry("version", &0.0)?;
        file.serialize_entry("dataset", &Rows { item_count: self.0.rows })?;
        file.serialize_entry("features", &Features(&self.0.features))?;
        file.end()
    }
}

#[derive(Serialize)]
struct Rows {
    item_count: u64,
}

struct Features<'a>(&'a [Feature]);

impl Serialize for Features<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(Column))
    }
}

struct Column<'a>(&'a Feature);

impl Serialize for Column<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Feature { name, inferred_type, present, missing, values, .. } = self.0;
        let common = Common { num_present: *present, num_missing: *missing };
        let mut column = to.serialize_map(Some(3))?;
        column.serialize_entry("name", name)?;
        column.serialize_entry("inferred_type", words::inferred_type::word(*inferred_type))?;
        match values {
            Values::Numbers(numbers) => {
                column.serialize_entry("numerical_statistics", &Numerical::of(common, numbers))?;
            }
            Values::Texts(texts) => {
                column.serialize_entry("string_statistics", &Textual::of(common, Some(texts)))?;
            }
            Values::None => {
                column.serialize_entry("string_statistics", &Textual::of(common, None))?;
            }
        }
        column.end()
    }
}

#[derive(Serialize, Deserialize, Clone, Copy, Default)]
struct Common {
    #[serde(deserialize_with = "loose::count")]
    num_present: u64,
    #[serde(deserialize_with = "loose::count")]
    num_missing: u64,
}

#[derive(Serialize)]
struct Numerical<'a> {
    common: Common,
    mean: Double,
    sum: Double,
    std_dev: Double,
    min: Double,
    max: Double,
    distribution: Kll<'a>,
}

#[derive(Serialize)]
struct Kll<'a> {
    kll: KllBody<'a>,
}

#[derive(Serialize)]
struct KllBody<'a> {
    #[serde(serialize_with = "buckets")]
    buckets: &'a [Bucket],
    sketch: Sketch<'a>,
}

#[derive(Serialize)]
struct Sketch<'a> {
    parameters: Parameters,
    data: &'a [Vec<f64>],
}

#[derive(Serialize, Deserialize)]
struct Parameters {
    c: f64,
    k: f64,
}

impl<'a> Numerical<'a> {
    fn of(common: Common, it: &'a Numbers) -> Self {
        let parameters = Parameters { c: it.sketch.c, k: it.sketch.k };
        let sketch = Sketch { parameters, data: &it.sketch.data };
        Self {
            common,
            mean: Double(it.mean),
            sum: Double(it.sum),
            std_dev: Double(it.std_dev),
            min: Double(it.min),
            max: Double(it.max),
            distribution: Kll { kll: KllBody { buckets: &it.buckets, sketch } },
        }
    }
}

fn buckets<S: Serializer>(buckets: &&[Bucket], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(buckets.iter().map(|it| BucketWire {
        lower_bound: it.low,
        upper_bound: it.high,
        count: it.count,
    }))
}

#[derive(Serialize, Deserialize)]
struct BucketWire {
    lower_bound: f64,
    upper_bound: f64,
    count: f64,
}

#[derive(Serialize)]
struct Textual<'a> {
    common: Common,
    #[serde(skip_serializing_if = "Option::is_none")]
    distinct_count: Option<Double>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distribution: Option<Categorical<'a>>,
}

#[derive(Serialize)]
struct Categorical<'a> {
    categorical: CategoricalBody<'a>,
}

#[derive(Serialize)]
struct CategoricalBody<'a> {
    #[serde(serialize_with = "categories")]
    buckets: &'a [Category],
}

impl<'a> Textual<'a> {
    fn of(common: Common, texts: Option<&'a Texts>) -> Self {
        let buckets =
            texts.and_then(|it| it.categories.as_deref()).filter(|it| it.len() <= MOST_CATEGORIES);
        Self {
            common,
            distinct_count: texts.map(|it| Double(it.distinct)),
            distribution: buckets
                .map(|buckets| Categorical { categorical: CategoricalBody { buckets } }),
        }
    }
}

fn categories<S: Serializer>(categories: &&[Category], to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Wire<'a> {
        value: &'a str,
        count: u64,
    }
    to.collect_seq(categories.iter().map(|it| Wire { value: &it.value, count: it.count }))
}

#[derive(Deserialize)]
struct ReadFile {
    dataset: Option<ReadRows>,
    features: Vec<ReadFeature>,
}

#[derive(Deserialize)]
struct ReadRows {
    #[serde(default, deserialize_with = "some_count")]
    item_count: Option<u64>,
}

fn some_count<'de, D: de::Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    loose::count(from).map(Some)
}

#[derive(Deserialize)]
#[serde(try_from = "ReadColumn")]
struct ReadFeature(Feature);

#[derive(Deserialize)]
struct ReadColumn {
    name: String,
    #[serde(default, with = "words::inferred_type")]
    inferred_type: InferredType,
    numerical_statistics: Option<ReadNumerical>,
    string_statistics: Option<ReadTextual>,
    common: Option<Common>,
}

#[derive(Deserialize)]
struct ReadNumerical {
    common: Common,
    mean: Option<f64>,
    sum: Option<f64>,
    std_dev: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    distribution: Option<ReadKll>,
}

#[derive(Deserialize)]
struct ReadKll {
    kll: Option<ReadKllBody>,
}

#[derive(Deserialize)]
struct ReadKllBody {
    #[serde(default)]
    buckets: Vec<BucketWire>,
    sketch: Option<ReadSketch>,
}

#[derive(Deserialize)]
struct ReadSketch {
    parameters: Option<Parameters>,
    data: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct ReadTextual {
    common: Common,
    distinct_count: Option<f64>,
    distribution: Option<ReadCategorical>,
}

#[derive(Deserialize)]
struct ReadCategorical {
    categorical: Option<ReadCategoricalBody>,
}

#[derive(Deserialize)]
struct ReadCategoricalBody {
    #[serde(default)]
    buckets: Vec<ReadCategory>,
}

#[derive(Deserialize)]
struct ReadCategory {
    value: String,
    #[serde(deserialize_with = "loose::count")]
    count: u64,
}

impl TryFrom<ReadColumn> for ReadFeature {
    type Error = String;

    fn try_from(column: ReadColumn) -> Result<Self, String> {
        let (common, values) = match (column.numerical_statistics, column.string_statistics) {
            (Some(numbers), _) => (numbers.common, numbers.values()?),
            (None, Some(texts)) => (texts.common, texts.values()),
            (None, None) => (column.common.unwrap_or_default(), Values::None),
        };
        Ok(Self(Feature {
            name: column.name,
            inferred_type: column.inferred_type,
            present: common.num_present,
            missing: common.num_missing,
            values,
            types: None,
        }))
    }
}

impl ReadNumerical {
    fn values(self) -> Result<Values, String> {
        let numbers = (self.mean, self.sum, self.std_dev, self.min, self.max);
        let (Some(mean), Some(sum), Some(std_dev), Some(min), Some(max)) = numbers else {
            if self.common.num_present == 0 {
                return Ok(Values::None);
            }
            return Err("has values and lacks one of mean, sum, std_dev, min and max".to_owned());
        };
        let kll = self.distribution.and_then(|it| it.kll);
        let (buckets, sketch) = kll.map_or((Vec::new(), None), |it| (it.buckets, it.sketch));
        let sketch = sketch.map(Levels::try_from).transpose()?.unwrap_or_default();
        let buckets = buckets
            .into_iter()
            .map(|it| Bucket { low: it.lower_bound, high: it.upper_bound, count: it.count })
            .collect();
        Ok(Values::Numbers(Numbers { mean, sum, std_dev, min, max, buckets, sketch }))
    }
}

impl TryFrom<ReadSketch> for Levels {
    type Error = String;

    fn try_from(sketch: ReadSketch) -> Result<Self, String> {
        if MOST_LEVELS < sketch.data.len() {
            return Err(format!("has a sketch of more than {MOST_LEVELS} levels"));
        }
        let Parameters { c, k } = sketch.parameters.unwrap_or(Parameters { c: 0.64, k: 2048.0 });
        Ok(Self { k, c, data: sketch.data })
    }
}

impl ReadTextual {
    fn values(self) -> Values {
        let buckets = self.distribution.and_then(|it| it.categorical).map(|it| it.buckets);
        if self.distinct_count.is_none() && buckets.is_none() {
            return Values::None;
        }
        let categories = buckets.map(|buckets| {
            let mut categories: Vec<Category> = buckets
                .into_iter()
                .map(|it| Category { value: it.value, count: it.count })
                .collect();
            categories.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
            categories
        });
        let kinds = categories.as_ref().map_or(0, Vec::len) as f64;
        Values::Texts(Texts { distinct: self.distinct_count.unwrap_or(kinds), categories })
    }
}

#[cfg(test)]
mod tests;
