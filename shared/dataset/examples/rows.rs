//! Counts the rows and cells of a file: what reading alone costs.

use dataset::{Block, Options, Reader, SetAside, Sink};
use std::io::Read;

#[derive(Default)]
struct Count {
    cells: usize,
    blocks: usize,
    set_aside: usize,
}

impl Sink for Count {
    fn block(&mut self, block: &Block<'_>) {
        self.blocks += 1;
        self.cells += block.columns.iter().map(Vec::len).sum::<usize>();
    }

    fn set_aside(&mut self, _: SetAside, _: &[u8]) {
        self.set_aside += 1;
    }
}

#[expect(clippy::print_stdout, reason = "a program for people")]
fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let options = Options::default();
    let mut reader = match arguments.next().as_deref() {
        Some("csv") => Reader::csv(&options),
        Some("json") => Reader::json_lines(&options),
        _ => Reader::capture(&options),
    };
    let mut file = std::fs::File::open(arguments.next().unwrap_or_default())?;
    let mut count = Count::default();
    loop {
        let read = file.read(reader.space())?;
        if read == 0 {
            break;
        }
        reader.filled(read, &mut count);
    }
    reader.finish(&mut count);
    let (tally, cells, blocks) = (reader.tally(), count.cells, count.blocks);
    println!("{tally:?} cells={cells} blocks={blocks}");
    Ok(())
}
