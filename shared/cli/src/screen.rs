//! What people see: tables on stdout, progress and failures on stderr.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Table};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use owo_colors::{OwoColorize, Stream};

use crate::Failure;

/// The terminal, or whatever stands in its place.
#[derive(Debug)]
pub(crate) struct Screen {
    out: io::Stdout,
    silent: bool,
}

impl Screen {
    pub(crate) fn of_the_process() -> Self {
        Self { out: io::stdout(), silent: false }
    }

    /// A screen that nobody looks at.
    pub(crate) fn silent() -> Self {
        Self { out: io::stdout(), silent: true }
    }

    /// Writes a line; a reader that went away is not an error.
    pub(crate) fn line(&mut self, text: impl Display) {
        if !self.silent {
            let _gone = writeln!(self.out.lock(), "{text}");
        }
    }

    /// Writes a line on stderr, where it does not mix with results.
    pub(crate) fn note(&mut self, text: impl Display) {
        if !self.silent {
            let _gone = writeln!(io::stderr().lock(), "{text}");
        }
    }

    pub(crate) fn failure(&mut self, failure: &Failure) {
        let word = "error:"
            .if_supports_color(Stream::Stderr, |it| it.red().bold().to_string())
            .to_string();
        self.note(format!("{word} {failure}"));
    }

    /// Writes a table; numbers go to the right.
    pub(crate) fn table(&mut self, head: &[&str], right: &[usize], rows: &[Vec<String>]) {
        let mut table = Table::new();
        table.load_style(NOTHING);
        table.set_header(head.iter().map(|it| Cell::new(faint(it))));
        for row in rows {
            table.add_row(row);
        }
        for column in right {
            if let Some(column) = table.column_mut(*column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        self.line(table.trim_fmt());
    }

    /// Shows how far reading has come, for inputs above 100 MB on a terminal;
    /// elsewhere a line on stderr every tenth of the way.
    pub(crate) fn progress(&self, bytes: u64) -> Progress {
        if self.silent || bytes < 100_000_000 {
            return Progress { bar: None, total: bytes, seen: 0, said: 0 };
        }
        let bar = io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template(
                "{wide_bar} {bytes}/{total_bytes}  {bytes_per_sec}  {eta}",
            );
            let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Progress { bar, total: bytes, seen: 0, said: 0 }
    }
}

/// How far reading has come.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    total: u64,
    seen: u64,
    said: u64,
}

impl Progress {
    pub(crate) fn advance(&mut self, bytes: u64) {
        self.seen += bytes;
        if let Some(bar) = &self.bar {
            bar.set_position(self.seen.min(self.total));
        } else if 100_000_000 <= self.total {
            let tenths = self.seen * 10 / self.total;
            if self.said < tenths && tenths < 10 {
                self.said = tenths;
                let _gone = writeln!(
                    io::stderr().lock(),
                    "read {} % of {} MB",
                    tenths * 10,
                    self.total / 1_000_000
                );
            }
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

pub(crate) fn faint(text: &str) -> String {
    text.if_supports_color(Stream::Stdout, |it| it.dimmed().to_string()).to_string()
}

pub(crate) fn good(text: &str) -> String {
    text.if_supports_color(Stream::Stdout, |it| it.green().to_string()).to_string()
}

pub(crate) fn bad(text: &str) -> String {
    text.if_supports_color(Stream::Stdout, |it| it.red().bold().to_string()).to_string()
}

/// Text for a terminal: no control characters, at most `most` characters.
pub(crate) fn printable(text: &str, most: usize) -> String {
    let clean: String =
        text.chars().map(|it| if it.is_control() { '\u{fffd}' } else { it }).collect();
    if clean.chars().count() <= most {
        return clean;
    }
    clean.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// A count with thin groups: `1 234 567`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if 0 < at && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
