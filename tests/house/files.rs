//! Rules on files: one noun each, none forgotten, none too long.

use std::fs;
use std::process::Command;

use support::{files_below, root};

const LONGEST: usize = 700;
const VAGUE: &[&str] = &[
    "util",
    "utils",
    "helper",
    "helpers",
    "common",
    "misc",
    "manager",
    "processor",
    "service",
    "types_all",
    "base",
];

#[test]
fn every_suite_declares_each_of_its_files() {
    for suite in ["house", "e2e", "oracles", "verdict"] {
        let dir = root().join("tests").join(suite);
        let Ok(main) = fs::read_to_string(dir.join("main.rs")) else { continue };
        for path in files_below(&dir, "rs").iter().filter(|path| path.parent() == Some(&dir)) {
            let name = path.file_stem().expect("a stem").to_string_lossy();
            assert!(
                name == "main" || main.contains(&format!("mod {name};")),
                "{} is not in {suite}/main.rs",
                path.display()
            );
        }
    }
}

#[test]
fn no_file_outgrows_its_noun() {
    for path in files_below(&root(), "rs") {
        let lines = fs::read_to_string(&path).expect("source is text").lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines; split it by noun", path.display());
    }
}

#[test]
fn no_file_hides_behind_a_vague_name() {
    for path in files_below(&root(), "rs") {
        let name = path.file_stem().expect("a stem").to_string_lossy().into_owned();
        assert!(name != "mod", "{}: write name.rs beside name/", path.display());
        assert!(!VAGUE.contains(&name.as_str()), "{}: name the noun", path.display());
    }
}

#[test]
fn readme_stays_short() {
    for (file, most) in [("README.md", 120), ("ARCHITECTURE.md", 150), ("CONTRIBUTING.md", 60)] {
        let lines = fs::read_to_string(root().join(file)).expect(file).lines().count();
        assert!(lines <= most, "{file} has {lines} lines of {most}");
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "a check that is skipped says so")]
fn no_tracked_file_names_a_machine_path() {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let Ok(listed) = listed else {
        println!("skipped: no git here");
        return;
    };
    let words = ["/wo".to_string() + "rk/", "/ro".to_string() + "ot/", "/ho".to_string() + "me/"];
    for name in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|name| !name.is_empty())
    {
        let Ok(text) = fs::read_to_string(root().join(name)) else { continue };
        for word in &words {
            let found = text.match_indices(word.as_str()).any(|(at, _)| {
                let before = text[..at].chars().next_back();
                before.is_none_or(|it| {
                    !it.is_alphanumeric() && it != '_' && it != '.' && it != '-' && it != '}'
                })
            });
            assert!(!found, "{name} names {word}");
        }
    }
}
