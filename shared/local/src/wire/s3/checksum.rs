//! Checksums that come with a body: verified where the algorithm is known here, kept and repeated either way.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::request::Parts;
use md5::{Digest, Md5};
use sha2::Sha256;

use super::chunked::Whole;
use crate::wire::fault::Fault;

/// The headers of checksums, of which a request has one at most.
const HEADERS: [&str; 5] = [
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
];

/// Verifies what a request says about its body, and returns the checksum to keep: header and value.
///
/// MD5, CRC-32 and SHA-256 are computed; the others are believed.
pub(super) fn verified(parts: &Parts, whole: &Whole) -> Result<Option<(String, String)>, Fault> {
    let header = |name: &str| parts.headers.get(name).and_then(|it| it.to_str().ok());
    let wrong = |name: &str| {
        Err(Fault::new(
            400,
            "BadDigest",
            format!("the {name} of the body is another than the one given"),
        ))
    };
    let encoded = |digest: &[u8]| BASE64_STANDARD.encode(digest);
    if header("content-md5").is_some_and(|given| given != encoded(&Md5::digest(&whole.body))) {
        return wrong("Content-MD5");
    }
    let trailer =
        |name: &str| whole.trailers.iter().find(|it| it.0 == name).map(|it| it.1.as_str());
    let found =
        HEADERS.iter().find_map(|name| Some((*name, header(name).or_else(|| trailer(name))?)));
    let Some((name, given)) = found else { return Ok(None) };
    let computed = match name {
        "x-amz-checksum-crc32" => Some(encoded(&crc32fast::hash(&whole.body).to_be_bytes())),
        "x-amz-checksum-sha256" => Some(encoded(&Sha256::digest(&whole.body))),
        _ => None,
    };
    if computed.is_some_and(|it| it != given) {
        return wrong(name);
    }
    Ok(Some((name.to_owned(), given.to_owned())))
}

/// Whether a header of an object is a checksum, which a read repeats only when asked.
pub(super) fn is_checksum(name: &str) -> bool {
    name.starts_with("x-amz-checksum-")
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use super::*;

    #[track_caller]
    fn check(headers: &[(&str, &str)], trailers: &[(&str, &str)], fine: bool) {
        let mut request = Request::builder().uri("/b/k");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let trailers = trailers.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let whole = Whole { body: Bytes::from_static(b"123456789"), trailers };
        assert_eq!(verified(&parts, &whole).is_ok(), fine, "{headers:?}");
    }

    #[test]
    fn known_checksums_are_verified() {
        // The check value of CRC-32/ISO-HDLC is 0xCBF43926; the digests are coreutils' of the nine digits.
        check(&[("x-amz-checksum-crc32", "y/Q5Jg==")], &[], true);
        check(&[], &[("x-amz-checksum-crc32", "y/Q5Jg==")], true);
        check(&[], &[("x-amz-checksum-crc32", "AAAAAA==")], false);
        check(&[("content-md5", "JfnnlDI7RTiF9RgfG2JNCw==")], &[], true);
        check(&[("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")], &[], false);
        let sha = "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=";
        check(&[("x-amz-checksum-sha256", sha)], &[], true);
        check(&[("x-amz-checksum-sha256", "AAAA")], &[], false);
        check(&[], &[], true);
    }
}
