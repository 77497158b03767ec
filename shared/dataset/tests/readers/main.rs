//! Readers against independent ones, on every kind of input.

mod csv_cases;
mod csv_oracle;
mod table;
