use super::parts::{
    map, millis, number, processing_cluster, processing_network, processing_output,
    processing_output_of, processing_resources, sdk_map, sdk_tags, text,
};
use crate::{Aws, Class, failed::Failed};
use aws_sdk_sagemaker::types::{
    AppSpecification, ProcessingInput, ProcessingJobStatus, ProcessingOutputConfig,
    ProcessingS3DataType, ProcessingS3Input, ProcessingS3InputMode, ProcessingStoppingCondition,
};
use ports::{
    CallFailed, DescribeJobs, JobInput, JobSpec, JobStatus, ProcessingJob, StartJobs, StopJobs,
    Trouble,
};

fn input(it: &JobInput) -> ProcessingInput {
    let place = ProcessingS3Input::builder()
        .s3_uri(&it.s3_uri)
        .local_path(&it.local_path)
        .s3_data_type(ProcessingS3DataType::S3Prefix)
        .s3_input_mode(ProcessingS3InputMode::File);
    ProcessingInput::builder().input_name(&it.name).s3_input(place.build()).build()
}

fn input_of(it: &ProcessingInput) -> JobInput {
    let place = it.s3_input();
    JobInput {
        name: text(it.input_name()),
        s3_uri: text(place.and_then(|it| it.s3_uri())),
        local_path: text(place.and_then(|it| it.local_path())),
    }
}

fn list(all: &[String]) -> Option<Vec<String>> {
    (!all.is_empty()).then(|| all.to_vec())
}

impl StartJobs for Aws {
    async fn start_job(&self, spec: &JobSpec) -> Result<(), CallFailed> {
        let application = AppSpecification::builder()
            .image_uri(&spec.image)
            .set_container_entrypoint(list(&spec.entrypoint))
            .set_container_arguments(list(&spec.arguments));
        let outputs = ProcessingOutputConfig::builder()
            .set_outputs(Some(spec.outputs.iter().map(processing_output).collect()))
            .set_kms_key_id(spec.output_key.clone());
        let stop = spec.max_runtime_seconds.map(|it| {
            ProcessingStoppingCondition::builder().max_runtime_in_seconds(number(it)).build()
        });
        self.sagemaker()
            .create_processing_job()
            .processing_job_name(&spec.name)
            .app_specification(application.build())
            .set_environment(sdk_map(&spec.environment))
            .set_processing_inputs(Some(spec.inputs.iter().map(input).collect()))
            .processing_output_config(outputs.build())
            .processing_resources(processing_resources(&spec.cluster))
            .network_config(processing_network(&spec.network))
            .role_arn(&spec.role)
            .set_stopping_condition(stop)
            .set_tags(Some(sdk_tags(&spec.tags)))
            .send()
            .await
            .map_err(|why| Failed::of("CreateProcessingJob", &why).call())?;
        Ok(())
    }
}

fn status(it: Option<&ProcessingJobStatus>) -> Result<JobStatus, CallFailed> {
    Ok(match it {
        Some(ProcessingJobStatus::InProgress) => JobStatus::InProgress,
        Some(ProcessingJobStatus::Completed) => JobStatus::Completed,
        Some(ProcessingJobStatus::Failed) => JobStatus::Failed,
        Some(ProcessingJobStatus::Stopping) => JobStatus::Stopping,
        Some(ProcessingJobStatus::Stopped) => JobStatus::Stopped,
        other => {
            let status = other.map_or("", |it| it.as_str());
            let why = format!("a job has the unknown status {status:?}");
            return Err(CallFailed::Other(Trouble::lasting(why)));
        }
    })
}

impl DescribeJobs for Aws {
    async fn describe_job(&self, name: &str) -> Result<ProcessingJob, CallFailed> {
        let it = self.sagemaker().describe_processing_job().processing_job_name(name).send().await;
        let it = it.map_err(|why| Failed::of("DescribeProcessingJob", &why).call())?;
        let outputs = it.processing_output_config().map_or(&[][..], |it| it.outputs());
        Ok(ProcessingJob {
            status: status(it.processing_job_status())?,
            image: text(it.app_specification().and_then(|it| it.image_uri())),
            environment: map(it.environment()),
            inputs: it.processing_inputs().iter().map(input_of).collect(),
            outputs: outputs.iter().map(processing_output_of).collect(),
            cluster: processing_cluster(it.processing_resources()),
            created_ms: millis(it.creation_time()).unwrap_or_default(),
            started_ms: millis(it.processing_start_time()),
            ended_ms: millis(it.processing_end_time()),
            name: text(it.processing_job_name()),
            arn: text(it.processing_job_arn()),
            exit_message: it.exit_message,
            failure: it.failure_reason,
            schedule: it.monitoring_schedule_arn,
        })
    }
}

impl StopJobs for Aws {
    async fn stop_job(&self, name: &str) -> Result<(), CallFailed> {
        let done = self.sagemaker().stop_processing_job().processing_job_name(name).send().await;
        match done.map_err(|why| Failed::of("StopProcessingJob", &why)) {
            Ok(_) => Ok(()),
            // One that is over is stopped already; only its state can be refused.
            Err(why) if why.class == Class::Invalid && self.describe_job(name).await.is_ok() => {
                Ok(())
            }
            Err(why) => Err(why.call()),
        }
    }
}
