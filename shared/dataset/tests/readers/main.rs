//! Readers against independent ones, on every kind of input.

mod capture_cases;
mod capture_oracle;
mod csv_cases;
mod csv_oracle;
mod json_cases;
mod json_oracle;
mod label_cases;
mod merged_cases;
#[cfg(feature = "parquet")]
mod parquet_cases;
mod table;
