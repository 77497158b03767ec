//! Faults of the control plane reach monitors and jobs.

use std::time::Duration;

use jiff::Timestamp;
use local::{
    faults::{CallRates, Faults, LateRates, Rates},
    sagemaker::{
        Code, ProductionVariant, Refused, SageMaker,
        shape::{CreateModel, CreateMonitoringSchedule, MonitoringType, Query, ScheduleStatus},
    },
};

use super::scene::{Scene, at, definition, hourly, job};

const FAMILY: MonitoringType = MonitoringType::DataQuality;

type Act = fn(&mut SageMaker, Timestamp) -> Result<(), Refused>;

fn schedule(name: &str) -> CreateMonitoringSchedule {
    CreateMonitoringSchedule {
        monitoring_schedule_name: name.to_owned(),
        monitoring_schedule_config: hourly(FAMILY, "def"),
        tags: Vec::new(),
    }
}

const READS: [(&str, Act); 8] = [
    ("describe definition", |it, now| it.describe_job_definition(now, FAMILY, "def").map(drop)),
    ("list definitions", |it, now| {
        it.list_job_definitions(now, FAMILY, &Query::default()).map(drop)
    }),
    ("describe schedule", |it, now| it.describe_monitoring_schedule(now, "monitor").map(drop)),
    ("list schedules", |it, now| it.list_monitoring_schedules(now, &Query::default()).map(drop)),
    ("list executions", |it, now| it.list_monitoring_executions(now, &Query::default()).map(drop)),
    ("list jobs", |it, now| it.list_processing_jobs(now, &Query::default()).map(drop)),
    ("describe model", |it, now| it.describe_model(now, "churn").map(drop)),
    ("list models", |it, now| it.list_models(now, &Query::default()).map(drop)),
];

const CHANGES: [(&str, Act); 12] = [
    ("create definition", |it, now| {
        it.create_job_definition(now, FAMILY, definition(FAMILY, "new")).map(drop)
    }),
    ("create schedule", |it, now| it.create_monitoring_schedule(now, schedule("new")).map(drop)),
    ("update schedule", |it, now| {
        it.update_monitoring_schedule(now, "monitor", hourly(FAMILY, "def")).map(drop)
    }),
    ("stop schedule", |it, now| it.stop_monitoring_schedule(now, "monitor")),
    ("start schedule", |it, now| it.start_monitoring_schedule(now, "monitor")),
    ("delete schedule", |it, now| it.delete_monitoring_schedule(now, "monitor")),
    ("create job", |it, now| it.create_processing_job(now, job("new")).map(drop)),
    ("tag", |it, now| it.add_tags(now, "arn", &[("a", "b")])),
    ("create config", |it, now| {
        let variants = vec![ProductionVariant::all_traffic("churn")];
        it.create_endpoint_config(now, "new", variants, None, &[]).map(drop)
    }),
    ("create endpoint", |it, now| it.create_endpoint(now, "new", "captured", &[]).map(drop)),
    ("delete endpoint", |it, now| it.delete_endpoint(now, "churn-prod")),
    ("create model", |it, now| {
        let request = CreateModel { model_name: "new".to_owned(), ..CreateModel::default() };
        it.register_model(now, request, Err(String::new())).map(drop)
    }),
];

/// A world in which all goes well until a quarter past nine.
fn stormy(rates: Rates) -> Scene {
    let mut scene = Scene::monitored(&Faults::none().switched(at("09:15:00"), rates), FAMILY);
    scene.until("09:16:00");
    scene
}

fn counts(scene: &Scene) -> String {
    scene.sagemaker(|it, _| format!("{it:?}"))
}

#[test]
fn faults_reach_every_new_operation() {
    fn check(rates: CallRates, code: Code) {
        for (name, act) in READS.into_iter().chain(CHANGES) {
            let scene = stormy(Rates { sagemaker: rates, ..Rates::default() });
            let refused = scene.sagemaker(act).expect_err(name);
            assert_eq!(refused.code, code, "{name}");
        }
    }
    check(CallRates { throttled: 1.0, ..CallRates::default() }, Code::ThrottlingException);
    check(CallRates { error_before: 1.0, ..CallRates::default() }, Code::InternalFailure);
    check(CallRates { reply_lost: 1.0, ..CallRates::default() }, Code::ReplyLost);
}

#[test]
fn refused_change_changes_nothing() {
    let rates = CallRates { error_before: 1.0, ..CallRates::default() };
    let scene = stormy(Rates { sagemaker: rates, ..Rates::default() });
    let before = counts(&scene);
    for (_, act) in CHANGES {
        scene.sagemaker(act).unwrap_err();
    }
    assert_eq!(counts(&scene), before);
}

#[test]
fn lost_reply_leaves_the_change_made() {
    let lost = CallRates { reply_lost: 1.0, ..CallRates::default() };
    let rates = Rates { sagemaker: lost, ..Rates::default() };
    let faults =
        Faults::none().switched(at("09:15:00"), rates).switched(at("09:17:00"), Rates::default());
    let mut scene = Scene::monitored(&faults, FAMILY);
    scene.until("09:16:00");
    scene.sagemaker(|it, now| it.create_monitoring_schedule(now, schedule("new"))).unwrap_err();
    scene.until("09:18:00");
    assert_eq!(scene.status("new"), Ok(ScheduleStatus::Scheduled));
}

#[test]
fn call_applied_late_takes_effect_by_itself() {
    let late = LateRates { applied_late: 1.0, longest: Duration::from_mins(1) };
    let rates = Rates { sagemaker_late: late, ..Rates::default() };
    for (name, act) in CHANGES {
        let scene = stormy(rates.clone());
        assert_eq!(scene.sagemaker(act).expect_err(name).code, Code::ReplyLost, "{name}");
    }
    let mut scene = stormy(rates);
    scene.sagemaker(|it, now| it.create_monitoring_schedule(now, schedule("new"))).unwrap_err();
    assert_eq!(scene.status("new"), Err(Code::ResourceNotFound));
    scene.until("09:20:00");
    assert_eq!(scene.status("new"), Ok(ScheduleStatus::Scheduled));
    let happened = scene.sagemaker(|it, _| it.happened());
    assert_eq!(happened.calls_late, 1);
}
