//! AWS's file and event shapes, and the suite's own records: the only home of serde renames.
