//! `vigil match`: holds event patterns against events.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use local::pattern::{verdict, verdict_of_line};

use crate::args::Match;
use crate::folder::read;
use crate::screen::Screen;
use crate::{Failure, Outcome};

pub(crate) fn run(args: &Match, screen: &mut Screen) -> Result<Outcome, Failure> {
    if let Some(lines) = &args.lines {
        return every_line(lines, screen);
    }
    let (Some(pattern), Some(event)) = (&args.pattern, &args.event) else {
        return Err(Failure::new("match wants PATTERN.json and EVENT.json, or --lines FILE"));
    };
    screen.line(verdict(&text(pattern)?, &text(event)?));
    Ok(Outcome::Fine)
}

fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path)?)
        .map_err(|_| Failure::at(path, "is not UTF-8 text; save it as UTF-8"))
}

fn every_line(path: &Path, screen: &mut Screen) -> Result<Outcome, Failure> {
    let file =
        File::open(path).map_err(|why| Failure::at(path, format!("cannot be read: {why}")))?;
    for (line, number) in BufReader::new(file).split(b'\n').zip(1_u64..) {
        let line = line.map_err(|why| Failure::at(path, format!("line {number}: {why}")))?;
        match String::from_utf8(line) {
            Ok(line) => screen.line(verdict_of_line(&line)),
            Err(_) => screen.line("invalid: line: is not UTF-8 text"),
        }
    }
    Ok(Outcome::Fine)
}
