use crate::{
    json::{
        Fault, Walk,
        flatten::{Entry, Flatten},
        names::Names,
    },
    line_records::{Kept, LineRecord},
    options::Limits,
    rows::Rows,
};

/// Reads one JSON object; see [`Flatten`] for the columns.
#[derive(Debug, Clone)]
pub(crate) struct JsonRecord {
    depth: usize,
    names: Names,
    entries: Vec<Entry>,
    path: Vec<u8>,
}

const NOT_OBJECT: Fault = "the line is not a JSON object";

impl JsonRecord {
    pub(crate) fn new(limits: Limits) -> Self {
        let names = Names::new(["", ""], limits.columns);
        Self { depth: limits.depth, names, entries: Vec::new(), path: Vec::new() }
    }

    /// Notes the cells of a record.
    fn cells(&mut self, bytes: &[u8], start: usize) -> Result<(), Fault> {
        let mut walk = Walk::new(bytes, start, self.depth);
        if walk.next_token()? != b'{' {
            return Err(NOT_OBJECT);
        }
        self.entries.clear();
        self.path.clear();
        let mut flatten = Flatten {
            names: &mut self.names,
            side: 0,
            path: &mut self.path,
            row: 0,
            next: 0,
            entries: &mut self.entries,
        };
        flatten.object(&mut walk)?;
        walk.done()
    }
}

impl LineRecord for JsonRecord {
    fn names(&self) -> &[String] {
        &self.names.list
    }

    fn record(&mut self, bytes: &mut [u8], start: usize, rows: &mut Rows) -> Result<Kept, Fault> {
        let known = self.names.mark();
        self.cells(bytes, start).inspect_err(|_| self.names.forget(known))?;
        let row = rows.add(self.names.list.len());
        for entry in &self.entries {
            row[entry.column as usize] = entry.settle(bytes);
        }
        Ok(Kept::Rows)
    }
}
