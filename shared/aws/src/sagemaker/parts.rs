//! What definitions and jobs are made of, to and from the SDK.

use aws_sdk_sagemaker::{
    primitives::DateTime,
    types::{
        MonitoringClusterConfig, MonitoringNetworkConfig, MonitoringOutput, MonitoringOutputConfig,
        MonitoringResources, MonitoringS3Output, MonitoringType, NetworkConfig,
        ProcessingClusterConfig, ProcessingInstanceType, ProcessingResources,
        ProcessingS3UploadMode, Tag, VpcConfig,
    },
};
use engine::monitor::MonitorType;
use ports::{Cluster, JobNetwork, JobOutput, Upload};
use std::collections::{BTreeMap, HashMap};

pub(super) fn sdk_tags(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// An empty map is left out: AWS refuses some empty ones.
pub(super) fn sdk_map(map: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    let all = || map.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    (!map.is_empty()).then(all)
}

pub(super) fn map(found: Option<&HashMap<String, String>>) -> BTreeMap<String, String> {
    let all = found.into_iter().flatten();
    all.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Milliseconds since 1970.
pub(super) fn millis(time: Option<&DateTime>) -> Option<i64> {
    time.and_then(|it| it.to_millis().ok())
}

pub(super) fn text(it: Option<&str>) -> String {
    it.unwrap_or_default().to_owned()
}

fn whole(it: Option<i32>) -> u32 {
    it.and_then(|it| u32::try_from(it).ok()).unwrap_or_default()
}

pub(super) fn seconds(it: Option<i32>) -> Option<u32> {
    it.and_then(|it| u32::try_from(it).ok())
}

pub(super) fn number(it: u32) -> i32 {
    i32::try_from(it).unwrap_or(i32::MAX)
}

pub(super) fn sdk_kind(kind: MonitorType) -> MonitoringType {
    match kind {
        MonitorType::DataQuality => MonitoringType::DataQuality,
        MonitorType::ModelQuality => MonitoringType::ModelQuality,
        MonitorType::ModelBias => MonitoringType::ModelBias,
        MonitorType::ModelExplainability => MonitoringType::ModelExplainability,
    }
}

pub(super) fn kind(it: Option<&MonitoringType>) -> Option<MonitorType> {
    MonitorType::ALL.into_iter().find(|kind| Some(&sdk_kind(*kind)) == it)
}

fn sdk_upload(it: Upload) -> ProcessingS3UploadMode {
    match it {
        Upload::Continuous => ProcessingS3UploadMode::Continuous,
        Upload::EndOfJob => ProcessingS3UploadMode::EndOfJob,
    }
}

fn upload(it: Option<&ProcessingS3UploadMode>) -> Upload {
    match it {
        Some(ProcessingS3UploadMode::Continuous) => Upload::Continuous,
        _ => Upload::EndOfJob,
    }
}

pub(super) fn monitoring_resources(it: &Cluster) -> MonitoringResources {
    let cluster = MonitoringClusterConfig::builder()
        .instance_count(number(it.instance_count))
        .instance_type(it.instance_type.as_str().into())
        .volume_size_in_gb(number(it.volume_gb))
        .set_volume_kms_key_id(it.volume_key.clone());
    MonitoringResources::builder().cluster_config(cluster.build()).build()
}

pub(super) fn monitoring_cluster(it: Option<&MonitoringResources>) -> Cluster {
    let found = it.and_then(|it| it.cluster_config());
    found.map_or_else(Cluster::default, |it| Cluster {
        instance_count: whole(it.instance_count),
        instance_type: text(it.instance_type().map(ProcessingInstanceType::as_str)),
        volume_gb: whole(it.volume_size_in_gb),
        volume_key: it.volume_kms_key_id.clone(),
    })
}

pub(super) fn processing_resources(it: &Cluster) -> ProcessingResources {
    let cluster = ProcessingClusterConfig::builder()
        .instance_count(number(it.instance_count))
        .instance_type(it.instance_type.as_str().into())
        .volume_size_in_gb(number(it.volume_gb))
        .set_volume_kms_key_id(it.volume_key.clone());
    ProcessingResources::builder().cluster_config(cluster.build()).build()
}

pub(super) fn processing_cluster(it: Option<&ProcessingResources>) -> Cluster {
    let found = it.and_then(|it| it.cluster_config());
    found.map_or_else(Cluster::default, |it| Cluster {
        instance_count: whole(it.instance_count),
        instance_type: text(it.instance_type().map(ProcessingInstanceType::as_str)),
        volume_gb: whole(it.volume_size_in_gb),
        volume_key: it.volume_kms_key_id.clone(),
    })
}

fn vpc(it: &JobNetwork) -> Option<VpcConfig> {
    let inside = !it.subnets.is_empty();
    inside.then(|| {
        let vpc = VpcConfig::builder().set_security_group_ids(Some(it.security_groups.clone()));
        vpc.set_subnets(Some(it.subnets.clone())).build()
    })
}

pub(super) fn monitoring_network(it: &JobNetwork) -> MonitoringNetworkConfig {
    MonitoringNetworkConfig::builder()
        .enable_inter_container_traffic_encryption(it.encrypt_traffic)
        .enable_network_isolation(it.isolate)
        .set_vpc_config(vpc(it))
        .build()
}

pub(super) fn processing_network(it: &JobNetwork) -> NetworkConfig {
    NetworkConfig::builder()
        .enable_inter_container_traffic_encryption(it.encrypt_traffic)
        .enable_network_isolation(it.isolate)
        .set_vpc_config(vpc(it))
        .build()
}

pub(super) fn job_network(it: Option<&MonitoringNetworkConfig>) -> JobNetwork {
    let vpc = it.and_then(|it| it.vpc_config());
    JobNetwork {
        encrypt_traffic: it.and_then(|it| it.enable_inter_container_traffic_encryption)
            == Some(true),
        isolate: it.and_then(|it| it.enable_network_isolation) == Some(true),
        security_groups: vpc.map_or(&[][..], |it| it.security_group_ids()).to_vec(),
        subnets: vpc.map_or(&[][..], |it| it.subnets()).to_vec(),
    }
}

pub(super) fn monitoring_output(it: &JobOutput, key: Option<&String>) -> MonitoringOutputConfig {
    let place = MonitoringS3Output::builder()
        .s3_uri(&it.s3_uri)
        .local_path(&it.local_path)
        .s3_upload_mode(sdk_upload(it.upload));
    let output = MonitoringOutput::builder().s3_output(place.build()).build();
    let config = MonitoringOutputConfig::builder().monitoring_outputs(output);
    config.set_kms_key_id(key.cloned()).build()
}

pub(super) fn output_of(it: Option<&MonitoringOutputConfig>) -> JobOutput {
    let outputs = it.map_or(&[][..], |it| it.monitoring_outputs());
    let found = outputs.first().and_then(|it| it.s3_output());
    found.map_or_else(JobOutput::default, |it| JobOutput {
        name: String::new(),
        s3_uri: text(it.s3_uri()),
        local_path: text(it.local_path()),
        upload: upload(it.s3_upload_mode()),
    })
}

pub(super) fn processing_output(it: &JobOutput) -> aws_sdk_sagemaker::types::ProcessingOutput {
    use aws_sdk_sagemaker::types::{ProcessingOutput, ProcessingS3Output};
    let place = ProcessingS3Output::builder()
        .s3_uri(&it.s3_uri)
        .local_path(&it.local_path)
        .s3_upload_mode(sdk_upload(it.upload));
    ProcessingOutput::builder().output_name(&it.name).s3_output(place.build()).build()
}

pub(super) fn processing_output_of(it: &aws_sdk_sagemaker::types::ProcessingOutput) -> JobOutput {
    let place = it.s3_output();
    JobOutput {
        name: text(it.output_name()),
        s3_uri: text(place.and_then(|it| it.s3_uri())),
        local_path: text(place.and_then(|it| it.local_path())),
        upload: upload(place.and_then(|it| it.s3_upload_mode())),
    }
}
