//! What schedules, definitions and jobs keep to.

use crate::{
    Analysis, CallFailed, ChangeDefinitions, ChangeSchedules, Cluster, DescribeJobs,
    ExecutionQuery, JobDefinition, JobNetwork, JobOutput, JobSpec, ListExecutions, MonitorInput,
    ProblemType, ReadDefinitions, ReadSchedules, ScheduleSpec, ScheduleStatus, Scripts, StartJobs,
    StopJobs, Upload, WriteTags,
};
use engine::monitor::MonitorType;
use std::collections::BTreeMap;

const ROLE: &str = "arn:aws:iam::111122223333:role/monitor";
const IMAGE: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/analyzer";

fn tags() -> BTreeMap<String, String> {
    BTreeMap::from([("vigil:managed".into(), "true".into()), ("team".into(), "ml".into())])
}

fn cluster() -> Cluster {
    Cluster {
        instance_count: 1,
        instance_type: "ml.m5.large".into(),
        volume_gb: 20,
        volume_key: None,
    }
}

fn analysis(kind: MonitorType) -> Analysis {
    let file = |name: &str| Some(format!("s3://bucket/baseline/{name}"));
    let (constraints, config) = (file("constraints.json"), "s3://bucket/config.json".to_owned());
    let ground_truth = "s3://bucket/labels".to_owned();
    let scripts = Scripts::default();
    match kind {
        MonitorType::DataQuality => {
            Analysis::DataQuality { scripts, constraints, statistics: file("statistics.json") }
        }
        MonitorType::ModelQuality => {
            let problem = ProblemType::BinaryClassification;
            Analysis::ModelQuality { scripts, problem, ground_truth, constraints }
        }
        MonitorType::ModelBias => Analysis::ModelBias { config, ground_truth, constraints },
        MonitorType::ModelExplainability => Analysis::ModelExplainability { config, constraints },
    }
}

fn definition(kind: MonitorType, name: &str, endpoint: &str) -> JobDefinition {
    let output = JobOutput {
        name: String::new(),
        s3_uri: "s3://bucket/reports".into(),
        local_path: "/opt/ml/processing/output".into(),
        upload: Upload::EndOfJob,
    };
    JobDefinition {
        name: name.into(),
        image: IMAGE.into(),
        environment: BTreeMap::from([("publish_cloudwatch_metrics".into(), "Enabled".into())]),
        analysis: analysis(kind),
        input: MonitorInput {
            endpoint: endpoint.into(),
            local_path: "/opt/ml/processing/input/endpoint".into(),
            probability_attribute: (kind != MonitorType::DataQuality).then(|| "0".into()),
            probability_threshold: (kind == MonitorType::ModelQuality).then_some(0.0),
            ..MonitorInput::default()
        },
        output,
        output_key: None,
        cluster: cluster(),
        network: JobNetwork { encrypt_traffic: true, ..JobNetwork::default() },
        role: ROLE.into(),
        max_runtime_seconds: Some(1800),
        tags: tags(),
    }
}

/// Definitions and schedules of every type come, change and go in their order.
///
/// `endpoint` is in service; `settle` lets pending changes come about.
pub async fn monitoring<W>(world: &W, endpoint: &str, settle: impl Fn())
where
    W: ReadDefinitions + ChangeDefinitions + ReadSchedules + ChangeSchedules + WriteTags,
{
    for kind in MonitorType::ALL {
        one_type(world, endpoint, kind, &settle).await;
    }
}

async fn one_type<W>(world: &W, endpoint: &str, kind: MonitorType, settle: &impl Fn())
where
    W: ReadDefinitions + ChangeDefinitions + ReadSchedules + ChangeSchedules + WriteTags,
{
    let name = format!("vigil-{}", kind.word().replace('_', "-"));
    let (first, second) = (format!("{name}-1"), format!("{name}-2"));
    let missing = world.describe_definition(kind, &first).await;
    assert!(matches!(missing, Err(CallFailed::Missing)), "{missing:?}");
    for it in [&first, &second] {
        world.create_definition(&definition(kind, it, endpoint)).await.expect("create");
    }
    let again = world.create_definition(&definition(kind, &first, endpoint)).await;
    assert!(matches!(again, Err(CallFailed::Exists)), "{again:?}");
    let read = world.describe_definition(kind, &first).await.expect("describe");
    assert_eq!(read, definition(kind, &first, endpoint), "it is what was asked for");
    assert_eq!(definitions(world, kind, endpoint).await, [first.as_str(), &second]);
    assert!(definitions(world, kind, "nobody-has-this-name").await.is_empty());

    let spec = |definition: &str| ScheduleSpec {
        name: name.clone(),
        kind,
        definition: definition.into(),
        expression: "cron(0 * ? * * *)".into(),
        tags: tags(),
    };
    let missing = world.describe_schedule(&name).await;
    assert!(matches!(missing, Err(CallFailed::Missing)), "{missing:?}");
    world.create_schedule(&spec(&first)).await.expect("create");
    let again = world.create_schedule(&spec(&first)).await;
    assert!(matches!(again, Err(CallFailed::Exists)), "{again:?}");
    settle();
    let read = world.describe_schedule(&name).await.expect("describe");
    assert_eq!((read.status, read.kind), (ScheduleStatus::Scheduled, Some(kind)));
    assert_eq!(read.definition.as_deref(), Some(first.as_str()));
    assert_eq!(read.endpoint.as_deref(), Some(endpoint));
    assert_eq!(read.expression.as_deref(), Some("cron(0 * ? * * *)"));
    assert_eq!(read.tags, tags());
    world.add_tags(&read.arn, &BTreeMap::from([("more".into(), "1".into())])).await.expect("tag");
    assert_eq!(world.describe_schedule(&name).await.expect("describe").tags.len(), 3);

    world.update_schedule(&spec(&second)).await.expect("update");
    settle();
    let read = world.describe_schedule(&name).await.expect("describe");
    assert_eq!(read.definition.as_deref(), Some(second.as_str()));
    world.stop_schedule(&name).await.expect("stop");
    settle();
    let read = world.describe_schedule(&name).await.expect("describe");
    assert_eq!(read.status, ScheduleStatus::Stopped);
    world.start_schedule(&name).await.expect("start");
    settle();
    assert_eq!(schedules(world, endpoint).await, [name.as_str()]);

    let locked = world.delete_definition(kind, &second).await;
    assert!(matches!(locked, Err(CallFailed::Busy(_))), "held by the schedule: {locked:?}");
    world.delete_definition(kind, &first).await.expect("nobody holds it");
    world.delete_schedule(&name).await.expect("delete");
    settle();
    let gone = world.describe_schedule(&name).await;
    assert!(matches!(gone, Err(CallFailed::Missing)), "{gone:?}");
    let gone = world.delete_schedule(&name).await;
    assert!(matches!(gone, Err(CallFailed::Missing)), "{gone:?}");
    world.delete_definition(kind, &second).await.expect("delete");
    let gone = world.delete_definition(kind, &second).await;
    assert!(matches!(gone, Err(CallFailed::Missing)), "{gone:?}");
}

async fn definitions(world: &impl ReadDefinitions, kind: MonitorType, of: &str) -> Vec<String> {
    let (mut names, mut from) = (Vec::new(), None);
    loop {
        let page = world.list_definitions(kind, of, from.as_deref()).await.expect("list");
        names.extend(page.definitions.into_iter().map(|it| it.name));
        from = page.next;
        if from.is_none() {
            names.sort();
            return names;
        }
    }
}

async fn schedules(world: &impl ReadSchedules, endpoint: &str) -> Vec<String> {
    let (mut names, mut from) = (Vec::new(), None);
    loop {
        let page = world.list_schedules(Some(endpoint), from.as_deref()).await.expect("list");
        names.extend(page.schedules.into_iter().map(|it| it.name));
        from = page.next;
        if from.is_none() {
            names.sort();
            return names;
        }
    }
}

/// A schedule whose change is pending takes no other change.
///
/// `endpoint` is in service; nothing settles between two calls.
pub async fn pending_schedules<W>(world: &W, endpoint: &str)
where
    W: ChangeDefinitions + ChangeSchedules,
{
    let kind = MonitorType::DataQuality;
    let spec = ScheduleSpec {
        name: "vigil-pending".into(),
        kind,
        definition: "vigil-pending-1".into(),
        expression: "cron(0 * ? * * *)".into(),
        tags: tags(),
    };
    world.create_definition(&definition(kind, &spec.definition, endpoint)).await.expect("create");
    world.create_schedule(&spec).await.expect("create");
    let deleted = world.delete_schedule(&spec.name).await;
    assert!(matches!(deleted, Err(CallFailed::Busy(_))), "{deleted:?}");
    let stopped = world.stop_schedule(&spec.name).await;
    assert!(matches!(stopped, Err(CallFailed::Busy(_))), "{stopped:?}");
}

/// A job of a name runs once; it is described, and stopped.
pub async fn jobs<W: StartJobs + DescribeJobs + StopJobs>(world: &W) {
    let spec = JobSpec {
        name: "vigil-job-1".into(),
        image: IMAGE.into(),
        entrypoint: Vec::new(),
        arguments: Vec::new(),
        environment: BTreeMap::from([("output_path".into(), "/opt/ml/processing/output".into())]),
        inputs: vec![crate::JobInput {
            name: "dataset".into(),
            s3_uri: "s3://bucket/train.csv".into(),
            local_path: "/opt/ml/processing/input".into(),
        }],
        outputs: vec![JobOutput {
            name: "result".into(),
            s3_uri: "s3://bucket/staging/vigil-job-1".into(),
            local_path: "/opt/ml/processing/output".into(),
            upload: Upload::EndOfJob,
        }],
        output_key: None,
        cluster: cluster(),
        network: JobNetwork::default(),
        role: ROLE.into(),
        max_runtime_seconds: Some(3600),
        tags: tags(),
    };
    let missing = world.describe_job(&spec.name).await;
    assert!(matches!(missing, Err(CallFailed::Missing)), "{missing:?}");
    world.start_job(&spec).await.expect("start");
    let again = world.start_job(&spec).await;
    assert!(matches!(again, Err(CallFailed::Exists)), "{again:?}");
    let job = world.describe_job(&spec.name).await.expect("describe");
    assert_eq!((&job.name, &job.image), (&spec.name, &spec.image));
    assert_eq!((&job.outputs, &job.inputs), (&spec.outputs, &spec.inputs));
    assert_eq!((&job.environment, job.schedule_name()), (&spec.environment, None));
    world.stop_job(&spec.name).await.expect("stop");
    let job = world.describe_job(&spec.name).await.expect("describe");
    assert_ne!(job.status, crate::JobStatus::InProgress);
    world.stop_job(&spec.name).await.expect("it is stopped already");
    let missing = world.stop_job("nobody-has-this-name").await;
    assert!(matches!(missing, Err(CallFailed::Missing)), "{missing:?}");
}

/// Executions come latest first, within the times that were asked for.
///
/// The schedule has run at these times, in seconds since 1970 and rising.
pub async fn executions(world: &impl ListExecutions, schedule: &str, ran: &[i64]) {
    let list = async |query: ExecutionQuery| {
        let (mut times, mut from) = (Vec::new(), None);
        loop {
            let page = world.list_executions(&query, from.as_deref()).await.expect("list");
            times.extend(page.executions.into_iter().map(|it| it.scheduled_at));
            from = page.next;
            if from.is_none() {
                return times;
            }
        }
    };
    let of = || ExecutionQuery { schedule: Some(schedule.into()), ..ExecutionQuery::default() };
    let latest_first: Vec<i64> = ran.iter().rev().copied().collect();
    assert_eq!(list(of()).await, latest_first);
    let (first, last) = (ran[0], ran[ran.len() - 1]);
    let from = ExecutionQuery { scheduled_from: Some(last), ..of() };
    assert_eq!(list(from).await, [last], "from is included");
    let to = ExecutionQuery { scheduled_to: Some(first), ..of() };
    assert_eq!(list(to).await, [first], "to is included");
    let other = ExecutionQuery { schedule: Some("nobody".into()), ..ExecutionQuery::default() };
    assert!(list(other).await.is_empty());
}
