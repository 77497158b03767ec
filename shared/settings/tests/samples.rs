//! Every sample file, and what is said of it.

use settings::{Settings, fields};
use std::fs;
use std::path::{Path, PathBuf};

fn samples(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(folder);
    let entries = fs::read_dir(&folder).expect("samples are committed");
    let mut res: Vec<PathBuf> = entries.map(|it| it.expect("an entry").path()).collect();
    res.retain(|it| it.extension().is_some_and(|it| it == "yaml"));
    res.sort();
    assert!(!res.is_empty());
    res
}

#[test]
fn valid_samples_are_accepted() {
    for path in samples("valid") {
        let text = fs::read_to_string(&path).expect("a sample is text");
        if let Err(problems) = Settings::parse(&text) {
            panic!("{}", problems.in_file(&path.display().to_string()));
        }
    }
}

#[test]
fn every_invalid_sample_has_its_message() {
    for path in samples("invalid") {
        let text = fs::read_to_string(&path).expect("a sample is text");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let problems = Settings::parse(&text).expect_err(&name);
        let told = problems.in_file(&format!("{name}.yaml"));
        insta::with_settings!({
            snapshot_path => "../samples/invalid",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!(name, told) });
    }
}

#[test]
fn one_sample_holds_every_setting() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/valid/everything-once.yaml");
    let text = fs::read_to_string(path).expect("the sample is committed");
    let told = Settings::parse(&text).expect("the sample is valid").explain("churn-prod", &[]);
    for it in told {
        let is_set = it.origin != settings::Origin::BuiltIn;
        assert!(is_set, "{} is missing in everything-once.yaml", it.path);
    }
    assert!(60 < fields().len());
}

#[test]
fn committed_schema_is_the_current_one() {
    insta::with_settings!({
        snapshot_path => "../samples",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!("schema", settings::schema()) });
}
