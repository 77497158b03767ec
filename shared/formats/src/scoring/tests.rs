use super::*;

fn scoring(form: ModelForm) -> Scoring {
    Scoring::new(form, vec!["age".into(), "plan".into()], vec![true, false]).unwrap()
}

fn rows() -> Table<String> {
    let cells = ["30", "a,\"b\"", "", "7"].map(str::to_owned).to_vec();
    Table::of(2, cells).unwrap()
}

fn of_type(content: &str) -> ModelForm {
    ModelForm { content_type: Some(content.into()), ..ModelForm::default() }
}

#[track_caller]
fn check_request(form: ModelForm, expect: &str) {
    assert_eq!(String::from_utf8(scoring(form).request(&rows())).unwrap(), expect);
}

#[test]
fn requests_have_the_form_of_the_config() {
    check_request(of_type("text/csv"), "30,\"a,\"\"b\"\"\"\n,7\n");
    check_request(
        of_type("application/jsonlines"),
        "{\"features\":[30,\"a,\\\"b\\\"\"]}\n{\"features\":[null,\"7\"]}\n",
    );
    check_request(
        of_type("application/json"),
        r#"{"instances":[{"features":[30,"a,\"b\""]},{"features":[null,"7"]}]}"#,
    );
    // The templates of AWS's guide to analysis_config.json.
    let json = ModelForm {
        content_template: Some(r#"{"rows":$records}"#.into()),
        record_template: Some("$features_kvp".into()),
        ..of_type("application/json")
    };
    check_request(json, r#"{"rows":[{"age":30,"plan":"a,\"b\""},{"age":null,"plan":"7"}]}"#);
    let lines = ModelForm {
        content_template: Some(r#"{"x":$features}"#.into()),
        ..of_type("application/jsonlines")
    };
    check_request(lines, "{\"x\":[30,\"a,\\\"b\\\"\"]}\n{\"x\":[null,\"7\"]}\n");
    assert!(Scoring::new(of_type("image/png"), vec![], vec![]).is_err());
}

#[track_caller]
fn check(score: Option<&str>, content: &str, body: &str, expect: Option<&[f64]>) {
    let form = ModelForm { score: score.map(str::to_owned), ..ModelForm::default() };
    let got = scoring(form).scores(content, body.as_bytes(), 2);
    match (got, expect) {
        (Ok(got), Some(expect)) => assert_eq!(got.cells(), expect, "{body}"),
        (Err(_), None) => {}
        (got, _) => panic!("{body}: {got:?}"),
    }
}

#[test]
fn scores_are_found_in_every_answer() {
    let csv = "text/csv; charset=utf-8";
    check(None, csv, "0.5\n0.25\n", Some(&[0.5, 0.25]));
    check(None, csv, "0.5,0.25", Some(&[0.5, 0.25]));
    check(None, csv, "0.5,0.5\n0.25,0.75\n", Some(&[0.5, 0.5, 0.25, 0.75]));
    check(Some("1"), csv, "yes,0.5\nno,0.25\n", Some(&[0.5, 0.25]));
    let json = "application/json";
    let scores = r#"{"predictions":[{"score":0.5,"closest":1},{"score":0.25,"closest":0}]}"#;
    check(None, json, scores, Some(&[0.5, 0.25]));
    check(Some("predictions[*].score"), json, scores, Some(&[0.5, 0.25]));
    check(Some("predictions[].score"), json, scores, Some(&[0.5, 0.25]));
    check(None, json, "[[0.5,0.5],[0.25,0.75]]", Some(&[0.5, 0.5, 0.25, 0.75]));
    check(None, json, r#"{"predictions":[[0.5],[0.25]]}"#, Some(&[0.5, 0.25]));
    check(None, json, "[[]]", None);
    check(None, json, "[]", None);
    let lines = "application/jsonlines";
    check(None, lines, "{\"score\":0.5}\n{\"score\":0.25}\n", Some(&[0.5, 0.25]));
    check(
        Some("out.p"),
        lines,
        "{\"out\":{\"p\":0.5}}\n{\"out\":{\"p\":\"1\"}}\n",
        Some(&[0.5, 1.0]),
    );
}

#[test]
fn answers_without_scores_are_refused() {
    check(None, "text/csv", "0.5\n", None);
    check(None, "text/csv", "yes\nno\n", None);
    check(None, "text/csv", "1,2\n3\n", None);
    check(Some("score[?x]"), "application/json", "[1,2]", None);
    check(Some("score"), "application/json", r#"{"other":[1,2]}"#, None);
    check(None, "application/json", "7", None);
    check(None, "application/json", "{", None);
}
