//! Bodies in chunks, as S3's clients sign them: `aws-chunked`, with trailers.
//!
//! S3 API reference, "Signature calculations for the authorization header: transferring payload in multiple chunks" and
//! its page on trailing headers.

use bytes::Bytes;
use http::request::Parts;

use crate::wire::fault::Fault;

/// A body as it was before it was cut into chunks, and the headers that came after it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) body: Bytes,
    pub(super) trailers: Vec<(String, String)>,
}

/// Returns the body of a request.
pub(super) fn whole(parts: &Parts, body: &Bytes) -> Result<Whole, Fault> {
    let header = |name: &str| parts.headers.get(name).and_then(|it| it.to_str().ok());
    let streams = header("x-amz-content-sha256").is_some_and(|it| it.starts_with("STREAMING-"));
    let encoded = header("content-encoding").is_some_and(|it| it.contains("aws-chunked"));
    if !streams && !encoded {
        return Ok(Whole { body: body.clone(), trailers: Vec::new() });
    }
    let whole = decode(body).ok_or_else(|| incomplete("the chunks do not add up"))?;
    let expected = header("x-amz-decoded-content-length").and_then(|it| it.parse::<usize>().ok());
    match expected {
        Some(length) if length != whole.body.len() => {
            Err(incomplete("the body has another length than x-amz-decoded-content-length"))
        }
        _ => Ok(whole),
    }
}

fn incomplete(message: &str) -> Fault {
    Fault::new(400, "IncompleteBody", message)
}

fn decode(body: &Bytes) -> Option<Whole> {
    let mut chunks: Vec<Bytes> = Vec::new();
    let mut at = 0;
    loop {
        let line = line(body, &mut at)?;
        let size = line.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            break;
        }
        let end = at.checked_add(size).filter(|end| *end <= body.len())?;
        chunks.push(body.slice(at..end));
        at = end;
        if !body[at..].starts_with(b"\r\n") {
            return None;
        }
        at += 2;
    }
    let mut trailers = Vec::new();
    while at < body.len() {
        let line = line(body, &mut at)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    let body = match <[Bytes; 1]>::try_from(chunks) {
        // One chunk is shared, not copied.
        Ok([only]) => only,
        Err(chunks) => chunks.concat().into(),
    };
    Some(Whole { body, trailers })
}

/// Returns the text up to the next line end, which may be missing at the end of the body.
fn line<'a>(body: &'a Bytes, at: &mut usize) -> Option<&'a str> {
    let rest = &body[*at..];
    let end = rest.windows(2).position(|pair| pair == b"\r\n");
    let (text, next) = end.map_or((rest, body.len()), |end| (&rest[..end], *at + end + 2));
    *at = next;
    str::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Option<(&str, &[(&str, &str)])>) {
        let got = decode(&Bytes::copy_from_slice(text.as_bytes()));
        let expect = expect.map(|(body, trailers)| Whole {
            body: Bytes::copy_from_slice(body.as_bytes()),
            trailers: trailers.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
        });
        assert_eq!(got, expect, "{text:?}");
    }

    #[test]
    fn signed_chunks_join_to_the_body() {
        // The chunks of the S3 API reference's example, of 64 KiB and 1 KiB.
        let body = "a".repeat(66_560);
        let text = format!(
            "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n{}\r\n\
             400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n{}\r\n\
             0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n",
            &body[..65_536],
            &body[65_536..]
        );
        check(&text, Some((&body, &[])));
    }

    #[test]
    fn trailers_follow_the_last_chunk() {
        let crc = [("x-amz-checksum-crc32", "y/Q5Jg==")];
        check(
            "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n",
            Some(("123456789", &crc)),
        );
        check("0\r\n\r\n", Some(("", &[])));
        check("0\r\n", Some(("", &[])));
    }

    #[test]
    fn broken_chunks_are_refused() {
        for text in [
            "",
            "zz\r\n",
            "5\r\nabc\r\n",
            "3\r\nabcd\r\n0\r\n\r\n",
            "3\r\nabc\r\n",
            "ffffffffffffffff\r\na",
        ] {
            check(text, None);
        }
    }
}
