use flate2::read::MultiGzDecoder;
use std::io::Read;

/// Unpacks gzip while it is read, member after member, in bounded memory.
///
/// Input that is cut off or damaged is an error of the read that meets it;
/// what was read before counts.
pub fn gunzip<R: Read>(packed: R) -> impl Read {
    MultiGzDecoder::new(packed)
}
