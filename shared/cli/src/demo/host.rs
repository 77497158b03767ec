//! The stand-in with the suite on it: the account, its endpoints, and who calls them.

use std::sync::Arc;

use embedded::{Aws, Functions};
use engine::monitor::{Monitor, MonitorType};
use engine::quality::track::TrackPoint;
use jiff::Timestamp;
use local::account::Account;
use local::disk::Mirror;
use local::faults::{EventRates, Faults, Rates};
use local::model::{Column, Columns, Form, Model, Scorer};
use local::place::Place;
use local::s3::Condition;
use local::sagemaker::{CaptureMode, DataCaptureConfig, Pace, ProductionVariant, Row};
use ports::{GroundTruth, HourTruth, Tracks};
use report::Pages;
use serde_json::{Value, json};

use super::labels::{Labels, Upload, World};
use super::plan::{Plan, Role, What};
use super::table::Table;
use super::traffic::{Traffic, write_table};
use crate::Failure;

/// Where the suite keeps its state.
pub(super) const BUCKET: &str = "vigil";
pub(super) const PREFIX: &str = "vigil";
/// Where the users' own data lie.
const DATA_BUCKET: &str = "ml-data";
const MODEL: &str = "churn-7";
/// What the demo's user wants: everything by default, baselines from the training table.
const SETTINGS: &str =
    "# What the demo's user wants: everything by default, baselines from the training table.
defaults:
  baseline:
    training_data_s3_uri: s3://ml-data/training/train.csv
";
/// Of some endpoints it becomes known what came true.
const LABELS: &str = "endpoints:
  \"churn-eu*\":
    model_explainability:
      enabled: true
      training_data_s3_uri: s3://ml-data/training/train.csv
      model_s3_uri: s3://ml-data/model/churn.json
      label_header: prediction
      headers: [HEADERS]
  \"churn-labs*\":
    ground_truth:
      s3_uri: s3://ml-data/labels
    model_quality:
      enabled: true
      training_data_s3_uri: s3://ml-data/training/labelled.csv
      problem_type: BinaryClassification
      probability_attribute: \"0\"
      probability_threshold_attribute: 0.5
      ground_truth_attribute: churned
    model_bias:
      enabled: true
      training_data_s3_uri: s3://ml-data/training/labelled.csv
      probability_attribute: \"0\"
      probability_threshold_attribute: 0.5
      label_header: churned
      label_values: [\"1\"]
      headers: [HEADERS]
      facet_name: plan_tier
      facet_values: [basic]
";
/// Rows that train the reference.
const TRAINING_ROWS: usize = 5000;

/// One demo's world.
pub(super) struct Host {
    pub aws: Aws,
    pub functions: Functions<Pages>,
    pub traffic: Traffic,
    /// `None` where the user's table has no label: then nothing but inputs is captured.
    has_output: bool,
    configs: u32,
    body: String,
    /// `None` where the user's table says what came true, and no one else.
    labels: Option<Labels>,
    uploads: Vec<Upload>,
    /// Endpoint, and the hours in which labels follow something else.
    worlds: Vec<(String, std::ops::Range<i64>, World)>,
}

/// What is known of the labels of an endpoint at the end.
#[derive(Debug, Clone, Default)]
pub(super) struct Truth {
    pub endpoint: String,
    pub hours: Vec<HourTruth>,
    pub track: Vec<TrackPoint>,
}

impl Host {
    /// Opens the account a while before the plan starts, with settings, training data and endpoints in place.
    pub(super) fn open(
        plan: &Plan,
        traffic: Traffic,
        table: Option<&Table>,
        seed: u64,
        mirror: &Mirror,
    ) -> Result<Self, Failure> {
        let place = Place::default();
        let data = format!("arn:aws:s3:::{DATA_BUCKET}");
        let parameters =
            [("BucketName", BUCKET), ("Prefix", PREFIX), ("DataBucketArns", data.as_str())];
        let stack =
            embedded::stack(&place, &parameters).map_err(|why| Failure::new(why.to_string()))?;
        let start = instant(plan.start - 1800)?;
        let faults = storms(plan, seed)?;
        let account = Account::open(place, Pace::default(), seed, &faults, start, &stack)
            .map_err(|why| Failure::new(why.to_string()))?;
        // Every function has its role of the template, and no more.
        account.guard().enforce();
        account.call(|all, _| all.s3.observe(mirror.observer()));
        let topic = stack.topics.first().map(|it| it.arn.clone()).unwrap_or_default();
        let aws = Aws::new(account, topic);
        let functions = Functions::new(aws.clone(), BUCKET, PREFIX, Pages::default());
        let scorer = match table {
            None => Some(Scorer::churn()),
            Some(table) => table.scorer().cloned(),
        };
        let worlds = plan.trials.iter().filter_map(|it| {
            let world = match it.what {
                What::Concept => World::Turned,
                What::Unfair => World::Unfair,
                _ => return None,
            };
            Some((it.endpoint.clone(), it.from..it.until, world))
        });
        let mut host = Self {
            aws,
            functions,
            traffic,
            has_output: scorer.is_some(),
            configs: 0,
            body: String::new(),
            labels: table.is_none().then(|| Labels::new(Scorer::churn(), seed)),
            uploads: Vec::new(),
            worlds: worlds.collect(),
        };
        host.furnish(plan, scorer)?;
        Ok(host)
    }

    fn furnish(&mut self, plan: &Plan, scorer: Option<Scorer>) -> Result<(), Failure> {
        let mut training = String::new();
        let rows = self.traffic.reference(TRAINING_ROWS);
        write_table(&rows, self.traffic.columns(), scorer.as_ref(), &mut training);
        let served = match scorer {
            Some(scorer) => scorer,
            None => silent(&self.traffic)?,
        };
        let labelled = self.labels.as_mut().map(|labels| labels.training(&training));
        let names = self.traffic.columns().iter().map(|it| it.name.as_str()).collect::<Vec<_>>();
        let labels = LABELS.replace("HEADERS", &names.join(", "));
        let settings = format!("{SETTINGS}{}", if labelled.is_some() { &labels } else { "" });
        self.aws.account().call(|all, now| {
            let refuse = |why: local::s3::Refused| Failure::new(why.to_string());
            all.s3.create_bucket(DATA_BUCKET, true).map_err(refuse)?;
            let put = |all: &mut local::account::Services, bucket: &str, key: &str, body: &str| {
                all.s3
                    .put(now, bucket, key, body.as_bytes().to_vec(), None, &Condition::Always)
                    .map(|_| ())
                    .map_err(refuse)
            };
            put(all, DATA_BUCKET, "training/train.csv", &training)?;
            put(all, DATA_BUCKET, "model/churn.json", Scorer::CHURN)?;
            if let Some(labelled) = &labelled {
                put(all, DATA_BUCKET, "training/labelled.csv", labelled)?;
            }
            put(all, BUCKET, &format!("{PREFIX}/settings.yaml"), &settings)?;
            let model = all.sagemaker.create_model(
                now,
                MODEL,
                "s3://ml-data/model.tar.gz",
                Ok(Arc::new(served)),
            );
            model.map(|_| ()).map_err(|why| Failure::new(why.to_string()))
        })?;
        for role in &plan.endpoints {
            let config = self.config(&role.name, true)?;
            self.aws
                .account()
                .call(|all, now| {
                    all.sagemaker.create_endpoint(
                        now,
                        &role.name,
                        &config,
                        &[("team", "retention")],
                    )
                })
                .map_err(|why| Failure::new(why.to_string()))?;
        }
        Ok(())
    }

    /// Makes an endpoint config, with data capture or without.
    fn config(&mut self, endpoint: &str, captures: bool) -> Result<String, Failure> {
        self.configs += 1;
        let name = format!("{endpoint}-cfg-{}", self.configs);
        let mut capture = DataCaptureConfig::to(format!("s3://{DATA_BUCKET}/capture"));
        if !self.has_output {
            capture.modes = vec![CaptureMode::Input];
        }
        let variants = vec![ProductionVariant::all_traffic(MODEL)];
        self.aws
            .account()
            .call(|all, now| {
                all.sagemaker.create_endpoint_config(
                    now,
                    &name,
                    variants,
                    captures.then_some(capture),
                    &[],
                )
            })
            .map_err(|why| Failure::new(why.to_string()))?;
        Ok(name)
    }

    /// Updates an endpoint to a config with data capture or without.
    pub(super) fn update(&mut self, endpoint: &str, captures: bool) -> Result<(), Failure> {
        let config = self.config(endpoint, captures)?;
        let updated = self
            .aws
            .account()
            .call(|all, now| all.sagemaker.update_endpoint(now, endpoint, &config));
        updated.map(|_| ()).map_err(|why| Failure::new(why.to_string()))
    }

    pub(super) fn delete(&mut self, endpoint: &str) -> Result<(), Failure> {
        let deleted =
            self.aws.account().call(|all, now| all.sagemaker.delete_endpoint(now, endpoint));
        deleted.map_err(|why| Failure::new(why.to_string()))
    }

    /// Sends an endpoint the requests of one hour and returns how many were served.
    pub(super) fn serve(&mut self, role: &Role, hour: i64) -> Result<u64, Failure> {
        let rows = self.traffic.hour(&role.name, hour);
        let columns = self.traffic.columns();
        self.body.clear();
        let mut ends = Vec::with_capacity(rows.len());
        for row in rows.iter() {
            if role.json {
                row.write_json(columns, &mut self.body);
            } else {
                row.write_csv(&mut self.body);
            }
            ends.push((row.at_ms, self.body.len()));
        }
        let kind = if role.json { "application/json" } else { "text/csv" };
        let body = self.body.as_str();
        let mut start = 0;
        let mut ids = Vec::new();
        if let Some(labels) = self.labels.as_mut().filter(|_| role.labelled) {
            ids.extend((0..ends.len()).map(|at| Labels::id(&role.name, hour, at)));
            let form = if role.json { Form::Json } else { Form::Csv };
            let mut from = 0;
            let rows = ends.iter().map(|(_, end)| &body[std::mem::replace(&mut from, *end)..*end]);
            let here = |(name, hours, _): &&(String, std::ops::Range<i64>, World)| {
                *name == role.name && hours.contains(&hour)
            };
            let world = self.worlds.iter().find(here).map_or(World::AsLearnt, |it| it.2);
            self.uploads.extend(labels.of_hour(&role.name, hour, form, rows, world));
        }
        let requests = ends.into_iter().enumerate().map(|(at, (at_ms, end))| {
            let inference_id = ids.get(at).map(String::as_str);
            let row = Row { at_ms, body: &body[start..end], inference_id };
            start = end;
            row
        });
        let served = self
            .aws
            .account()
            .call(|all, _| all.sagemaker.invoke_batch(&role.name, kind, requests));
        served.map(|it| it.served).map_err(|why| Failure::new(why.to_string()))
    }

    /// Uploads the labels whose time has come.
    pub(super) fn upload(&mut self, now: i64) -> Result<(), Failure> {
        let (due, later) = self.uploads.drain(..).partition(|it: &Upload| it.due <= now);
        self.uploads = later;
        self.aws.account().call(|all, now| {
            for Upload { name, csv, .. } in due {
                let key = format!("labels/{name}");
                all.s3
                    .put(now, DATA_BUCKET, &key, csv.into_bytes(), None, &Condition::Always)
                    .map_err(|why| Failure::new(why.to_string()))?;
            }
            Ok(())
        })
    }

    /// Reads what is known of the labels of an endpoint.
    pub(super) fn truth(&self, endpoint: &str) -> Result<Truth, Failure> {
        let shelves = self.functions.shelves();
        let variant = "AllTraffic";
        let kind = MonitorType::ModelQuality;
        let monitor = Monitor { endpoint: endpoint.into(), variant: variant.into(), kind };
        let log = pollster::block_on(shelves.truth_log(endpoint, variant))
            .map_err(|why| Failure::new(format!("{why:?}")))?;
        let track = pollster::block_on(shelves.track(&monitor))
            .map_err(|why| Failure::new(format!("{why:?}")))?;
        Ok(Truth {
            endpoint: endpoint.into(),
            hours: log.map(|it| it.value.hours).unwrap_or_default(),
            track: track.map(|it| it.value).unwrap_or_default(),
        })
    }

    /// Forgets captures and reports from before a time, as lifecycle rules do; the folder beside the demo keeps them.
    pub(super) fn forget(&self, before: i64) -> Result<(), Failure> {
        let before = instant(before)?;
        self.aws.account().call(|all, now| {
            let old =
                [(DATA_BUCKET, "capture/".to_string()), (BUCKET, format!("{PREFIX}/reports/"))];
            for (bucket, prefix) in old {
                all.s3
                    .expire(now, bucket, &prefix, before)
                    .map_err(|why| Failure::new(why.to_string()))?;
            }
            Ok(())
        })
    }

    /// Lets time pass; the suite's functions run as their rules say, and `see` sees every payload.
    pub(super) fn advance(
        &self,
        second: i64,
        mut see: impl FnMut(&str, &Value),
    ) -> Result<(), Failure> {
        let run = self.aws.account().run_until(instant(second)?, |function, event| {
            see(function, event);
            self.functions.invoke(function, event)
        });
        run.map_err(|why| Failure::new(why.to_string()))?;
        match self.aws.account().guard().denied().first() {
            Some((denied, times)) => Err(Failure::new(format!(
                "the template does not let the suite work: {denied} ({times} times)"
            ))),
            None => Ok(()),
        }
    }
}

pub(super) fn instant(second: i64) -> Result<Timestamp, Failure> {
    Timestamp::from_second(second).map_err(|why| Failure::new(why.to_string()))
}

/// A plan of faults that storms while the trial lasts and is calm otherwise.
fn storms(plan: &Plan, seed: u64) -> Result<Faults, Failure> {
    let minutes = std::time::Duration::from_secs;
    let storm = EventRates {
        duplicated: 0.3,
        extra_copies: 3,
        delayed: 0.1,
        longest_delay: minutes(20 * 60),
        reordered: 0.3,
        longest_hold: minutes(3 * 60),
        ..EventRates::default()
    };
    let mut faults = Faults::seeded(seed, Rates::default());
    for trial in plan.trials.iter().filter(|it| it.what == What::Storm) {
        let rates = Rates { events: storm, ..Rates::default() };
        faults = faults
            .switched(instant(trial.from)?, rates)
            .switched(instant(trial.until)?, Rates::default());
    }
    Ok(faults)
}

/// A model that says the same to every row: the user's table names no label.
fn silent(traffic: &Traffic) -> Result<Scorer, Failure> {
    let column = |it: &super::traffic::Column| Column {
        name: it.name.clone(),
        categories: Vec::new(),
        one_hot: false,
    };
    let columns = Columns::new(traffic.columns().iter().map(column).collect());
    let weights = vec![0.0; columns.inputs()];
    let model =
        json!({"linear": {"objective": "reg:squarederror", "intercept": 0.0, "weights": weights}});
    Model::parse(model.to_string().as_bytes())
        .and_then(|model| Scorer::new(model, columns))
        .map_err(|why| Failure::new(why.to_string()))
}
