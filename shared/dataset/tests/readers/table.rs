//! A sink that keeps everything, to be compared.

use dataset::{Block, Cell, Format, Options, Reader, SetAside, Sink};

/// `None` is a missing cell.
pub(crate) type Row = Vec<Option<Vec<u8>>>;

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) names: Vec<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) set_aside: Vec<(u64, &'static str, Vec<u8>)>,
}

impl Sink for Table {
    fn block(&mut self, block: &Block<'_>) {
        assert_eq!(block.names.len(), block.columns.len());
        assert!(block.columns.iter().all(|it| it.is_empty() || it.len() == block.rows));
        assert!(block.names.starts_with(&self.names), "names only grow");
        self.names = block.names.to_vec();
        for row in 0..block.rows {
            let text = |it: &Vec<Cell>| block.text(*it.get(row)?).map(<[u8]>::to_vec);
            let cells = block.columns.iter().map(text);
            self.rows.push(cells.collect());
        }
    }

    fn set_aside(&mut self, why: SetAside, record: &[u8]) {
        self.set_aside.push((why.offset, why.reason, record.to_vec()));
    }
}

impl Table {
    /// Reads `input` pushed in pieces of `cut` bytes.
    pub(crate) fn read(format: Format, options: &Options, input: &[u8], cut: usize) -> Self {
        let mut table = Self::default();
        let mut reader = match format {
            Format::Csv => Reader::csv(options),
            Format::JsonLines => Reader::json_lines(options),
            Format::Capture => Reader::capture(options),
            Format::Labels => Reader::labels(options),
            Format::Inferences => Reader::inferences(options),
            Format::Parquet => panic!("no reader of bytes"),
        };
        for piece in input.chunks(cut.max(1)) {
            reader.push(piece, &mut table);
        }
        reader.finish(&mut table);
        for row in &mut table.rows {
            row.resize(table.names.len(), None);
        }
        let tally = reader.tally();
        assert_eq!(tally.rows, table.rows.len() as u64);
        assert_eq!(tally.set_aside, table.set_aside.len() as u64);
        table
    }

    /// One line a row: `a|-|«»`, where `-` is a missing cell; then what was set aside.
    pub(crate) fn show(&self) -> String {
        let mut lines = vec![self.names.join("|")];
        for row in &self.rows {
            let cells = row.iter().map(|it| match it {
                None => "-".to_owned(),
                Some(text) if text.is_empty() => "«»".to_owned(),
                Some(text) => String::from_utf8_lossy(text).into_owned(),
            });
            lines.push(cells.collect::<Vec<_>>().join("|"));
        }
        for (offset, reason, record) in &self.set_aside {
            lines.push(format!("{offset} ({}): {reason}", record.len()));
        }
        lines.join("\n")
    }
}
