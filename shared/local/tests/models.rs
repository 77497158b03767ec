//! Our predictions against XGBoost's own (`model/train.py` writes the golden files).

#![expect(clippy::unwrap_used, reason = "a broken scene is a failed test")]

use local::model::{Columns, Form, Model, Scorer, Scratch};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Golden {
    cells: Vec<String>,
    prediction: Prediction,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Prediction {
    One(f32),
    Classes(Vec<f32>),
}

fn columns() -> Columns {
    Columns::parse(include_bytes!("../model/churn-columns.json")).unwrap()
}

fn object(cells: &[String]) -> String {
    let (columns, mut row) = (columns(), serde_json::Map::new());
    for (column, cell) in columns.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        let number = cell.parse::<f64>().ok().map(Value::from);
        row.insert(column.name.clone(), number.unwrap_or_else(|| cell.clone().into()));
    }
    Value::Object(row).to_string()
}

#[track_caller]
fn check(model: &[u8], golden: &str) {
    let scorer = Scorer::new(Model::parse(model).unwrap(), columns()).unwrap();
    let golden: Vec<Golden> = serde_json::from_str(golden).unwrap();
    assert!(golden.len() > 30);
    let mut scratch = Scratch::default();
    for row in golden {
        let expect = match row.prediction {
            Prediction::One(value) => vec![value],
            Prediction::Classes(values) => values,
        };
        for (form, body) in [(Form::Csv, row.cells.join(",")), (Form::Json, object(&row.cells))] {
            let got = scorer.predict(form, &body, &mut scratch).unwrap();
            let near = |pair: (&f32, &f32)| (pair.0 - pair.1).abs() <= 1e-6 * pair.1.abs().max(1.0);
            assert!(
                got.len() == expect.len() && got.iter().zip(&expect).all(near),
                "{body}: {got:?} is not {expect:?}"
            );
        }
    }
}

#[test]
fn churn_model_agrees_with_xgboost() {
    check(include_bytes!("../model/churn.json"), include_str!("golden/churn.json"));
}

#[test]
fn regression_model_agrees_with_xgboost() {
    check(include_bytes!("golden/regression-model.json"), include_str!("golden/regression.json"));
}

#[test]
fn class_model_agrees_with_xgboost() {
    check(include_bytes!("golden/classes-model.json"), include_str!("golden/classes.json"));
}

fn scorer(columns: &str, weights: &str) -> Scorer {
    let model = format!(
        r#"{{"linear":{{"objective":"reg:squarederror","intercept":0,"weights":{weights}}}}}"#
    );
    Scorer::new(
        Model::parse(model.as_bytes()).unwrap(),
        Columns::parse(columns.as_bytes()).unwrap(),
    )
    .unwrap()
}

#[track_caller]
fn check_response(form: Form, body: &str, expect: Result<&str, &str>) {
    let columns = r#"{"columns":[{"name":"n"},{"name":"w","categories":["a,b","c\"d"]},
        {"name":"h","categories":["x","y"],"one_hot":true}]}"#;
    let (scorer, mut response) = (scorer(columns, "[1,10,100,1000]"), String::new());
    let got = scorer.respond(form, body, &mut Scratch::default(), &mut response);
    assert_eq!(
        got.map(|()| response.as_str()).map_err(|error| error.to_string()),
        expect.map_err(str::to_owned)
    );
}

#[test]
fn csv_cells_become_inputs() {
    check_response(Form::Csv, "2,\"c\"\"d\",x", Ok("112"));
    check_response(Form::Csv, "2,\"a,b\",y\r\n3,\"a,b\",y\n", Ok("1002\n1003"));
    check_response(Form::Csv, " 2.5 ,new word,", Ok("2.5"));
    check_response(Form::Csv, "2", Ok("2"));
    check_response(Form::Csv, "two,\"c\"\"d\",x,extra", Ok("110"));
    check_response(Form::Csv, "", Ok(""));
}

#[test]
fn json_members_become_inputs() {
    check_response(Form::Json, r#"{"h":"y","n":2,"w":"c\"d"}"#, Ok(r#"{"prediction":1012}"#));
    check_response(
        Form::Json,
        r#"{"n":null,"other":{"a":[1]},"h":"x","w":[1]}"#,
        Ok(r#"{"prediction":100}"#),
    );
    check_response(Form::Json, r#"{"n":"2.5"}"#, Ok(r#"{"prediction":2.5}"#));
    check_response(Form::Json, r#"[true,"c\"d","x",1,2]"#, Ok(r#"{"prediction":111}"#));
    check_response(Form::Json, "{\"n\":1", Err("model not readable: a row is not JSON"));
    check_response(Form::Json, "secret", Err("model not readable: a row is not JSON"));
}

#[test]
fn columns_and_model_must_fit() {
    let columns = Columns::parse(br#"{"columns":[{"name":"n"}]}"#).unwrap();
    let error = Scorer::new(Model::parse(include_bytes!("../model/churn.json")).unwrap(), columns)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "model not readable: the columns make 1 inputs, the model takes 16"
    );
}

#[test]
fn no_row_makes_the_scorer_panic() {
    let (scorer, mut random) = (Scorer::churn(), local::random::Random::seeded(1));
    let letters = [
        "\"", ",", "{", "}", "[", "]", ":", "1e999", "-", "day_mins", "FL", "\u{e9}", "\\", "\r",
        "null", "",
    ];
    let (mut scratch, mut response) = (Scratch::default(), String::new());
    for _ in 0..50_000 {
        let row: String =
            (0..random.below(12)).map(|_| letters[random.below(16) as usize]).collect();
        for form in [Form::Csv, Form::Json] {
            response.clear();
            let answered = scorer.respond(form, &row, &mut scratch, &mut response);
            assert!(
                answered.is_err()
                    || row.trim_matches(['\r', '\n']).is_empty()
                    || !response.is_empty()
            );
        }
    }
}
