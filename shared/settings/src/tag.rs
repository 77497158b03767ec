use crate::document::{Scalar, Style, shown};
use crate::field::field;
use crate::kind::Kind;
use crate::layer::{Layer, Placed, meant};
use crate::problem::Mark;

/// The tags of an endpoint that Vigil reads start with this.
pub(crate) const PREFIX: &str = "vigil:";

/// Short names for what is said by tag most often.
const SHORT: [(&str, &str); 6] = [
    ("training-data", "baseline.training_data_s3_uri"),
    ("ground-truth", "model_quality.ground_truth_s3_uri"),
    ("topic", "alerts.topic_arn"),
    ("q", "thresholds.q"),
    ("floor", "thresholds.floor"),
    ("m-of-n", "thresholds.m_of_n"),
];

/// Reads the `vigil:` tags: `vigil:` and the path of a setting, with `-` for `_`.
///
/// `vigil:data-quality` alone switches that monitor. Lists are separated by
/// spaces, since a tag's value cannot hold commas; neither can it hold the
/// brackets of cron, so schedules are written `hourly`, `daily 02:00` or
/// `every 6 hours`. A tag that cannot be followed is left out and named.
pub(crate) fn read_tags(tags: &[(String, String)]) -> (Layer, Vec<String>) {
    let mut layer = Layer::new();
    let mut ignored = Vec::new();
    for (key, text) in tags {
        let Some(name) = key.strip_prefix(PREFIX) else { continue };
        let path = path_of(name);
        let Some(it) = field(&path).filter(|it| it.kind != Kind::Pairs) else {
            let fix = match path.split_once('.') {
                Some((block, name)) => meant(block, name),
                None => meant("", &path),
            };
            ignored.push(format!("tag {}: no such setting; {fix}", shown(key)));
            continue;
        };
        let scalar = Scalar { text: text.clone(), style: Style::Loose };
        match it.kind.read_scalar(&scalar) {
            Ok(value) => {
                layer.insert(&it.path, Placed { value, mark: Mark::default() });
            }
            Err((message, fix)) => ignored.push(format!("tag {}: {message}; {fix}", shown(key))),
        }
    }
    (layer, ignored)
}

fn path_of(name: &str) -> String {
    if let Some((_, path)) = SHORT.iter().find(|(short, _)| *short == name) {
        return (*path).to_owned();
    }
    let path = name.replace('-', "_");
    let switch = format!("{path}.enabled");
    if field(&switch).is_some() { switch } else { path }
}
