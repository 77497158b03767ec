//! CSV (RFC 4180) into cells that share one text.

/// All cells of a table, row by row.
#[derive(Debug, Clone, Default)]
pub(super) struct Cells {
    width: usize,
    text: String,
    ends: Vec<u32>,
}

/// A table as it stands in the file.
#[derive(Debug)]
pub(super) struct Records {
    pub(super) names: Vec<String>,
    pub(super) cells: Cells,
    pub(super) set_aside: usize,
}

impl Cells {
    pub(super) fn rows(&self) -> usize {
        self.ends.len() / self.width.max(1)
    }

    pub(super) fn get(&self, row: usize, column: usize) -> &str {
        let at = row * self.width + column;
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.text[start..self.ends[at] as usize]
    }

    fn push(&mut self, record: &[String]) {
        for cell in record {
            self.text.push_str(cell);
            self.ends.push(self.text.len() as u32);
        }
    }
}

/// Reads records; the last one is dropped where the text was cut.
///
/// `None` where there is no record at all.
pub(super) fn read(bytes: &[u8], cut: bool) -> Option<Records> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = Reader { bytes, at: 0 };
    let (mut record, mut first) = (Vec::new(), Vec::new());
    let (mut cells, mut set_aside) = (Cells::default(), 0);
    while let Some(whole) = reader.next(&mut record) {
        if cut && reader.at >= bytes.len() {
            break;
        }
        if !whole {
            set_aside += 1;
        } else if first.is_empty() {
            first.clone_from(&record);
            cells.width = record.len();
        } else if record.len() == cells.width {
            cells.push(&record);
        } else {
            set_aside += 1;
        }
    }
    if first.is_empty() {
        return None;
    }
    let numbers = first.iter().any(|cell| super::number(cell).is_some());
    if !numbers {
        return Some(Records { names: first, cells, set_aside });
    }
    let names = (0..first.len()).map(|at| format!("c{at}")).collect();
    let mut with_first = Cells { width: cells.width, ..Cells::default() };
    with_first.push(&first);
    let shift = with_first.text.len() as u32;
    with_first.text.push_str(&cells.text);
    with_first.ends.extend(cells.ends.iter().map(|end| end + shift));
    Some(Records { names, cells: with_first, set_aside })
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// Reads the next record that is not an empty line; says whether it is UTF-8, or `None` at the end.
    fn next(&mut self, record: &mut Vec<String>) -> Option<bool> {
        while matches!(self.bytes.get(self.at), Some(b'\n' | b'\r')) {
            self.at += 1;
        }
        self.bytes.get(self.at)?;
        record.clear();
        let mut whole = true;
        loop {
            let (cell, more) = self.cell();
            match String::from_utf8(cell) {
                Ok(cell) => record.push(cell),
                Err(_) => whole = false,
            }
            if !more {
                return Some(whole);
            }
        }
    }

    /// Reads a cell; says whether the record goes on.
    fn cell(&mut self) -> (Vec<u8>, bool) {
        let mut cell = Vec::new();
        let mut quoted = self.bytes.get(self.at) == Some(&b'"');
        self.at += usize::from(quoted);
        while let Some(byte) = self.bytes.get(self.at).copied() {
            self.at += 1;
            match byte {
                b'"' if quoted && self.bytes.get(self.at) == Some(&b'"') => {
                    self.at += 1;
                    cell.push(b'"');
                }
                b'"' if quoted => quoted = false,
                b',' if !quoted => return (cell, true),
                b'\n' if !quoted => break,
                b'\r' if !quoted && matches!(self.bytes.get(self.at), Some(b'\n') | None) => {}
                _ => cell.push(byte),
            }
        }
        (cell, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, names: &str, expect: &[&[&str]], set_aside: usize) {
        let records = read(text.as_bytes(), false).unwrap();
        let cells = &records.cells;
        let rows: Vec<Vec<&str>> = (0..cells.rows())
            .map(|row| (0..cells.width).map(|column| cells.get(row, column)).collect())
            .collect();
        assert_eq!(
            (records.names.join("|").as_str(), rows),
            (names, expect.iter().map(|row| row.to_vec()).collect())
        );
        assert_eq!(records.set_aside, set_aside);
    }

    #[test]
    fn tables_are_read_as_rfc_4180_says() {
        check("a,b\n1,2\r\n3,\n", "a|b", &[&["1", "2"], &["3", ""]], 0);
        check("\u{feff}a,b\r\n\"x,\"\"y\"\"\nz\",2", "a|b", &[&["x,\"y\"\nz", "2"]], 0);
        check("1,x\n2,y\n", "c0|c1", &[&["1", "x"], &["2", "y"]], 0);
        check("a,b\n1\n1,2,3\n\n1,2\n", "a|b", &[&["1", "2"]], 2);
    }

    #[test]
    fn cut_table_loses_its_last_row_only() {
        let records = read(b"a,b\n1,2\n3,4\n5,", true).unwrap();
        assert_eq!((records.cells.rows(), records.set_aside), (2, 0));
        assert!(read(b"\n\r\n", false).is_none());
    }
}
