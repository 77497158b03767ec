//! Damaged input, a little of it by default and as much as one asks for:
//!
//! `VIGIL_FUZZ_RUNS=1000000 cargo test --release -p dataset --all-features --test fuzz_short`
//!
//! `VIGIL_FUZZ_SEED` starts elsewhere. The libFuzzer targets in `tests/fuzz`
//! check the same.

mod check;
mod damage;

use base64::{Engine, engine::general_purpose::STANDARD};
use damage::{LONGEST, check};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;
#[cfg(feature = "parquet")]
use std::panic;

#[test]
fn csv_reader_takes_any_bytes() {
    let corpus = [
        "a,b,c\n1,2,3\n4,,\"x\"\n",
        "\u{feff}a;\"b\"\r\n\"say \"\"hi\"\"\",\"1\n2\"\r\n\r\n5\" pipe,2\r\n",
        "x\ty\n1\t2\n",
        "1,2\n\"open,3\n4,5\n",
        "a,a,,a_2\n-1.5e3,true,\u{e9},NaN\n",
    ];
    let mut corpus: Vec<Vec<u8>> = corpus.map(|it| it.as_bytes().to_vec()).to_vec();
    corpus.push("12.5,abc,,x\n".repeat(60).into_bytes());
    corpus.push(("n,".repeat(400) + "\n" + &"1,".repeat(400)).into_bytes());
    check("csv", &corpus, check::csv);
}

#[test]
fn json_reader_takes_any_bytes() {
    let corpus = [
        "{\"a\":1,\"b\":\"x\"}\n{\"b\":null,\"a\":-2.5e-3,\"c\":true}\n",
        "{\"a\":{\"b\":[1,\"\\u00e9\\ud83d\\ude00\",{\"c\":[]}]}}\r\n\n{}\n",
        "[1]\n{\"a\":\"\\n\\\\\\\"\"}{\n{\"a.b\":1,\"a\":{\"b\":2}}",
        "{\"k\\u0065y\":false,\"key\":0}\n",
    ];
    let mut corpus: Vec<Vec<u8>> = corpus.map(|it| it.as_bytes().to_vec()).to_vec();
    corpus.push("{\"a\":".repeat(130).into_bytes());
    corpus.push(
        "{\"name\":\"some longer text that spans stretches of bytes\",\"n\":12}\n"
            .repeat(20)
            .into_bytes(),
    );
    check("json lines", &corpus, check::json_lines);
}

#[test]
fn capture_reader_takes_any_bytes() {
    let side = |data: &str, encoding: &str, media: &str| {
        let data = serde_json::Value::from(data);
        format!(
            "{{\"observedContentType\":\"{media}\",\"mode\":\"INPUT\",\"data\":{data},\"encoding\":\"{encoding}\"}}"
        )
    };
    let record = |input: &str, output: &str, more: &str| {
        format!(
            "{{\"captureData\":{{\"endpointInput\":{input},\"endpointOutput\":{output}}},\"eventMetadata\":{{\"eventId\":\"e\"{more},\"inferenceTime\":\"2026-03-04T10:20:48Z\"}},\"eventVersion\":\"0\"}}\n"
        )
    };
    let csv = side("41,0,129.5,3\n", "CSV", "text/csv");
    let score = side("0.8231", "CSV", "text/csv; charset=utf-8");
    let rows = side("1,\"a\nb\",3\n4,5,6\n", "CSV", "text/csv");
    let object = side("{\"x\":1,\"y\":{\"z\":\"\\u00e9\"}}", "JSON", "application/json");
    let instances = side(
        "{\"instances\":[{\"features\":[1,2]},{\"features\":[3,4]}]}",
        "JSON",
        "application/json",
    );
    let list = side("[0.1,0.9]", "JSON", "application/json");
    let packed = side(&STANDARD.encode("{\"p\":[1,\"q\"]}"), "BASE64", "text/html; charset=utf-8");
    let shadow = ",\"invocationSource\":\"ShadowExperiment\"";
    let corpus = [
        record(&csv, &score, ""),
        record(&rows, &list, "") + &record(&csv, &score, shadow),
        record(&object, &score, "") + &record(&object, &packed, ""),
        record(&instances, &list, ""),
        record("null", &score, ",\"customAttributes\":[\"a\\\"\"]") + &record(&csv, &score, ""),
        record(&packed, &object, ""),
    ];
    let label = "{\"groundTruthData\":{\"data\":\"1\",\"encoding\":\"CSV\"},";
    let merged =
        corpus.clone().map(|it| it.replace("{\"captureData\"", &format!("{label}\"captureData\"")));
    let corpus = [corpus.map(String::into_bytes), merged.map(String::into_bytes)].concat();
    check("capture", &corpus, check::capture);
    check("inferences", &corpus, check::inferences);
}

#[test]
fn label_reader_takes_any_bytes() {
    let corpus = [
        "{\"groundTruthData\":{\"data\":\"1\",\"encoding\":\"CSV\"},\"eventMetadata\":{\"eventId\":\"order-1\"},\"eventVersion\":\"0\"}\n",
        "{\"id\":\"a\\u0041\",\"label\":[0,{\"x\":null}],\"eventTime\":\"2026-03-04T10:20:48.5Z\"}\n",
        "{\"label\":\"\\\"\",\"inference_id\":12,\"label_time\":1.7e9}\r\n\n{\"id\":7,\"label\":true}",
    ];
    let corpus: Vec<Vec<u8>> = corpus.map(|it| it.repeat(3).into_bytes()).to_vec();
    check("labels", &corpus, check::labels);
}

#[test]
fn gzip_reader_takes_any_bytes() {
    let packed = |text: &[u8]| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(text).expect("memory");
        packed.finish().expect("memory")
    };
    let bomb = packed(&vec![b'a'; 4 << 20]);
    let members = [packed(b"a,b\n"), packed(b""), packed(b"1,2\n")].concat();
    check("gzip", &[packed(b"{\"a\":1}\n"), members, bomb[..LONGEST].to_vec()], check::gzip);
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_reader_takes_any_bytes() {
    quieten("parquet");
    let sample = include_bytes!("../samples/types.parquet").to_vec();
    let small = include_bytes!("../samples/small.parquet").to_vec();
    let delta = include_bytes!("../samples/delta-1.parquet").to_vec();
    let again = include_bytes!("../samples/delta-2.parquet").to_vec();
    check("parquet", &[small, sample, delta, again], check::parquet);
}

/// Panics that are caught inside of a crate are not worth a line each.
#[cfg(feature = "parquet")]
fn quieten(inside: &'static str) {
    let loud = panic::take_hook();
    panic::set_hook(Box::new(move |why| {
        let theirs = why.location().is_some_and(|it| !it.file().contains("dataset"));
        if !theirs || !why.location().is_some_and(|it| it.file().contains(inside)) {
            loud(why);
        }
    }));
}
