//! The engine's words in documents: one `serde(with)` module per enumeration.

/// Writes `$kind::word`, and reads it back by comparing with every word.
macro_rules! word {
    ($name:ident, $kind:ty, $what:literal, [$($case:ident),*]) => {
        pub(crate) mod $name {
            use serde::{Deserialize, Deserializer, Serializer, de};

            pub(crate) fn serialize<S: Serializer>(it: &$kind, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(it.word())
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
                from: D,
            ) -> Result<$kind, D::Error> {
                let word = String::deserialize(from)?;
                [$(<$kind>::$case),*]
                    .into_iter()
                    .find(|it| it.word() == word)
                    .ok_or_else(|| de::Error::invalid_value(de::Unexpected::Str(&word), &$what))
            }
        }
    };
}

word!(
    state,
    engine::finding::State,
    "a state such as ok or drift",
    [Ok, Watch, Drift, TooLittleData, NoData, Error]
);
word!(family, engine::finding::Family, "a family of findings", [Contract, Drift, Monitoring]);
word!(
    monitor_type,
    engine::monitor::MonitorType,
    "a monitor type such as data_quality",
    [DataQuality, ModelQuality, ModelBias, ModelExplainability]
);

/// Words that the engine's enumeration does not have itself.
macro_rules! named {
    ($name:ident, $kind:ty, $what:literal, [$($case:ident = $word:literal $(| $also:literal)*),*]) => {
        pub(crate) mod $name {
            use crate::loose;
            use serde::{Deserialize, Deserializer, Serializer, de};

            pub(crate) fn word(it: $kind) -> &'static str {
                match it { $(<$kind>::$case => $word),* }
            }

            /// Case and separators do not count.
            pub(crate) fn of_word(word: &str) -> Option<$kind> {
                match loose::letters(word).as_str() {
                    $(it if it == loose::letters($word) $(|| it == loose::letters($also))* => {
                        Some(<$kind>::$case)
                    })*
                    _ => None,
                }
            }

            pub(crate) fn serialize<S: Serializer>(it: &$kind, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(word(*it))
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
                from: D,
            ) -> Result<$kind, D::Error> {
                let word = String::deserialize(from)?;
                of_word(&word)
                    .ok_or_else(|| de::Error::invalid_value(de::Unexpected::Str(&word), &$what))
            }
        }
    };
}

// Deequ knows `Boolean`; the monitor's documents do not.
named!(
    inferred_type,
    engine::statistics::InferredType,
    "Integral, Fractional, String or Unknown",
    [
        Integral = "Integral",
        Fractional = "Fractional",
        String = "String" | "Boolean",
        Unknown = "Unknown"
    ]
);
named!(
    comparison_method,
    engine::constraints::ComparisonMethod,
    "Simple or Robust",
    [Simple = "Simple" | "linf_simple", Robust = "Robust" | "linf_robust"]
);
named!(
    drift_method,
    engine::constraints::CategoricalDriftMethod,
    "LInfinity or ChiSquared",
    [LInfinity = "LInfinity", ChiSquared = "ChiSquared"]
);

/// Writes seconds since 1970 as ISO 8601, and reads them as any [`Moment`].
///
/// [`Moment`]: crate::moment::Moment
pub(crate) mod seconds {
    use crate::moment::Moment;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(crate) fn serialize<S: Serializer>(seconds: &i64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&Moment::of_seconds(*seconds))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
        Moment::deserialize(from).map(Moment::seconds)
    }
}

pub(crate) mod monitor_type_or_none {
    use engine::monitor::MonitorType;
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(crate) fn serialize<S: Serializer>(
        it: &Option<MonitorType>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match it {
            Some(it) => super::monitor_type::serialize(it, to),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<MonitorType>, D::Error> {
        let Some(word) = Option::<String>::deserialize(from)? else { return Ok(None) };
        let wanted = || de::Error::invalid_value(de::Unexpected::Str(&word), &"a monitor type");
        MonitorType::of_word(&word).map(Some).ok_or_else(wanted)
    }
}
