//! Paths and samples for the suites.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the root of the checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests has a parent").to_path_buf()
}

/// Returns a path of the reference folder beside the checkout, where it is present.
///
/// Tests that want it skip, with a message, where it is absent.
pub fn reference(path: &str) -> Option<PathBuf> {
    let path = root().join("../shared").join(path);
    path.exists().then_some(path)
}

/// Returns every file below `dir` whose name ends with `.ext`, sorted.
pub fn files_below(dir: &Path, ext: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(dir) = open.pop() {
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let hidden =
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if path.is_dir() && !hidden && !path.ends_with("target") {
                open.push(path);
            } else if path.extension().is_some_and(|it| it == ext) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Returns the sample payloads of one function: case name and text.
pub fn samples(function: &str) -> Vec<(String, String)> {
    let dir = root().join("events").join(function);
    files_below(&dir, "json")
        .into_iter()
        .map(|path| {
            let name = path.file_stem().expect("a file has a stem").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a sample is text"))
        })
        .collect()
}
