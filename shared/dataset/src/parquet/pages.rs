use parquet::{
    basic::Encoding,
    column::page::{Page, PageMetadata, PageReader},
    errors::{ParquetError, Result},
};

/// Texts of one page; their lengths are decoded at once.
const MOST_TEXTS: u64 = 1 << 24;

/// Refuses pages that claim more values than they can hold.
///
/// The decoders make room for what a page claims, and memory that is not there
/// ends the process.
pub(super) struct Checked {
    pages: Box<dyn PageReader>,
    /// Whether cells may be missing, so that a page starts with levels.
    optional: bool,
}

impl Checked {
    pub(super) fn new(pages: Box<dyn PageReader>, optional: bool) -> Self {
        Self { pages, optional }
    }

    fn check(&self, page: &Page) -> Result<()> {
        let claimed = page.num_values();
        let fits = match (page.encoding(), page) {
            // A value takes a byte at least.
            (_, Page::DictionaryPage { buf, .. }) => claimed as usize <= buf.len(),
            // Its second count lies behind the first list and cannot be checked.
            (Encoding::DELTA_BYTE_ARRAY, _) => {
                return Err(ParquetError::NYI("delta strings".to_owned()));
            }
            (Encoding::DELTA_LENGTH_BYTE_ARRAY, _) => {
                self.values(page).is_some_and(|it| texts_fit(it, claimed))
            }
            _ => true,
        };
        if fits { Ok(()) } else { Err(ParquetError::General("a page claims too much".to_owned())) }
    }

    /// The values of a data page, behind its levels.
    fn values<'a>(&self, page: &'a Page) -> Option<&'a [u8]> {
        match page {
            Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. } => {
                let levels = def_levels_byte_len.checked_add(*rep_levels_byte_len)?;
                buf.get(levels as usize..)
            }
            _ if self.optional => page.buffer().get(level_bytes(page.buffer())?..),
            _ => Some(page.buffer()),
        }
    }
}

/// Length of the levels before the values of a page of the first version.
fn level_bytes(page: &[u8]) -> Option<usize> {
    let length = u32::from_le_bytes(*page.first_chunk::<4>()?);
    Some(4 + length as usize)
}

fn texts_fit(values: &[u8], claimed: u32) -> bool {
    // Block size, miniblocks, then the count.
    let mut rest = values;
    let mut count = 0;
    for _ in 0..3 {
        let Some((number, after)) = number(rest) else {
            return false;
        };
        (count, rest) = (number, after);
    }
    count <= u64::from(claimed).min(MOST_TEXTS)
}

/// A number in seven bits a byte, least first.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let last = bytes.iter().take(9).position(|it| *it < 0x80)?;
    let (digits, rest) = bytes.split_at(last + 1);
    let number = digits.iter().rev().fold(0, |sum, it| sum << 7 | u64::from(it & 0x7F));
    Some((number, rest))
}

impl Iterator for Checked {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Checked {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        page.iter().try_for_each(|it| self.check(it))?;
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}
