//! The engine `sagemaker`: schedules, definitions and baseline jobs.

use super::stage::{HOUR, Hour, START, Stage};
use crate::{Done, JobSetup, Rebuilt, Reconciled};
use engine::monitor::MonitorType;
use ports::{
    Address, Analysis, BlockedWhy, EndpointRecord, EndpointRecords, Engine, Fault, JobSpec,
    JobStatus, MonitoringSchedule, Phase, ScheduleStatus, Standing, Work,
};
use settings::Settings;
use std::collections::BTreeMap;

const ROLE: &str = "arn:aws:iam::111122223333:role/vigil-monitor";
/// Baselines made elsewhere: schedules need not wait for one.
const ALL_TYPES: &str = r#"
defaults:
  engine: sagemaker
  kms_key_id: ""
  tags: {team: churn, cost-center: "42"}
  sagemaker_project_id: p-1
  sagemaker_project_name: churn
  security_group_id: sg-1,sg-2
  subnet_ids: [subnet-1]
  network_isolation: true
  data_quality: {baseline_s3_uri: "s3://made/dq/"}
  model_quality: {enabled: true, baseline_s3_uri: "s3://made/mq", ground_truth_s3_uri: "s3://labels/in/", problem_type: BinaryClassification, probability_attribute: "0", probability_threshold_attribute: 0, start_time_offset: -P3D, end_time_offset: -P1D}
  model_bias: {enabled: true, baseline_s3_uri: "s3://made/mb", ground_truth_s3_uri: "s3://labels/in", label_header: churned, label_values: ["1"], facet_name: age, facet_values: ["40"]}
  model_explainability: {enabled: true, baseline_s3_uri: "s3://made/me", label_header: churned}
"#;

pub(super) fn stage(settings: &str) -> Stage {
    let mut stage = Stage::with(settings);
    stage.jobs = JobSetup { role: Some(ROLE.into()), image: None };
    stage
}

fn record(stage: &Stage) -> EndpointRecord {
    let held = pollster::block_on(stage.shelves.endpoint("churn-prod")).expect("read");
    held.expect("a record").value
}

fn look(stage: &mut Stage) -> Reconciled {
    let work = Work::ReconcileEndpoint { endpoint: "churn-prod".into() };
    match stage.once(&work) {
        Ok(Done::Reconciled(it)) => it,
        other => panic!("{other:?}"),
    }
}

/// Looks until nothing changes any more.
pub(super) fn converge(stage: &mut Stage) {
    for _ in 0..20 {
        let before = stage.inner().changes().len();
        look(stage);
        stage.inner().settle_schedules();
        if stage.inner().changes().len() == before {
            return;
        }
    }
    panic!("schedules do not come to rest");
}

fn is_settled(stage: &Stage) -> bool {
    record(stage).monitors.iter().all(|it| it.standing == Standing::Settled)
}

#[test]
fn schedules_of_all_types_are_set_up() {
    let mut stage = stage(ALL_TYPES);
    stage.serve("churn-prod", true);
    converge(&mut stage);
    assert!(is_settled(&stage), "{:?}", record(&stage).monitors);
    let names: Vec<String> = stage.inner().schedules().into_iter().map(|it| it.name).collect();
    let expect = ["data-quality", "model-bias", "model-explainability", "model-quality"];
    assert_eq!(names, expect.map(|it| format!("vigil-churn-prod-{it}")));
    for it in stage.inner().definitions() {
        assert!(it.name.starts_with("vigil-churn-prod-") && it.name.len() <= 63, "{}", it.name);
        assert_eq!(
            (it.role.as_str(), it.output.s3_uri.as_str()),
            (ROLE, "s3://vigil/vigil/reports")
        );
        let network = (it.network.security_groups.len(), it.network.subnets.len());
        assert_eq!((network, it.network.isolate, it.network.encrypt_traffic), ((2, 1), true, true));
        assert_eq!(it.tags["vigil:managed"], "true");
        assert_eq!(it.tags["sagemaker:project-id"], "p-1");
        assert_eq!(it.cluster.instance_type, "ml.m5.large");
        let runtime = if it.analysis.kind() == MonitorType::DataQuality { 3600 } else { 1800 };
        assert_eq!(it.max_runtime_seconds, Some(runtime));
    }
    assert_eq!(stage.inner().definitions().len(), 4, "the question is gone");
    let before = stage.inner().changes().len();
    look(&mut stage);
    assert_eq!(stage.inner().changes().len(), before, "what is settled is left alone");
}

#[test]
fn defect_26_threshold_of_zero_is_sent() {
    let mut stage = stage(ALL_TYPES);
    stage.serve("churn-prod", true);
    converge(&mut stage);
    let all = stage.inner().definitions();
    let quality = all.iter().find(|it| it.analysis.kind() == MonitorType::ModelQuality);
    assert_eq!(quality.expect("a definition").input.probability_threshold, Some(0.0));
}

#[test]
fn defect_27_empty_key_is_never_sent() {
    let mut stage = stage(ALL_TYPES);
    stage.serve("churn-prod", true);
    converge(&mut stage);
    for it in stage.inner().definitions() {
        assert_eq!((it.output_key, it.cluster.volume_key), (None, None), "{}", it.name);
        assert_eq!(it.network.security_groups, ["sg-1", "sg-2"]);
    }
}

#[test]
fn defect_03_no_key_has_two_slashes() {
    let mut stage = stage(ALL_TYPES);
    stage.serve("churn-prod", true);
    converge(&mut stage);
    for it in stage.inner().definitions() {
        let constraints = it.analysis.constraints().expect("constraints").to_owned();
        let all = format!("{constraints} {:?} {}", it.analysis, it.output.s3_uri);
        assert!(!all.replace("s3://", "").contains("//"), "{all}");
    }
}

/// Labels in any layout are read where they are laid out anew, those in AWS's layout where they are.
#[test]
fn definitions_point_to_labels_by_hours() {
    #[track_caller]
    fn check(settings: &str, expect: &str) {
        let mut stage = stage(settings);
        stage.serve("churn-prod", true);
        converge(&mut stage);
        let mut labels = Vec::new();
        for it in stage.inner().definitions() {
            match it.analysis {
                Analysis::ModelQuality { ground_truth, .. }
                | Analysis::ModelBias { ground_truth, .. } => labels.push(ground_truth),
                _ => {}
            }
        }
        assert_eq!(labels, [expect, expect]);
    }
    check(ALL_TYPES, "s3://labels/in");
    let any = "defaults:\n  ground_truth: {s3_uri: \"s3://labels/any/\"}";
    let any = ALL_TYPES.replace("defaults:", any);
    check(&any, "s3://vigil/vigil/ground-truth/churn-prod");
    let only = any.replace(r#"ground_truth_s3_uri: "s3://labels/in/", "#, "");
    let only = only.replace(r#"ground_truth_s3_uri: "s3://labels/in", "#, "");
    check(&only, "s3://vigil/vigil/ground-truth/churn-prod");
}

#[test]
fn defect_22_labels_may_come_late() {
    let mut stage = stage(ALL_TYPES);
    stage.serve("churn-prod", true);
    converge(&mut stage);
    let all = stage.inner().definitions();
    let quality = all.iter().find(|it| it.analysis.kind() == MonitorType::ModelQuality);
    let input = &quality.expect("a definition").input;
    assert_eq!(input.start_offset.as_deref(), Some("-P3D"));
    assert_eq!(input.end_offset.as_deref(), Some("-P1D"));
}

#[test]
fn defect_06_clarify_asks_a_model_not_an_endpoint() {
    let mut stage = stage(ALL_TYPES);
    stage.serve("churn-prod", true);
    converge(&mut stage);
    let configs: Vec<String> = stage
        .inner()
        .objects()
        .into_iter()
        .filter(|(at, _)| at.key.contains("model_explainability/configs/"))
        .map(|(_, bytes)| String::from_utf8(bytes).expect("text"))
        .collect();
    assert_eq!(configs.len(), 1);
    assert!(configs[0].contains(r#""model_name": "churn-7""#), "{}", configs[0]);
}

#[test]
fn defect_28_change_keeps_schedule_and_history() {
    let mut stage = stage(ALL_TYPES);
    stage.serve("churn-prod", true);
    converge(&mut stage);
    let before = stage.inner().schedules();
    let larger =
        ALL_TYPES.replace("data_quality: {", "data_quality: {instance_type: ml.m5.4xlarge, ");
    stage.settings = Settings::parse(&larger).expect("settings");
    let made = stage.inner().changes().len();
    converge(&mut stage);
    let after = stage.inner().schedules();
    assert_ne!(before[0].definition, after[0].definition);
    assert_eq!(before[1..], after[1..]);
    assert_eq!(stage.inner().definitions().len(), 4, "the old definition is gone");
    let done: Vec<String> = stage.inner().changes()[made..]
        .iter()
        .filter_map(|it| it.split(' ').next().map(str::to_owned))
        .collect();
    assert_eq!(done, ["create_definition", "update_schedule", "delete_definition"]);
}

#[test]
fn stopped_schedule_is_started_again() {
    let mut stage = stage(ALL_TYPES);
    stage.serve("churn-prod", true);
    converge(&mut stage);
    let mut stopped = stage.inner().schedules()[0].clone();
    stopped.status = ScheduleStatus::Stopped;
    stage.inner().set_schedule(stopped);
    converge(&mut stage);
    assert_eq!(stage.inner().schedules()[0].status, ScheduleStatus::Scheduled);
}

#[test]
fn deleted_endpoint_leaves_nothing() {
    let mut stage = stage(ALL_TYPES);
    stage.serve("churn-prod", true);
    converge(&mut stage);
    stage.inner().remove_endpoint("churn-prod");
    let made = stage.inner().changes().len();
    look(&mut stage);
    let locked =
        stage.inner().changes()[made..].iter().any(|it| it.starts_with("delete_definition"));
    assert!(!locked, "definitions are locked until their schedules are gone");
    for _ in 0..4 {
        stage.inner().settle_schedules();
        stage.settle();
        look(&mut stage);
    }
    assert_eq!(stage.inner().schedules(), []);
    assert_eq!(stage.inner().definitions(), []);
    let held = pollster::block_on(stage.shelves.endpoint("churn-prod")).expect("read");
    assert_eq!(held, None);
}

#[test]
fn blocked_endpoint_rests_its_schedules() {
    let mut stage = stage(ALL_TYPES);
    stage.serve("churn-prod", true);
    converge(&mut stage);
    stage.serve("churn-prod", false);
    converge(&mut stage);
    let all = stage.inner().schedules();
    assert!(all.iter().all(|it| it.status == ScheduleStatus::Stopped), "{all:?}");
    stage.serve("churn-prod", true);
    converge(&mut stage);
    let all = stage.inner().schedules();
    assert!(all.iter().all(|it| it.status == ScheduleStatus::Scheduled), "{all:?}");
}

#[test]
fn what_is_not_tagged_is_never_touched() {
    let mut stage = stage(ALL_TYPES);
    stage.serve("churn-prod", true);
    let foreign = |name: &str| MonitoringSchedule {
        name: name.into(),
        arn: format!("arn:aws:sagemaker:eu-west-1:111122223333:monitoring-schedule/{name}"),
        status: ScheduleStatus::Scheduled,
        kind: Some(MonitorType::DataQuality),
        definition: Some("somebody-elses".into()),
        expression: None,
        endpoint: Some("churn-prod".into()),
        failure: None,
        created_ms: 1,
        modified_ms: 1,
        tags: BTreeMap::new(),
    };
    let names = ["vigil-churn-prod-data-quality", "vigil-by-hand", "nightly"];
    for name in names {
        stage.inner().set_schedule(foreign(name));
    }
    converge(&mut stage);
    stage.inner().remove_endpoint("churn-prod");
    for _ in 0..4 {
        look(&mut stage);
        stage.inner().settle_schedules();
    }
    let left: Vec<String> = stage.inner().schedules().into_iter().map(|it| it.name).collect();
    assert_eq!(left.len(), 3);
    let touched = |it: &String| names.iter().any(|name| it.ends_with(&format!(" {name}")));
    assert!(!stage.inner().changes().iter().any(touched), "{:?}", stage.inner().changes());
}

#[test]
fn stuck_monitor_says_which_setting_is_missing() {
    let mut stage = stage(&ALL_TYPES.replace("ground_truth_s3_uri: \"s3://labels/in/\", ", ""));
    stage.serve("churn-prod", true);
    converge(&mut stage);
    let record = record(&stage);
    let quality = record.monitors.iter().find(|it| it.kind == MonitorType::ModelQuality);
    let Standing::Stuck { why, .. } = &quality.expect("a monitor").standing else { panic!() };
    assert_eq!(why, "the setting model_quality.ground_truth_s3_uri is not set");
    assert_eq!(stage.inner().schedules().len(), 3, "the others go on");
}

#[test]
fn refused_account_is_a_state() {
    let mut stage = stage("defaults: {engine_retry: 2d}");
    stage.inner().close_monitoring("Model Monitor takes no new customers");
    stage.serve("churn-prod", true);
    look(&mut stage);
    let first = record(&stage);
    assert_eq!(first.engine.runs, Engine::Native);
    assert_eq!(first.engine.why.as_deref(), Some("Model Monitor takes no new customers"));
    assert_eq!(first.monitors.len(), 1);
    // Asked once; again when the time is over.
    stage.inner().open_monitoring();
    stage.now += HOUR;
    look(&mut stage);
    assert_eq!(record(&stage).engine, first.engine);
    stage.now += 2 * 86_400;
    look(&mut stage);
    assert_eq!(record(&stage).engine.runs, Engine::Sagemaker);
}

#[test]
fn refused_account_blocks_who_insists() {
    let mut stage = stage("defaults: {engine: sagemaker}");
    stage.inner().close_monitoring("Model Monitor takes no new customers");
    stage.serve("churn-prod", true);
    let done = look(&mut stage);
    assert_eq!(done, Reconciled::Decided(Phase::Blocked(BlockedWhy::EngineRefused)));
    assert!(record(&stage).why.contains("takes no new customers"), "{}", record(&stage).why);
}

#[test]
fn account_that_closes_later_settles_on_native() {
    let settings = ALL_TYPES.replace("engine: sagemaker", "engine: auto");
    let mut stage = stage(&settings);
    stage.serve("churn-prod", true);
    look(&mut stage);
    assert_eq!(record(&stage).engine.runs, Engine::Sagemaker);
    stage.inner().close_monitoring("closed on 2026-07-30");
    look(&mut stage);
    look(&mut stage);
    let record = record(&stage);
    assert_eq!(record.engine.runs, Engine::Native);
    assert_eq!(record.monitors[0].engine, Engine::Native);
}

#[test]
fn paused_suite_changes_nothing_on_aws() {
    let paused = format!("changes: paused\n{ALL_TYPES}");
    let mut stage = stage(&paused);
    stage.serve("churn-prod", true);
    look(&mut stage);
    assert_eq!(stage.inner().changes(), Vec::<String>::new());
    stage.settings = Settings::parse(ALL_TYPES).expect("settings");
    converge(&mut stage);
    stage.settings = Settings::parse(&paused).expect("settings");
    let made = stage.inner().changes().len();
    stage.inner().remove_endpoint("churn-prod");
    look(&mut stage);
    stage.settle();
    look(&mut stage);
    assert_eq!(stage.inner().changes().len(), made);
    // Once changes are on again, what is left over goes.
    stage.settings = Settings::parse(ALL_TYPES).expect("settings");
    for _ in 0..4 {
        look(&mut stage);
        stage.inner().settle_schedules();
        stage.settle();
    }
    assert_eq!(stage.inner().schedules(), []);
}

#[test]
fn every_single_fault_converges_all_the_same() {
    let calls = {
        let mut stage = stage(ALL_TYPES);
        stage.serve("churn-prod", true);
        converge(&mut stage);
        stage.world.calls()
    };
    for fault in Fault::ALL {
        for call in 1..=calls {
            let mut stage = stage(ALL_TYPES);
            stage.serve("churn-prod", true);
            stage.world.fail_at(call, fault);
            let look = Work::ReconcileEndpoint { endpoint: "churn-prod".into() };
            for _ in 0..12 {
                let _ = stage.once(&look);
                stage.world.revive();
                pollster::block_on(stage.world.settle());
                stage.inner().settle_schedules();
            }
            assert!(is_settled(&stage), "{fault:?} at {call}: {:?}", record(&stage).monitors);
            assert_eq!(stage.inner().schedules().len(), 4, "{fault:?} at {call}");
            assert_eq!(stage.inner().definitions().len(), 4, "{fault:?} at {call}");
        }
    }
}

const BY_JOB: &str = "defaults:\n  engine: sagemaker\n  kms_key_id: key-1\n  security_group_id: sg-1\n  subnet_ids: [subnet-1]\n  baseline: {training_data_s3_uri: \"s3://ml-training/churn.csv\", instance_type: ml.m5.2xlarge, volume_size_gb: 21, output_data_s3_uri: \"s3://copies/all/\"}\n";

fn the_job(stage: &Stage) -> JobSpec {
    let all = stage.inner().job_specs();
    assert_eq!(all.len(), 1, "one job");
    all.into_iter().next().expect("a job")
}

fn wanted() -> Work {
    let kind = MonitorType::DataQuality;
    let monitor = engine::monitor::Monitor {
        endpoint: "churn-prod".into(),
        variant: "AllTraffic".into(),
        kind,
    };
    Work::RebuildBaseline { monitor }
}

fn rebuilt(stage: &mut Stage, work: &Work) -> Rebuilt {
    match stage.once(work) {
        Ok(Done::Rebuilt(it)) => it,
        other => panic!("{other:?}"),
    }
}

/// Writes what AWS's analyzer would: here, what the native one makes of the same data.
fn finish(stage: &Stage, job: &JobSpec, shift: f64) {
    let mut native = Stage::new();
    if shift != 0.0 {
        native.train(Hour { shift, ..Hour::of(1) });
    }
    native.serve("churn-prod", true);
    native.advance(START + HOUR);
    for (at, bytes) in native.inner().objects() {
        let file = at.key.rsplit('/').next().unwrap_or_default();
        if at.key.contains("/versions/") && file != "manifest.json" {
            let to = Address::parse(&job.outputs[0].s3_uri).expect("a place");
            stage.inner().set_object(&Address::new(to.bucket, format!("{}/{file}", to.key)), bytes);
        }
    }
    stage.inner().end_job(&job.name, JobStatus::Completed, None);
}

#[test]
fn defect_02_schedules_read_the_promoted_baseline() {
    let mut stage = stage(BY_JOB);
    stage.serve("churn-prod", true);
    look(&mut stage);
    converge(&mut stage);
    assert_eq!(stage.inner().schedules(), [], "defect 10: schedules wait for the baseline");
    assert!(matches!(rebuilt(&mut stage, &wanted()), Rebuilt::Started { .. }));
    let job = the_job(&stage);
    finish(&stage, &job, 0.0);
    let done = rebuilt(&mut stage, &Work::CheckBaseline { job: job.name.clone() });
    let Rebuilt::Promoted { version } = done else { panic!("{done:?}") };
    converge(&mut stage);
    let folder =
        format!("s3://vigil/vigil/baselines/churn-prod/AllTraffic/data_quality/versions/{version}");
    let all = stage.inner().definitions();
    let Analysis::DataQuality { constraints, statistics, .. } = &all[0].analysis else { panic!() };
    assert_eq!(constraints.as_deref(), Some(format!("{folder}/constraints.json").as_str()));
    assert_eq!(statistics.as_deref(), Some(format!("{folder}/statistics.json").as_str()));
    let copy = "all/churn-prod/AllTraffic/data_quality/constraints.json";
    assert!(stage.inner().object(&Address::new("copies", copy)).is_some());
    assert!(matches!(rebuilt(&mut stage, &wanted()), Rebuilt::Unchanged { .. }), "defect 11");
}

#[test]
fn defect_12_baseline_jobs_keep_network_and_key() {
    let mut stage = stage(BY_JOB);
    stage.serve("churn-prod", true);
    look(&mut stage);
    rebuilt(&mut stage, &wanted());
    let job = the_job(&stage);
    assert_eq!(job.output_key.as_deref(), Some("key-1"));
    assert_eq!(job.cluster.volume_key.as_deref(), Some("key-1"));
    assert_eq!((job.network.subnets.len(), job.network.security_groups.len()), (1, 1));
    // Defect 7: instance, volume and runtime of the settings are used.
    assert_eq!((job.cluster.instance_type.as_str(), job.cluster.volume_gb), ("ml.m5.2xlarge", 21));
    assert_eq!(
        job.environment["dataset_format"],
        r#"{"csv":{"header":true,"output_columns_position":"START"}}"#
    );
    assert!(job.name.starts_with("vigil-baseline-churn-prod-AllTraffic") && job.name.len() <= 63);
}

#[test]
fn defect_18_second_event_starts_no_second_job() {
    for fault in [None, Some(Fault::ReplyLost), Some(Fault::AppliedLater), Some(Fault::KilledAfter)]
    {
        let mut stage = stage(BY_JOB);
        stage.serve("churn-prod", true);
        look(&mut stage);
        let before = stage.world.calls();
        let calls = {
            let mut twin = self::stage(BY_JOB);
            twin.serve("churn-prod", true);
            look(&mut twin);
            let before = twin.world.calls();
            rebuilt(&mut twin, &wanted());
            twin.world.calls() - before
        };
        if let Some(fault) = fault {
            stage.world.fail_at(before + calls, fault);
        }
        let _ = stage.once(&wanted());
        stage.world.revive();
        pollster::block_on(stage.world.settle());
        for _ in 0..3 {
            assert!(matches!(rebuilt(&mut stage, &wanted()), Rebuilt::Started { .. }));
            stage.now += 60;
        }
        the_job(&stage);
    }
}

#[test]
fn failed_job_keeps_its_reason_and_waits() {
    let mut stage = stage(BY_JOB);
    stage.serve("churn-prod", true);
    look(&mut stage);
    rebuilt(&mut stage, &wanted());
    let job = the_job(&stage);
    let check = Work::CheckBaseline { job: job.name.clone() };
    stage.inner().end_job(&job.name, JobStatus::Stopping, None);
    assert!(matches!(rebuilt(&mut stage, &check), Rebuilt::Started { .. }), "defect 17");
    stage.inner().end_job(&job.name, JobStatus::Failed, Some("AlgorithmError: exit code: 137"));
    let Rebuilt::Failed { why, .. } = rebuilt(&mut stage, &check) else { panic!() };
    assert!(why.contains("ran out of memory") && why.contains("exit code: 137"), "{why}");
    assert!(matches!(rebuilt(&mut stage, &wanted()), Rebuilt::Failed { .. }));
    assert_eq!(stage.inner().job_specs().len(), 1);
    stage.now += 7 * HOUR;
    assert!(matches!(rebuilt(&mut stage, &wanted()), Rebuilt::Started { .. }));
    assert_eq!(stage.inner().job_specs().len(), 2);
}

#[test]
fn defect_11_far_baseline_is_held_with_a_diff() {
    let mut stage = stage(BY_JOB);
    stage.serve("churn-prod", true);
    look(&mut stage);
    rebuilt(&mut stage, &wanted());
    let first = the_job(&stage);
    finish(&stage, &first, 0.0);
    let done = rebuilt(&mut stage, &Work::CheckBaseline { job: first.name.clone() });
    let Rebuilt::Promoted { version: before } = done else { panic!("{done:?}") };
    stage.train(Hour { shift: 2.0, ..Hour::of(1) });
    rebuilt(&mut stage, &wanted());
    let second = stage.inner().job_specs().into_iter().find(|it| it.name != first.name);
    let second = second.expect("a job");
    finish(&stage, &second, 2.0);
    let check = Work::CheckBaseline { job: second.name.clone() };
    let Rebuilt::Held { why } = rebuilt(&mut stage, &check) else { panic!() };
    assert!(why.contains("age moved up") && why.contains("distance 0."), "{why}");
    let Work::RebuildBaseline { monitor } = wanted() else { unreachable!() };
    let held = pollster::block_on(ports::BaselineJobs::held(&stage.shelves, &monitor));
    let held = held.expect("read").expect("held").value;
    assert_eq!(held.against.as_deref(), Some(before.as_str()));
    let age = held.changes.iter().find(|it| it.feature.as_deref() == Some("age"));
    assert!(0.3 < age.expect("age").effect, "{held:?}");
    assert!(!format!("{held:?}").contains(super::stage::CANARY));
    // A person takes it by its version.
    let accept = BY_JOB
        .replace("instance_type:", &format!("accept_version: {}, instance_type:", held.version));
    stage.settings = Settings::parse(&accept).expect("settings");
    let done = rebuilt(&mut stage, &wanted());
    assert_eq!(done, Rebuilt::Promoted { version: held.version });
}

#[test]
fn paused_suite_builds_no_baseline() {
    let mut stage = stage(BY_JOB);
    stage.serve("churn-prod", true);
    look(&mut stage);
    stage.settings = Settings::parse(&format!("changes: paused\n{BY_JOB}")).expect("settings");
    let Rebuilt::Skipped { why } = rebuilt(&mut stage, &wanted()) else { panic!() };
    assert_eq!(why, "changes are paused");
    assert_eq!(stage.inner().job_specs(), []);
}

#[test]
fn large_window_goes_to_a_job() {
    let settings = "defaults:\n  engine: native\n  job_window_megabytes: 1\n  baseline: {training_data_s3_uri: \"s3://ml-training/churn.csv\"}\n";
    let mut stage = stage(settings);
    stage.jobs.image = Some("111122223333.dkr.ecr.eu-west-1.amazonaws.com/vigil:1".into());
    stage.serve("churn-prod", true);
    // Some 320 bytes a record: 3500 are more than a megabyte.
    stage.capture("churn-prod", START, Hour::of(3500));
    stage.advance(START + HOUR + 1800);
    let job = the_job(&stage);
    assert!(job.name.starts_with("vigil-window-churn-prod") && job.name.len() <= 63);
    let folder = "s3://vigil/vigil/reports/churn-prod/churn-prod-data-quality/2026/03/02/01";
    assert_eq!(job.outputs[0].s3_uri, folder);
    assert_eq!(job.environment["start_time"], "2026-03-02T00:00:00Z");
    let captures = &job.inputs[2];
    assert_eq!(captures.s3_uri, "s3://ml-capture/capture/churn-prod/AllTraffic/2026/03/02/00/");
    assert!(captures.local_path.ends_with("/churn-prod/AllTraffic/2026/03/02/00"));
    // What the container writes: the statistics of the same rows.
    let mut small = Stage::new();
    small.serve("churn-prod", true);
    small.capture("churn-prod", START, Hour { shift: 1.0, ..Hour::of(400) });
    small.advance(START + HOUR + 1800);
    for (at, bytes) in small.inner().objects() {
        if at.key.contains("/2026/03/02/01/") && at.key.contains("statistics") {
            stage.inner().set_object(&at, bytes);
        }
    }
    stage.inner().end_job(&job.name, JobStatus::Completed, None);
    let done = stage.once(&Work::FinishWindow { job: job.name.clone() });
    let Ok(Done::Analyzed(crate::Analyzed::Judged { state, .. })) = done else {
        panic!("{done:?}")
    };
    assert_eq!(state, engine::finding::State::Drift);
    stage.advance(START + 2 * HOUR);
    assert_eq!(stage.inner().job_specs().len(), 1, "one window, one job");
}

#[test]
fn defect_02_native_monitor_reads_a_baseline_made_elsewhere() {
    let settings = "defaults:\n  engine: native\n  data_quality: {baseline_s3_uri: \"s3://made/dq/\", output_s3_uri: \"s3://copies/reports/\"}\n";
    let mut stage = stage(settings);
    let mut native = Stage::new();
    native.serve("churn-prod", true);
    native.advance(START + HOUR);
    for (at, bytes) in native.inner().objects() {
        let file = at.key.rsplit('/').next().unwrap_or_default();
        if at.key.contains("/versions/") && file != "manifest.json" {
            stage.inner().set_object(&Address::new("made", format!("dq/{file}")), bytes);
        }
    }
    stage.serve("churn-prod", true);
    stage.capture("churn-prod", START, Hour { scale: Some(100.0), ..Hour::of(400) });
    stage.advance(START + HOUR + 1800);
    assert!(stage.alerts()[0].contains("100 times too large"), "{:?}", stage.alerts());
    let copy =
        "reports/churn-prod/churn-prod-data-quality/2026/03/02/01/constraint_violations.json";
    assert!(stage.inner().object(&Address::new("copies", copy)).is_some());
    assert_eq!(stage.refusals, Vec::<String>::new());
}
