use serde::{Serialize, Serializer};

/// A double that JSON can hold: infinity becomes the largest finite number.
pub(crate) struct Double(pub(crate) f64);

impl Serialize for Double {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.0.clamp(f64::MIN, f64::MAX))
    }
}
