//! `limits csv-count FILE` reads a CSV with the csv crate and counts; `limits capture-typed FILE` parses each captured
//! record into borrowed fields with sonic-rs and counts. Neither keeps anything.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader};

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow)]
    capture_data: Sides<'a>,
    #[serde(borrow)]
    event_metadata: Event<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sides<'a> {
    #[serde(borrow)]
    endpoint_input: Payload<'a>,
    #[serde(borrow)]
    endpoint_output: Payload<'a>,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    data: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow)]
    event_id: Cow<'a, str>,
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (mode, path) = (args[1].as_str(), args[2].as_str());
    let mut bytes = 0;
    let rows = match mode {
        "csv-count" => {
            let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 20).from_path(path).expect("a CSV file");
            let mut record = csv::ByteRecord::new();
            let mut rows = 0_u64;
            while reader.read_byte_record(&mut record).expect("a readable record") {
                bytes += record.as_slice().len();
                rows += 1;
            }
            rows
        }
        "capture-typed" => {
            let mut reader = BufReader::with_capacity(1 << 20, File::open(path).expect("a capture file"));
            let mut line = Vec::new();
            let mut rows = 0_u64;
            while 0 < reader.read_until(b'\n', &mut line).expect("a readable line") {
                let record: Record = sonic_rs::from_slice(&line).expect("a captured record");
                bytes += record.capture_data.endpoint_input.data.len();
                bytes += record.capture_data.endpoint_output.data.len() + record.event_metadata.event_id.len();
                rows += 1;
                line.clear();
            }
            rows
        }
        _ => panic!("limits csv-count|capture-typed FILE"),
    };
    println!("{mode} rows={rows} bytes={bytes}");
}
