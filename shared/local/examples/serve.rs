//! Serves rows as fast as it can: `cargo run --release -p local --example serve [ROWS] [csv|json]`, timed from outside.

use std::{env, process::ExitCode, sync::Arc};

use jiff::Timestamp;
use local::{
    faults::Faults,
    model::Scorer,
    place::Place,
    s3::{Condition, Store},
    sagemaker::{DataCaptureConfig, Pace, ProductionVariant, Row, SageMaker},
};

const CSV: &str = "93,FL,premium,no,card,0,261.9,94,178.3,101,142,93,7.3,2,0,71.65";
const JSON: &str = r#"{"account_length":93,"state":"FL","plan_tier":"premium","intl_plan":"no","payment":"card","vmail_messages":0,"day_mins":261.9,"day_calls":94,"eve_mins":178.3,"eve_calls":101,"night_mins":142,"night_calls":93,"intl_mins":7.3,"intl_calls":2,"custserv_calls":0,"monthly_charge":71.65}"#;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let rows = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let json = arguments.next().is_some_and(|form| form == "json");
    let (content_type, body) = if json { ("application/json", JSON) } else { ("text/csv", CSV) };
    match serve(rows, content_type, body) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve(rows: i64, content_type: &str, body: &str) -> Result<(), Box<dyn std::error::Error>> {
    let start = Timestamp::UNIX_EPOCH;
    let mut store = Store::new(Place::default(), 1, Faults::none());
    store.create_bucket("ml", true)?;
    let mut account = SageMaker::new(Place::default(), Pace::default(), 1, Faults::none());
    account.create_model(start, "churn", "s3://ml/model", Ok(Arc::new(Scorer::churn())))?;
    let (variants, capture) =
        (vec![ProductionVariant::all_traffic("churn")], DataCaptureConfig::to("s3://ml/capture"));
    account.create_endpoint_config(start, "config", variants, Some(capture), &[])?;
    account.create_endpoint(start, "churn-prod", "config", &[])?;
    for hour in 1..=rows / 1000 {
        let requests = (0..1000).map(|row| Row {
            at_ms: hour * 3_600_000 + row * 3600,
            body,
            inference_id: None,
        });
        account.invoke_batch("churn-prod", content_type, requests)?;
        let now = Timestamp::from_second((hour + 1) * 3600)?;
        for upload in account.take_uploads(now) {
            store.put(
                upload.due,
                &upload.bucket,
                &upload.key,
                upload.body,
                None,
                &Condition::Always,
            )?;
        }
        store.take_events();
    }
    Ok(())
}
