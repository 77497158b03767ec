//! The one bucket: keys, records and compare-and-swap over conditional objects.
