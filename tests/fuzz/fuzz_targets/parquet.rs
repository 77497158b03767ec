#![no_main]

// The parquet crate panics on some damaged files, which the reader catches;
// libFuzzer's own hook would not let it.
libfuzzer_sys::fuzz_target!(
    init: std::panic::set_hook(Box::new(|_| {})),
    |input: &[u8]| fuzz::parquet(input)
);
