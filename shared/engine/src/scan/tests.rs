use super::{Input, ScanError, ScanOptions, Scanned, Source, Unread, Watch, scan};
use dataset::{Block, CsvOptions, Format, Header, Limits, Options, SetAside, Sink};
use flate2::{Compression, write::GzEncoder};
use std::io::{self, Read, Write};
use summary::Summary;

/// Keeps every row as text, `-` where a cell is missing.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Rows {
    rows: Vec<String>,
    set_aside: usize,
}

impl Sink for Rows {
    fn block(&mut self, block: &Block<'_>) {
        for row in 0..block.rows {
            let cells = block.columns.iter().zip(block.names).filter_map(|(cells, name)| {
                let text = block.text(cells[row]).map(String::from_utf8_lossy)?;
                Some(format!("{name}={text}"))
            });
            self.rows.push(cells.collect::<Vec<_>>().join(" "));
        }
    }

    fn set_aside(&mut self, _: SetAside, _: &[u8]) {
        self.set_aside += 1;
    }
}

impl Summary for Rows {
    fn merge(&mut self, other: &Self) {
        self.rows.extend(other.rows.iter().cloned());
        self.set_aside += other.set_aside;
    }
}

#[derive(Default)]
struct Heard {
    bytes: u64,
    records: Vec<(Unread, Vec<u8>)>,
}

impl Watch for Heard {
    fn progress(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    fn set_aside(&mut self, unread: &Unread, record: &[u8]) {
        self.records.push((unread.clone(), record.to_vec()));
    }
}

/// Gives few bytes at a time, as sockets do.
struct Slow(io::Cursor<Vec<u8>>);

impl Read for Slow {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let count = space.len().min(1009);
        self.0.read(&mut space[..count])
    }
}

fn sources(inputs: &[Vec<u8>]) -> Vec<Source> {
    let named = inputs.iter().enumerate().map(|(i, it)| Source {
        name: format!("f{i}"),
        input: match (i % 3, io::Cursor::new(it.clone())) {
            (0, it) => Input::Stream(Box::new(Slow(it))),
            (1, it) => Input::Seekable(Box::new(it)),
            (_, it) => Input::Later(Box::new(|| Ok(Box::new(it)))),
        },
    });
    named.collect()
}

/// Scans on one thread and on several: rows, counts and what is set aside agree.
#[track_caller]
fn check(inputs: &[Vec<u8>], options: &ScanOptions) -> (Scanned<Rows>, Heard) {
    let mut heard = Heard::default();
    let mut alone = scan(sources(inputs), options, Rows::default, &mut heard).expect("readable");
    assert_eq!(heard.bytes, alone.bytes);
    assert_eq!(alone.tally.rows as usize, alone.summary.rows.len());
    assert_eq!(alone.tally.set_aside as usize, heard.records.len());
    assert_eq!(alone.summary.set_aside, heard.records.len());
    alone.summary.rows.sort();
    for threads in [2, 3] {
        let options = ScanOptions { threads, ..options.clone() };
        let mut again = Heard::default();
        let mut together =
            scan(sources(inputs), &options, Rows::default, &mut again).expect("readable");
        together.summary.rows.sort();
        assert_eq!(together.tally, alone.tally);
        same(&together.summary.rows, &alone.summary.rows);
        assert_eq!(together.summary.set_aside, alone.summary.set_aside);
        assert_eq!(together.bytes, alone.bytes);
        same(&again.records, &heard.records);
        assert_eq!(together.set_aside, alone.set_aside);
    }
    (alone, heard)
}

/// Equality that shows the first difference only.
#[track_caller]
fn same<T: PartialEq + std::fmt::Debug>(left: &[T], right: &[T]) {
    if let Some((i, (left, right))) = left.iter().zip(right).enumerate().find(|it| it.1.0 != it.1.1)
    {
        panic!("at {i}: {left:?} is not {right:?}");
    }
    assert_eq!(left.len(), right.len());
}

fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed), |it| {
        Some(it.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    })
    .map(|it| it >> 33)
}

/// A table with quotes, line ends in cells, ragged rows and blank lines.
fn table(seed: u64, rows: usize) -> Vec<u8> {
    let lines = numbers(seed).take(rows).map(|it| match it % 11 {
        0 => format!("{it},\"x,\n\"\"{it}\n\",\n"),
        1 => format!("{it},5\" pipe,\"\"\n"),
        2 if it % 7 == 0 => "\n1,2\n".to_owned(),
        3 => format!(",\"{}\",z\n", "y\n,".repeat(it as usize % 300)),
        _ => format!("{it},{},{}\r\n", it % 10, it % 100),
    });
    std::iter::once("a,b,c\r\n".to_owned()).chain(lines).collect::<Vec<_>>().concat().into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).expect("memory");
    packed.finish().expect("memory")
}

fn capture(value: u64) -> String {
    format!(
        concat!(
            r#"{{"captureData":{{"endpointInput":{{"data":"{},2\n","encoding":"CSV"}},"#,
            r#""endpointOutput":{{"data":"{{\"p\":0.5}}","encoding":"JSON"}}}},"#,
            r#""eventMetadata":{{"inferenceTime":"2026-03-04T10:20:48Z"}}}}"#,
            "\n"
        ),
        value
    )
}

#[test]
fn rows_do_not_depend_on_threads() {
    let (scanned, _) = check(&[table(1, 60_000)], &ScanOptions::default());
    assert!(50_000 < scanned.tally.rows);
    assert!(100 < scanned.tally.set_aside);
    assert_eq!(scanned.set_aside.len(), 100);
}

#[test]
fn every_source_has_its_own_header() {
    let inputs = [b"a,b\n1,2\n".to_vec(), b"b,c\n3,4\n".to_vec(), Vec::new(), table(2, 9_000)];
    let (scanned, _) = check(&inputs, &ScanOptions::default());
    assert!(scanned.summary.rows.contains(&"b=3 c=4".to_owned()));
}

#[test]
fn sources_of_different_formats_are_told_apart() {
    let json: Vec<_> = (0..30_000).map(|i| format!("{{\"k{}\":{i}}}\n", i % 3)).collect();
    let captures: String = numbers(3).take(4_000).map(capture).collect();
    let inputs = [json.concat().into_bytes(), captures.into_bytes(), table(4, 30_000)];
    let (scanned, _) = check(&inputs, &ScanOptions::default());
    assert_eq!(
        scanned.tally.set_aside,
        table(4, 30_000).windows(6).filter(|it| it == b"\n\n1,2\n").count() as u64
    );
    assert!(scanned.summary.rows.iter().any(|it| it.starts_with("p=0.5 _c0=")));
}

#[test]
fn captures_lay_their_columns_out_once() {
    let only_input = r#"{"captureData":{"endpointInput":{"data":"7,8","encoding":"CSV"}}}"#;
    let mut text = format!("{only_input}\n").repeat(3);
    text += &numbers(5).take(20_000).map(capture).collect::<String>();
    let (scanned, _) = check(&[text.into_bytes()], &ScanOptions::default());
    assert_eq!(scanned.summary.rows.iter().filter(|it| *it == "_c0=7 _c1=8").count(), 3);
    let text = format!("{only_input}\n").repeat(20_000) + &capture(1);
    check(&[text.into_bytes()], &ScanOptions::default());
}

#[test]
fn gzip_is_unpacked_member_by_member() {
    let whole = table(6, 40_000);
    let cut = whole.len() / 3;
    let packed = [gzip(&whole[..cut]), gzip(&[]), gzip(&whole[cut..])].concat();
    let (plain, _) = check(&[whole], &ScanOptions::default());
    let (unpacked, _) = check(&[packed], &ScanOptions::default());
    assert_eq!(plain, unpacked);
}

#[test]
fn cut_off_gzip_counts_as_far_as_it_goes() {
    let whole = table(7, 40_000);
    let packed = gzip(&whole);
    let cut = &packed[..packed.len() - 9];
    let (scanned, heard) = check(&[cut.to_vec(), b"a\n1\n".to_vec()], &ScanOptions::default());
    assert!(25_000 < scanned.tally.rows);
    let (unread, record) =
        heard.records.iter().find(|it| it.0.reason.contains("gzip")).expect("one");
    assert_eq!(unread.reason, "the gzip stream is cut off");
    let start = unread.offset as usize;
    assert_eq!(record[..], whole[start..start + record.len()]);
    let mut damaged = packed.clone();
    damaged[packed.len() / 2] ^= 0xFF;
    let (_, heard) = check(&[damaged, vec![0x1F, 0x8B, 8]], &ScanOptions::default());
    let reasons: Vec<_> =
        heard.records.iter().map(|it| it.0.reason).filter(|it| it.contains("gzip")).collect();
    assert_eq!(reasons, ["the gzip stream is damaged", "the gzip stream is cut off"]);
}

#[test]
fn record_without_end_costs_its_line() {
    let limits = Limits { record: 400_000, ..Limits::default() };
    let reading = Options { limits, ..Options::default() };
    let options = ScanOptions { reading, ..ScanOptions::default() };
    let mut text = b"a,b,c\n1,2,3\n\"open,2,3\n".to_vec();
    text.extend(b"4,5,6\n".repeat(200_000));
    let (scanned, heard) = check(&[text], &options);
    assert_eq!(scanned.tally.rows, 200_001);
    assert_eq!(heard.records[0].1, b"\"open,2,3\n");
    let mut text = b"a,b,c\n1,2,3\n".to_vec();
    text.extend(b"x".repeat(1_500_000));
    text.extend(b"\n4,5,6\n");
    let (scanned, heard) = check(&[text], &options);
    assert_eq!((scanned.tally.rows, heard.records.len()), (2, 1));
    assert_eq!(heard.records[0].0.reason, "the record is longer than the limit");
}

#[test]
fn given_format_is_not_guessed() {
    let csv = CsvOptions { header: Header::Absent, ..CsvOptions::default() };
    let reading = Options { csv, ..Options::default() };
    let options = ScanOptions { format: Some(Format::Csv), reading, ..ScanOptions::default() };
    let (scanned, _) = check(&[b"{\"a\":1}\n".to_vec()], &options);
    assert_eq!(scanned.summary.rows, ["_c0={\"a\":1}"]);
}

#[test]
fn parquet_is_read_beside_text() {
    let sample = include_bytes!("../../../dataset/tests/samples/small.parquet");
    let inputs = [sample.to_vec(), b"n\n9\n".to_vec(), gzip(sample), sample.to_vec()];
    let (scanned, heard) = check(&inputs, &ScanOptions::default());
    if cfg!(feature = "parquet") {
        assert_eq!(scanned.tally.rows, 13);
        assert_eq!(scanned.summary.rows.iter().filter(|it| *it == "n=4 x=1.0 s=a").count(), 3);
    } else {
        let reasons: Vec<_> = heard.records.iter().map(|it| it.0.reason).collect();
        assert_eq!(reasons, ["this build does not read Parquet"; 3]);
    }
}

#[test]
fn failing_source_is_named() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("no such bucket"))
        }
    }
    for threads in [1, 2] {
        let source = Source { name: "s3".into(), input: Input::Stream(Box::new(Broken)) };
        let options = ScanOptions { threads, ..ScanOptions::default() };
        let error = scan([source], &options, Rows::default, &mut ()).expect_err("fails");
        assert_eq!(error.to_string(), "cannot read s3: no such bucket");
        assert!(matches!(error, ScanError::Unreadable { .. }));
    }
}
