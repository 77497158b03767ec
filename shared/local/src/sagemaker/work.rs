//! What SageMaker does with other services: it reads inputs from S3, runs containers, and uploads what they leave.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    SageMaker,
    agenda::Due,
    container::{ContainerEnd, ContainerTask},
    executions::Run,
    limits::s3_parts,
    merge,
    metrics::JobMetrics,
    plan::{MERGE_OUTPUT, MERGER, Part, nothing_under},
    processing::Outcome,
    rights::JobRights,
    shape::{ProcessingJob, ProcessingS3Input, S3Kind, to_json},
};
use crate::{
    iam::Guard,
    s3::{Code, Condition, Store},
};

/// An upload that is refused for now is tried so often.
const UPLOADS: usize = 20;

type Files = BTreeMap<String, Arc<Vec<u8>>>;

impl SageMaker {
    /// Does what has come due with other services, and returns the containers to run now.
    ///
    /// The host runs each and answers with [`SageMaker::container_ended`].
    pub fn work(&mut self, now: Timestamp, store: &mut Store, guard: &Guard) -> Vec<ContainerTask> {
        self.advance(now);
        let mut tasks = Vec::new();
        while let Some((at, due)) = self.world.first().filter(|it| it.0 <= now).cloned() {
            self.world.pop_first();
            match due {
                Due::Fire(schedule) => self.fire(at, &schedule, store),
                Due::Begin(job) => tasks.extend(self.begin(at, &job, store, guard)),
                Due::End(job) => self.end(at, &job, store, guard),
                Due::Apply(_) | Due::Settle(_) | Due::Stop(_) => {}
            }
        }
        tasks
    }

    /// Takes how the container of a job ended; the job itself ends when its time has passed.
    pub fn container_ended(&mut self, name: &str, end: ContainerEnd) {
        let pace = self.pace.running;
        let Some(job) = self.jobs.get_mut(name) else { return };
        let Some(started) = job.shown.processing_start_time else { return };
        if job.due.is_some() || job.end.is_some() || job.shown.processing_job_status.is_over() {
            // It was told to stop while its container ran.
            return;
        }
        let longest = job.shown.request.stopping_condition;
        let longest = longest.map(|it| u64::from(it.max_runtime_in_seconds));
        let runtime = end.runtime.unwrap_or(pace);
        let runtime = longest.map_or(runtime, |it| runtime.min(std::time::Duration::from_secs(it)));
        let due = started + runtime;
        (job.end, job.due) = (Some(end), Some(due));
        self.world.insert((due, Due::End(name.to_owned())));
    }

    /// Takes the metrics that jobs have left since the last time.
    pub fn take_metrics(&mut self) -> Vec<JobMetrics> {
        std::mem::take(&mut self.metrics)
    }

    /// Starts a job that has got its machines: its inputs are there from now on.
    fn begin(
        &mut self,
        at: Timestamp,
        name: &str,
        store: &Store,
        guard: &Guard,
    ) -> Option<ContainerTask> {
        let job = self.jobs.get_mut(name).filter(|job| job.due == Some(at))?;
        job.due = None;
        let rights = JobRights::of(guard, &job.shown.request.role_arn, &self.place);
        let task = match task(&job.shown, &self.place.region, store, &rights) {
            Ok(task) => task,
            Err(reason) => {
                self.end_job(at, name, Outcome::Failed { reason });
                return None;
            }
        };
        let shown = &mut job.shown;
        (shown.processing_start_time, shown.last_modified_time) = (Some(at), at);
        self.job_changed(at, name);
        if task.image.contains(MERGER) {
            let end = merge::run(&task, &self.suffixes.uuid());
            self.container_ended(name, end);
            return None;
        }
        Some(task)
    }

    /// Ends a job whose container has ended.
    fn end(&mut self, at: Timestamp, name: &str, store: &mut Store, guard: &Guard) {
        let pace = self.pace.running;
        let job = self.jobs.get_mut(name).filter(|job| job.due == Some(at));
        let Some(job) = job else { return };
        let Some(end) = job.end.take() else { return };
        let longest = job.shown.request.stopping_condition.map(|it| it.max_runtime_in_seconds);
        if longest.is_some_and(|it| end.runtime.unwrap_or(pace).as_secs() > u64::from(it)) {
            let seconds = longest.unwrap_or_default();
            // What AWS says is not known.
            let reason = format!("MaxRuntimeExceeded: the job ran longer than {seconds} seconds");
            return self.end_job(at, name, Outcome::Stopped { reason: Some(reason) });
        }
        if end.exit_code != 0 {
            let message = end.message.unwrap_or_default();
            let reason = format!("AlgorithmError: {message}, exit code: {}", end.exit_code);
            return self.end_job(at, name, Outcome::Failed { reason });
        }
        let rights = JobRights::of(guard, &job.shown.request.role_arn, &self.place);
        if let Err(reason) = upload(at, &job.shown, &end, store, &rights) {
            return self.end_job(at, name, Outcome::Failed { reason });
        }
        let left = JobMetrics::of(job, &end);
        self.metrics.extend(left.filter(|it| rights.may_measure(&it.namespace)));
        let run = job.run.clone();
        self.end_job(at, name, Outcome::Completed { message: end.message });
        if let Some(run) = run.filter(|it| it.part == Part::Merge) {
            let folder = format!("{MERGE_OUTPUT}/");
            let tail =
                |path: &String| Some(path.strip_prefix(&folder)?.rsplit_once('/')?.0.to_owned());
            let mut tails: Vec<String> = end.files.keys().filter_map(tail).collect();
            tails.dedup();
            let inputs = run.plan.merged_inputs(&tails);
            self.run_part(at, Run { part: Part::Analysis, ..run }, inputs);
        }
    }
}

/// Puts together what a container finds, or tells why it cannot start.
fn task(
    job: &ProcessingJob,
    region: &str,
    store: &Store,
    rights: &JobRights<'_>,
) -> Result<ContainerTask, String> {
    let request = &job.request;
    rights.pull(&request.app_specification.image_uri)?;
    rights.log();
    let mut files = Files::new();
    for input in request.processing_inputs.iter().filter_map(|it| it.s3.as_ref()) {
        let nothing = || nothing_under(&input.s3_uri, region, &request.role_arn);
        match input.s3_data_type {
            S3Kind::S3Prefix => read_prefix(input, store, rights, &mut files),
            S3Kind::ManifestFile => read_manifest(input, store, rights, &mut files),
        }?
        .ok_or_else(nothing)?;
    }
    let hosts =
        json!({ "current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "eth0" });
    for (name, value) in [("processingjobconfig", config(job)), ("resourceconfig", hosts)] {
        let body = Arc::new(value.to_string().into_bytes());
        files.insert(format!("/opt/ml/config/{name}.json"), body);
    }
    let app = &request.app_specification;
    let outputs = request.processing_output_config.iter().flat_map(|it| &it.outputs);
    let outputs = outputs.filter_map(|it| it.s3.as_ref()?.local_path.clone());
    Ok(ContainerTask {
        job: job.name().to_owned(),
        image: app.image_uri.clone(),
        entrypoint: app.container_entrypoint.clone().unwrap_or_default(),
        arguments: app.container_arguments.clone().unwrap_or_default(),
        environment: request.environment.clone().unwrap_or_default(),
        files,
        outputs: outputs.collect(),
    })
}

/// Returns what a job finds in `/opt/ml/config/processingjobconfig.json`.
fn config(job: &ProcessingJob) -> Value {
    let request = &job.request;
    json!({
        "ProcessingJobArn": job.processing_job_arn,
        "ProcessingJobName": request.processing_job_name,
        "AppSpecification": to_json(&request.app_specification),
        "Environment": request.environment,
        "ProcessingInputs": to_json(&request.processing_inputs),
        "ProcessingOutputConfig": request.processing_output_config.as_ref().map(to_json),
        "ProcessingResources": to_json(&request.processing_resources),
        "RoleArn": request.role_arn,
        "StoppingCondition": request.stopping_condition.as_ref().map(to_json),
    })
}

/// Reads all objects whose keys begin with those of a URI; `None` where there are none.
fn read_prefix(
    input: &ProcessingS3Input,
    store: &Store,
    rights: &JobRights<'_>,
    files: &mut Files,
) -> Result<Option<()>, String> {
    let (Some((bucket, prefix)), Some(local)) =
        (s3_parts(&input.s3_uri), input.local_path.as_deref())
    else {
        return Ok(None);
    };
    rights.list(bucket, prefix)?;
    let local = local.trim_end_matches('/');
    let before = files.len();
    // An object's path below the prefix's last folder, but for a prefix that is a folder itself.
    let folder = prefix.rfind('/').map_or(0, |at| at + 1);
    for (key, object) in store.under(bucket, prefix) {
        if key.ends_with('/') {
            continue;
        }
        rights.read(bucket, key)?;
        let below = match key[prefix.len()..].strip_prefix('/') {
            Some(below) => below,
            None => &key[folder..],
        };
        files.insert(format!("{local}/{below}"), Arc::clone(&object.body));
    }
    Ok((before < files.len()).then_some(()))
}

/// Reads the objects that a manifest names: `[{"prefix": "s3://…"}, "name", …]`.
fn read_manifest(
    input: &ProcessingS3Input,
    store: &Store,
    rights: &JobRights<'_>,
    files: &mut Files,
) -> Result<Option<()>, String> {
    let object = |bucket: &str, key: &str| {
        rights.read(bucket, key)?;
        let found = store.under(bucket, key).find(|(found, _)| *found == key);
        Ok::<_, String>(found.map(|(_, object)| Arc::clone(&object.body)))
    };
    let (Some((bucket, key)), Some(local)) = (s3_parts(&input.s3_uri), input.local_path.as_deref())
    else {
        return Ok(None);
    };
    let Some(manifest) = object(bucket, key)? else { return Ok(None) };
    let Ok(manifest) = serde_json::from_slice::<Vec<Value>>(&manifest) else { return Ok(None) };
    let prefix = manifest.first().and_then(|it| it.get("prefix")?.as_str());
    let Some((bucket, root)) = prefix.and_then(s3_parts) else { return Ok(None) };
    for name in manifest[1..].iter().filter_map(Value::as_str) {
        let Some(body) = object(bucket, &format!("{root}{name}"))? else { return Ok(None) };
        files.insert(format!("{}/{name}", local.trim_end_matches('/')), body);
    }
    Ok(Some(()))
}

/// Uploads the files of a job's output folders.
fn upload(
    at: Timestamp,
    job: &ProcessingJob,
    end: &ContainerEnd,
    store: &mut Store,
    rights: &JobRights<'_>,
) -> Result<(), String> {
    let outputs = job.request.processing_output_config.iter().flat_map(|it| &it.outputs);
    for s3 in outputs.filter_map(|it| it.s3.as_ref()) {
        let Some((bucket, prefix)) = s3_parts(&s3.s3_uri) else { continue };
        let Some(local) = s3.local_path.as_deref() else { continue };
        let (prefix, local) = (prefix.trim_end_matches('/'), local.trim_end_matches('/'));
        for (path, body) in &end.files {
            let below = path.strip_prefix(local).and_then(|it| it.strip_prefix('/'));
            let Some(below) = below else { continue };
            let key =
                if prefix.is_empty() { below.to_owned() } else { format!("{prefix}/{below}") };
            rights.write(bucket, &key)?;
            put(at, bucket, &key, body, store).map_err(|code| {
                let code = code.name();
                format!("ClientError: Failed to upload output to s3://{bucket}/{key}: {code}")
            })?;
        }
    }
    Ok(())
}

/// Writes an object, again and again where S3 fails for now.
fn put(at: Timestamp, bucket: &str, key: &str, body: &[u8], store: &mut Store) -> Result<(), Code> {
    let ending = key.rsplit_once('.').map_or("", |it| it.1);
    let kind = (ending == "json").then_some("application/json");
    let mut last = Code::InternalError;
    for _ in 0..UPLOADS {
        match store.put(at, bucket, key, body.to_vec(), kind, &Condition::Always) {
            Ok(_) => return Ok(()),
            Err(why) => last = why.code,
        }
        let passing = [Code::SlowDown, Code::InternalError, Code::ReplyLost];
        if !passing.contains(&last) {
            break;
        }
    }
    Err(last)
}
