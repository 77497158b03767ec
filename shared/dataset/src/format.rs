/// How a table is written, once it is unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    /// One JSON object a line.
    JsonLines,
    Capture,
    Parquet,
    /// Labels as JSON, one record a line.
    Labels,
    /// Captured inferences as whole lines, to be joined.
    Inferences,
}

/// Whether `head` starts a gzip file.
pub fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&[0x1F, 0x8B])
}

/// Tells a format by the first bytes of its content.
///
/// A captured inference is told by its member `captureData`, so `head` should
/// hold a whole record; a few kilobytes do. What is nothing else is CSV.
/// gzip comes first: see [`is_gzip`].
pub fn sniff(head: &[u8]) -> Format {
    if head.starts_with(b"PAR1") {
        return Format::Parquet;
    }
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    if let Some(list) = text.strip_prefix(b"[")
        && list.trim_ascii_start().starts_with(b"{")
    {
        // A list of objects is no JSON Lines either, but its reader says so.
        return Format::JsonLines;
    }
    if !text.starts_with(b"{") {
        return Format::Csv;
    }
    if memchr::memmem::find(text, b"\"captureData\"").is_some() {
        return Format::Capture;
    }
    Format::JsonLines
}

/// Tells how labels are written, as [`sniff`] does.
pub fn sniff_labels(head: &[u8]) -> Format {
    match sniff(head) {
        Format::Csv | Format::Labels | Format::Inferences => Format::Csv,
        Format::JsonLines | Format::Capture => Format::Labels,
        Format::Parquet => Format::Parquet,
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, is_gzip, sniff};

    #[track_caller]
    fn check(head: &[u8], expect: Format) {
        assert_eq!(sniff(head), expect);
    }

    #[test]
    fn content_tells_the_format() {
        check(b"", Format::Csv);
        check(b"a,b\n1,2\n", Format::Csv);
        check(b"[\n {\"a\":1}]", Format::JsonLines);
        check(b"[x],1\n", Format::Csv);
        check(b"PAR1\x15\x04", Format::Parquet);
        check(b"{\"a\":1}\n", Format::JsonLines);
        check(b"\xEF\xBB\xBF\r\n {\"a\":1}", Format::JsonLines);
        check(b"{\"eventVersion\":\"0\",\"captureData\":{}}", Format::Capture);
        assert!(is_gzip(&[0x1F, 0x8B, 8]));
        assert!(!is_gzip(b"\x1F"));
    }
}
