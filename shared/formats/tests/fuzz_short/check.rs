//! What must hold of every document, for the short fuzz test and the libFuzzer targets.

use engine::attribution::{Groups, Method, ModelForm, Readable, TreeShap};
use formats::scoring::Scoring;
use formats::{bias_analysis, bias_config, model, shap_analysis, shap_config};

pub(crate) fn bias_config(input: &[u8]) {
    if let Ok(told) = bias_config::read(input) {
        assert!(!told.config.facets.is_empty());
    }
}

/// What is read is written so that it is read again.
pub(crate) fn bias_analysis(input: &[u8]) {
    let Ok(report) = bias_analysis::read(input) else { return };
    let mut written = Vec::new();
    bias_analysis::write(&report, &mut written).expect("memory");
    let again = bias_analysis::read(&written).expect("our own file");
    let mut twice = Vec::new();
    bias_analysis::write(&again, &mut twice).expect("memory");
    assert_eq!(written, twice, "what is written changes as it is read");
}

pub(crate) fn shap_config(input: &[u8]) {
    let _ = shap_config::read(input);
    if let Ok(rows) = shap_config::baseline_rows(input) {
        assert!(rows.iter().map(Vec::len).sum::<usize>() <= input.len() + 1);
    }
}

pub(crate) fn shap_analysis(input: &[u8]) {
    let Ok(global) = shap_analysis::read(input) else { return };
    let mut written = Vec::new();
    shap_analysis::write(&global, &mut written).expect("memory");
    let again = shap_analysis::read(&written).expect("our own file");
    let mut twice = Vec::new();
    shap_analysis::write(&again, &mut twice).expect("memory");
    assert_eq!(written, twice, "what is written changes as it is read");
}

/// A model that could be read answers every row, and explains it.
pub(crate) fn json_model(input: &[u8]) {
    let Ok(model) = model::read(input) else { return };
    let inputs = model.inputs();
    assert!(inputs <= 64 << 20, "{inputs} inputs");
    let mut answers = Vec::new();
    for value in [0.0, f32::NAN, 1e30] {
        let row = vec![value; inputs];
        model.answer_row(&row, &mut answers);
        assert!(!answers.is_empty());
        if let Readable::Forest(forest) = &model
            && inputs <= 64
        {
            let groups = Groups::alone((0..inputs).map(|it| it.to_string()).collect());
            if let Ok(mut shap) = TreeShap::of(forest, &groups, None) {
                shap.values(&row, &mut answers);
            }
        }
    }
    let _ = Method::Auto.is_exact(model.objective(), engine::attribution::Link::Logit);
}

pub(crate) fn answers(input: &[u8]) {
    let score = input.first().filter(|it| **it % 2 == 0).map(|_| "predictions[*].score".to_owned());
    let form = ModelForm { score, ..ModelForm::default() };
    let columns = vec!["a".to_owned(), "b".to_owned()];
    let scoring = Scoring::new(form, columns, vec![true, true]).expect("a known form");
    for media in ["text/csv", "application/jsonlines", "application/json", "image/png"] {
        if let Ok(scores) = scoring.scores(media, input, 2) {
            assert_eq!(scores.len(), 2);
        }
    }
}
