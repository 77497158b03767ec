use super::call_failed;
use super::parts::{network_config, tags, upload, upload_mode};
use crate::Aws;
use crate::rights::{job_facts, tagged};
use local::iam::Context;
use local::sagemaker::Code;
use local::sagemaker::shape::{
    self, ContainerSpecification, CreateProcessingJob, ProcessingCluster, ProcessingInput,
    ProcessingOutput, ProcessingOutputConfig, ProcessingResources, ProcessingS3Input,
    ProcessingS3Output, S3Kind, StoppingCondition,
};
use ports::{
    CallFailed, Cluster, DescribeJobs, JobInput, JobOutput, JobSpec, JobStatus, ProcessingJob,
    StartJobs, StopJobs,
};

fn input(it: &JobInput) -> ProcessingInput {
    ProcessingInput {
        input_name: it.name.clone(),
        app_managed: None,
        s3: Some(ProcessingS3Input {
            s3_uri: it.s3_uri.clone(),
            local_path: Some(it.local_path.clone()),
            s3_data_type: S3Kind::S3Prefix,
            s3_input_mode: Some(shape::InputMode::File),
            s3_data_distribution_type: None,
            s3_compression_type: None,
        }),
    }
}

fn output(it: &JobOutput) -> ProcessingOutput {
    ProcessingOutput {
        output_name: it.name.clone(),
        s3: Some(ProcessingS3Output {
            s3_uri: it.s3_uri.clone(),
            local_path: Some(it.local_path.clone()),
            s3_upload_mode: upload_mode(it.upload),
        }),
        app_managed: None,
    }
}

fn request(spec: &JobSpec) -> CreateProcessingJob {
    let words = |all: &Vec<String>| (!all.is_empty()).then(|| all.clone());
    CreateProcessingJob {
        processing_job_name: spec.name.clone(),
        processing_inputs: spec.inputs.iter().map(input).collect(),
        processing_output_config: Some(ProcessingOutputConfig {
            outputs: spec.outputs.iter().map(output).collect(),
            kms_key_id: spec.output_key.clone(),
        }),
        processing_resources: ProcessingResources {
            cluster_config: ProcessingCluster {
                instance_count: Some(spec.cluster.instance_count),
                instance_type: Some(spec.cluster.instance_type.clone()),
                volume_size_in_gb: spec.cluster.volume_gb,
                volume_kms_key_id: spec.cluster.volume_key.clone(),
            },
        },
        stopping_condition: spec
            .max_runtime_seconds
            .map(|it| StoppingCondition { max_runtime_in_seconds: it }),
        app_specification: ContainerSpecification {
            image_uri: spec.image.clone(),
            container_entrypoint: words(&spec.entrypoint),
            container_arguments: words(&spec.arguments),
        },
        environment: (!spec.environment.is_empty()).then(|| spec.environment.clone()),
        network_config: Some(network_config(&spec.network)),
        role_arn: spec.role.clone(),
        experiment_config: None,
        tags: tags(&spec.tags),
    }
}

fn status(it: shape::JobStatus) -> JobStatus {
    match it {
        shape::JobStatus::InProgress => JobStatus::InProgress,
        shape::JobStatus::Completed => JobStatus::Completed,
        shape::JobStatus::Failed => JobStatus::Failed,
        shape::JobStatus::Stopping => JobStatus::Stopping,
        shape::JobStatus::Stopped => JobStatus::Stopped,
    }
}

fn job(it: shape::ProcessingJob) -> ProcessingJob {
    let request = it.request;
    let cluster = request.processing_resources.cluster_config;
    let input = |it: ProcessingInput| {
        let s3 = it.s3?;
        let local_path = s3.local_path.unwrap_or_default();
        Some(JobInput { name: it.input_name, s3_uri: s3.s3_uri, local_path })
    };
    let output = |it: ProcessingOutput| {
        let s3 = it.s3?;
        Some(JobOutput {
            name: it.output_name,
            s3_uri: s3.s3_uri,
            local_path: s3.local_path.unwrap_or_default(),
            upload: upload(Some(s3.s3_upload_mode)),
        })
    };
    let outputs = request.processing_output_config.unwrap_or_default().outputs;
    ProcessingJob {
        name: request.processing_job_name,
        arn: it.processing_job_arn,
        status: status(it.processing_job_status),
        exit_message: it.exit_message,
        failure: it.failure_reason,
        schedule: it.monitoring_schedule_arn,
        image: request.app_specification.image_uri,
        environment: request.environment.unwrap_or_default(),
        inputs: request.processing_inputs.into_iter().filter_map(input).collect(),
        outputs: outputs.into_iter().filter_map(output).collect(),
        cluster: Cluster {
            instance_count: cluster.instance_count.unwrap_or(1),
            instance_type: cluster.instance_type.unwrap_or_default(),
            volume_gb: cluster.volume_size_in_gb,
            volume_key: cluster.volume_kms_key_id,
        },
        created_ms: it.creation_time.as_millisecond(),
        started_ms: it.processing_start_time.map(jiff::Timestamp::as_millisecond),
        ended_ms: it.processing_end_time.map(jiff::Timestamp::as_millisecond),
    }
}

/// What jobs are called in ARNs.
const JOB: &str = "processing-job";

impl StartJobs for Aws {
    async fn start_job(&self, spec: &JobSpec) -> Result<(), CallFailed> {
        let facts = job_facts(
            &spec.cluster,
            &spec.network,
            spec.max_runtime_seconds,
            spec.output_key.as_ref(),
        );
        let facts = tagged(facts, &spec.tags);
        self.may_sagemaker("CreateProcessingJob", JOB, &spec.name, &facts)?;
        self.may_tag(JOB, &spec.name, &spec.tags)?;
        self.may_pass(&spec.role)?;
        let request = request(spec);
        let made = self.call(|aws, now| aws.sagemaker.create_processing_job(now, request));
        made.map(drop).map_err(call_failed)
    }
}

impl DescribeJobs for Aws {
    async fn describe_job(&self, name: &str) -> Result<ProcessingJob, CallFailed> {
        self.may_sagemaker("DescribeProcessingJob", JOB, name, &Context::none())?;
        let found = self.call(|aws, now| aws.sagemaker.describe_processing_job(now, name));
        found.map(job).map_err(call_failed)
    }
}

impl StopJobs for Aws {
    async fn stop_job(&self, name: &str) -> Result<(), CallFailed> {
        self.may_sagemaker("StopProcessingJob", JOB, name, &Context::none())?;
        match self.call(|aws, now| aws.sagemaker.stop_processing_job(now, name)) {
            // It is over.
            Err(why) if why.code == Code::ValidationException => Ok(()),
            other => other.map_err(call_failed),
        }
    }
}
