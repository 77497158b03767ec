//! Predicts with a model file: `predict MODEL.json COLUMNS.json csv|json < ROWS`, one response a line.

use std::{
    env, fs,
    io::{self, BufRead, Write},
};

use local::model::{Columns, Form, Model, Scorer, Scratch};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [model, columns, form] = arguments.as_slice() else {
        return Err("usage: predict MODEL.json COLUMNS.json csv|json < ROWS".into());
    };
    let form = if form == "json" { Form::Json } else { Form::Csv };
    let scorer =
        Scorer::new(Model::parse(&fs::read(model)?)?, Columns::parse(&fs::read(columns)?)?)?;
    let (mut response, mut scratch) = (String::new(), Scratch::default());
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        response.clear();
        scorer.respond(form, &line?, &mut scratch, &mut response)?;
        writeln!(out, "{response}")?;
    }
    Ok(out.flush()?)
}
