//! Times as the API writes them: seconds since 1970 with a fraction.

use jiff::Timestamp;
use serde::Serializer;

pub(super) fn serialize<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(time.as_millisecond() as f64 / 1000.0)
}

/// Times that may be absent.
pub(super) mod option {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
    pub(in crate::sagemaker::shape) fn serialize<S: Serializer>(
        time: &Option<Timestamp>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => super::serialize(time, to),
            None => to.serialize_none(),
        }
    }

    pub(in crate::sagemaker::shape) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let Some(seconds) = Option::<f64>::deserialize(from)? else { return Ok(None) };
        let time = Timestamp::from_millisecond((seconds * 1000.0).round() as i64);
        time.map(Some).map_err(D::Error::custom)
    }
}
