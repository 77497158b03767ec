use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use dataset::{Block, Options, Reader, SetAside, Sink};
use proptest::prelude::*;

use super::*;

/// A label of a hand-written history: id, what it says, and when.
type Said = (u8, u8, Option<i64>);
/// An inference: its event, the id that its caller gave, and its second.
type Made = (u8, Option<u8>, i64);

fn line(made: &Made) -> String {
    let (event, named, second) = made;
    let id = named.map_or(String::new(), |it| format!(r#""inferenceId":"id-{it}","#));
    let time =
        format!("1970-01-01T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60);
    format!(
        r#"{{"captureData":{{"endpointInput":{{"data":"1,2","encoding":"CSV"}}}},"eventMetadata":{{"eventId":"id-{event}",{id}"inferenceTime":"{time}"}}}}"#
    )
}

/// Runs the lines through the reader that a user's captures go through.
struct Joining<'a>(&'a mut Merge, Vec<u8>);

impl Sink for Joining<'_> {
    fn block(&mut self, block: &Block<'_>) {
        for inference in Inference::all(block) {
            self.0.add(&inference, &mut self.1);
        }
    }

    fn set_aside(&mut self, why: SetAside, _: &[u8]) {
        panic!("{}", why.reason);
    }
}

fn joined(labels: &[Said], inferences: &[Made]) -> (Merge, String) {
    let mut packed = Labels::default();
    for (id, says, time) in labels {
        let id = format!("id-{id}");
        let truth = Truth::Text(&[b'a' + says]);
        packed.add(&Label { id: id.as_bytes(), truth, time: *time });
    }
    let mut merge = Merge::new(packed);
    let mut joining = Joining(&mut merge, Vec::new());
    let mut reader = Reader::inferences(&Options::default());
    for made in inferences {
        reader.push((line(made) + "\n").as_bytes(), &mut joining);
    }
    reader.finish(&mut joining);
    let out = String::from_utf8(joining.1).unwrap();
    (merge, out)
}

/// The join as its description says, by looking at everything again and again.
fn brute(labels: &[Said], inferences: &[Made]) -> (Vec<String>, [u64; 6]) {
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    let (mut merged, mut repeated, mut unlabelled) = (0, 0, 0);
    let mut met = BTreeSet::new();
    for made in inferences {
        let id = made.1.unwrap_or(made.0);
        // An event is told from others within its id: callers cannot give it.
        if !seen.insert((id, made.0)) {
            repeated += 1;
            continue;
        }
        let best = labels.iter().enumerate().filter(|it| it.1.0 == id);
        let Some((_, (_, says, _))) = best.max_by_key(|(i, it)| (it.2, *i)) else {
            unlabelled += 1;
            continue;
        };
        merged += 1;
        met.insert(id);
        let says = char::from(b'a' + says);
        let rest = &line(made)[1..];
        lines.push(format!(r#"{{"groundTruthData":{{"data":"{says}","encoding":"CSV"}},{rest}"#));
    }
    let (mut duplicates, mut conflicts) = (0, 0);
    let mut best: BTreeMap<u8, &Said> = BTreeMap::new();
    for said in labels {
        if let Some(before) = best.get(&said.0) {
            *(if before.1 == said.1 { &mut duplicates } else { &mut conflicts }) += 1;
            if said.2 < before.2 {
                continue;
            }
        }
        best.insert(said.0, said);
    }
    let orphans = best.keys().filter(|it| !met.contains(it)).count() as u64;
    (lines, [merged, repeated, unlabelled, duplicates, conflicts, orphans])
}

fn said() -> impl Strategy<Value = Said> {
    (0..20u8, 0..3u8, prop::option::of(0..5i64))
}

fn made() -> impl Strategy<Value = Made> {
    (0..20u8, prop::option::of(0..20u8), 0..80_000i64)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn join_is_that_of_brute_force(
        labels in prop::collection::vec(said(), 0..40),
        mut inferences in prop::collection::vec(made(), 0..40),
    ) {
        // One event has one id and one time, however often it is written.
        let mut first = BTreeMap::new();
        for made in &mut inferences {
            *made = *first.entry(made.0).or_insert(*made);
        }
        let (merge, out) = joined(&labels, &inferences);
        let (lines, counts) = brute(&labels, &inferences);
        prop_assert_eq!(out.lines().collect::<Vec<_>>(), lines);
        let it = merge.statistics();
        let unlabelled = it.inferences - it.merged;
        prop_assert_eq!([it.merged, it.repeated, unlabelled, it.duplicates, it.conflicts, it.orphans], counts);
        let mut orphans = 0;
        merge.orphans(&mut |_| orphans += 1);
        prop_assert_eq!(orphans, it.orphans);
        let hours = it.hours.values().fold((0, 0), |sum, it| (sum.0 + it.inferences, sum.1 + it.merged));
        prop_assert_eq!(hours, (it.inferences, it.merged));
    }

    #[test]
    fn packed_labels_come_back_byte_for_byte(
        ids in prop::collection::vec("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[a-z0-9-]{1,200}|\\PC{1,9}", 1..20),
        text in "\\PC{0,9}|[,\"\\\\\n]{0,4}",
        raw in any::<bool>(),
    ) {
        let record = format!(r#"{{"encoding":"CSV","data":{text:?}}}"#);
        let truth = if raw { Truth::Record(record.as_bytes()) } else { Truth::Text(text.as_bytes()) };
        let mut expect = Vec::new();
        truth.write(&mut expect);
        let mut labels = Labels::default();
        for (i, id) in ids.iter().enumerate() {
            labels.add(&Label { id: id.as_bytes(), truth, time: (i % 2 == 0).then_some(i as i64) });
        }
        let index = LabelIndex::new(labels);
        let different: BTreeSet<&String> = ids.iter().collect();
        prop_assert_eq!(index.len(), different.len());
        for id in different {
            let place = index.find(id.as_bytes());
            prop_assert!(place.is_some());
            let mut out = Vec::new();
            index.write(place.unwrap(), &mut out);
            prop_assert_eq!(&out, &expect);
        }
        let all = ids.iter().map(String::as_bytes).chain([&b"nobody"[..]]).map(Cow::Borrowed);
        let mut found = Vec::new();
        index.find_all(all.clone().cycle().take(200), &mut found);
        prop_assert_eq!(found, all.cycle().take(200).map(|it| index.find(&it)).collect::<Vec<_>>());
        let claims = Claims::new(&index, 0);
        let mut found = Vec::new();
        index.orphans(&claims, &mut |it| found.push(String::from_utf8(it.id()).unwrap()));
        prop_assert!(found.iter().all(|it| ids.contains(it)));
        prop_assert_eq!(found.len(), index.len());
    }
}

#[test]
fn delays_are_counted_by_bucket() {
    let second = 1_000_000;
    let labels = [
        (1, 0, Some(60 * second)),
        (2, 0, Some(61 * second)),
        (3, 0, None),
        (4, 0, Some(-1)),
        (5, 0, Some(i64::MAX)),
    ];
    let inferences: Vec<Made> = (1..6).map(|it| (it, None, 0)).collect();
    let it = joined(&labels, &inferences).0.statistics();
    let mut delays = [0; DELAYS.len() + 1];
    (delays[0], delays[1], delays[DELAYS.len()]) = (1, 1, 1);
    assert_eq!((it.delays, it.early), (delays, 1));
}

#[test]
fn one_label_serves_every_use_of_its_id() {
    // Notebooks of AWS's count ids from 0 in every pass.
    let (merge, out) =
        joined(&[(7, 1, None)], &[(1, Some(7), 0), (2, Some(7), 3600), (1, Some(7), 0)]);
    assert_eq!(out.lines().count(), 2);
    let it = merge.statistics();
    assert_eq!((it.merged, it.repeated, it.hours.len()), (2, 1, 2));
}
