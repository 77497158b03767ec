use parquet::{
    basic::{ConvertedType, LogicalType, TimeUnit},
    schema::types::ColumnDescriptor,
};
use std::{fmt::Debug, io::Write};

/// How the values of a column are written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    Unsigned,
    /// Digits after the point.
    Decimal(i32),
    /// Days since 1970.
    Date,
    /// Units since 1970, and how many make a second.
    Instant {
        per_second: i64,
        utc: bool,
    },
    /// Units since midnight.
    Clock {
        per_second: i64,
    },
    Uuid,
    Half,
}

impl Look {
    pub(super) const NANOSECONDS: Self = Self::Instant { per_second: 1_000_000_000, utc: true };

    pub(super) fn of(column: &ColumnDescriptor) -> Self {
        let per_second = |unit: &TimeUnit| match unit {
            TimeUnit::MILLIS => 1_000,
            TimeUnit::MICROS => 1_000_000,
            TimeUnit::NANOS => 1_000_000_000,
        };
        match column.logical_type_ref() {
            Some(LogicalType::Decimal(it)) => return Self::Decimal(it.scale),
            Some(LogicalType::Date) => return Self::Date,
            Some(LogicalType::Time(it)) => {
                return Self::Clock { per_second: per_second(&it.unit) };
            }
            Some(LogicalType::Timestamp(it)) => {
                let utc = it.is_adjusted_to_u_t_c;
                return Self::Instant { per_second: per_second(&it.unit), utc };
            }
            Some(LogicalType::Integer(it)) if !it.is_signed => return Self::Unsigned,
            Some(LogicalType::Uuid) => return Self::Uuid,
            Some(LogicalType::Float16) => return Self::Half,
            _ => {}
        }
        match column.converted_type() {
            ConvertedType::DECIMAL => Self::Decimal(column.type_scale()),
            ConvertedType::DATE => Self::Date,
            ConvertedType::TIME_MILLIS => Self::Clock { per_second: 1_000 },
            ConvertedType::TIME_MICROS => Self::Clock { per_second: 1_000_000 },
            ConvertedType::TIMESTAMP_MILLIS => Self::Instant { per_second: 1_000, utc: true },
            ConvertedType::TIMESTAMP_MICROS => Self::Instant { per_second: 1_000_000, utc: true },
            ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64 => Self::Unsigned,
            _ => Self::Plain,
        }
    }

    pub(super) fn is_plain(self) -> bool {
        self == Self::Plain
    }

    /// Writes a boolean. `false` from these functions means a missing cell.
    pub(super) fn boolean(value: bool, text: &mut Vec<u8>) -> bool {
        text.extend_from_slice(if value { b"true" } else { b"false" });
        true
    }

    /// Writes an integer of so many bits.
    pub(super) fn integer(self, value: i64, bits: u32, text: &mut Vec<u8>) -> bool {
        match self {
            Self::Unsigned if bits == 32 => write(text, format_args!("{}", value as u32)),
            Self::Unsigned => write(text, format_args!("{}", value as u64)),
            Self::Decimal(scale) => decimal(i128::from(value), scale, text),
            Self::Date => date(value, text),
            Self::Instant { per_second, utc } => {
                let day = 86_400 * per_second;
                date(value.div_euclid(day), text);
                text.push(b'T');
                clock(value.rem_euclid(day), per_second, text);
                if utc {
                    text.push(b'Z');
                }
            }
            Self::Clock { per_second } => clock(value, per_second, text),
            Self::Plain | Self::Uuid | Self::Half => write(text, format_args!("{value}")),
        }
        true
    }

    /// Writes the shortest digits that mean exactly this value.
    pub(super) fn fraction<T: Debug + PartialEq>(value: &T, text: &mut Vec<u8>) -> bool {
        #[expect(clippy::eq_op, reason = "what differs from itself is no number")]
        if value != value {
            return false;
        }
        write(text, format_args!("{value:?}"));
        true
    }

    pub(super) fn bytes(self, value: &[u8], text: &mut Vec<u8>) -> bool {
        match (self, value) {
            (Self::Decimal(scale), _) if !value.is_empty() && value.len() <= 16 => {
                let sign = if value[0] & 0x80 == 0 { 0 } else { -1 };
                let unscaled = value.iter().fold(sign, |sum, it| (sum << 8) | i128::from(*it));
                decimal(unscaled, scale, text);
            }
            (Self::Uuid, value) if value.len() == 16 => {
                for (i, byte) in value.iter().enumerate() {
                    let dash = if matches!(i, 4 | 6 | 8 | 10) { "-" } else { "" };
                    write(text, format_args!("{dash}{byte:02x}"));
                }
            }
            (Self::Half, [low, high]) => {
                return Self::fraction(&half(u16::from_le_bytes([*low, *high])), text);
            }
            _ => text.extend_from_slice(value),
        }
        true
    }
}

fn write(text: &mut Vec<u8>, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("memory takes everything");
}

/// `-12345` with two digits after the point is `-123.45`.
fn decimal(unscaled: i128, scale: i32, text: &mut Vec<u8>) {
    // Parquet's scales are from 0 to the precision; a damaged file's may be any.
    let scale = scale.clamp(0, 64) as usize;
    let sign = if unscaled < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    let point = if part.is_empty() { "" } else { "." };
    write(text, format_args!("{sign}{whole}{point}{part}"));
}

fn date(days: i64, text: &mut Vec<u8>) {
    let (year, month, day) = crate::instant::date(days);
    write(text, format_args!("{year:04}-{month:02}-{day:02}"));
}

fn clock(units: i64, per_second: i64, text: &mut Vec<u8>) {
    let (seconds, rest) = (units.div_euclid(per_second), units.rem_euclid(per_second));
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    write(text, format_args!("{hours:02}:{minutes:02}:{:02}", seconds % 60));
    if rest != 0 {
        let width = per_second.ilog10() as usize;
        let part = format!("{rest:0width$}");
        write(text, format_args!(".{}", part.trim_end_matches('0')));
    }
}

/// The value of a half-precision float (IEEE 754 binary16).
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, part) = (i32::from(bits >> 10 & 0x1F), f32::from(bits & 0x3FF));
    match exponent {
        0 => sign * part * 2f32.powi(-24),
        31 if part == 0.0 => sign * f32::INFINITY,
        31 => f32::NAN,
        _ => sign * (1024.0 + part) * 2f32.powi(exponent - 25),
    }
}
