use engine::monitor::MonitorType;
use local::sagemaker::shape::{self, MonitoringType, Tag};
use ports::{Cluster, JobNetwork, Upload};
use std::collections::BTreeMap;

pub(super) fn family(kind: MonitorType) -> MonitoringType {
    match kind {
        MonitorType::DataQuality => MonitoringType::DataQuality,
        MonitorType::ModelQuality => MonitoringType::ModelQuality,
        MonitorType::ModelBias => MonitoringType::ModelBias,
        MonitorType::ModelExplainability => MonitoringType::ModelExplainability,
    }
}

pub(super) fn kind(family: MonitoringType) -> MonitorType {
    match family {
        MonitoringType::DataQuality => MonitorType::DataQuality,
        MonitoringType::ModelQuality => MonitorType::ModelQuality,
        MonitoringType::ModelBias => MonitorType::ModelBias,
        MonitoringType::ModelExplainability => MonitorType::ModelExplainability,
    }
}

pub(super) fn tags(all: &BTreeMap<String, String>) -> Vec<Tag> {
    all.iter().map(|(key, value)| Tag::new(key, value)).collect()
}

pub(super) fn network_config(it: &JobNetwork) -> shape::NetworkConfig {
    let vpc = shape::VpcConfig {
        security_group_ids: it.security_groups.clone(),
        subnets: it.subnets.clone(),
    };
    shape::NetworkConfig {
        enable_inter_container_traffic_encryption: Some(it.encrypt_traffic),
        enable_network_isolation: Some(it.isolate),
        vpc_config: (!it.subnets.is_empty()).then_some(vpc),
    }
}

pub(super) fn network(it: Option<&shape::NetworkConfig>) -> JobNetwork {
    let Some(it) = it else { return JobNetwork::default() };
    let vpc = it.vpc_config.clone().unwrap_or_default();
    JobNetwork {
        encrypt_traffic: it.enable_inter_container_traffic_encryption.unwrap_or_default(),
        isolate: it.enable_network_isolation.unwrap_or_default(),
        security_groups: vpc.security_group_ids,
        subnets: vpc.subnets,
    }
}

pub(super) fn cluster_config(it: &Cluster) -> shape::ClusterConfig {
    shape::ClusterConfig {
        instance_count: it.instance_count,
        instance_type: it.instance_type.clone(),
        volume_size_in_gb: it.volume_gb,
        volume_kms_key_id: it.volume_key.clone(),
    }
}

pub(super) fn upload_mode(it: Upload) -> shape::UploadMode {
    match it {
        Upload::Continuous => shape::UploadMode::Continuous,
        Upload::EndOfJob => shape::UploadMode::EndOfJob,
    }
}

pub(super) fn upload(it: Option<shape::UploadMode>) -> Upload {
    match it {
        Some(shape::UploadMode::Continuous) => Upload::Continuous,
        Some(shape::UploadMode::EndOfJob) | None => Upload::EndOfJob,
    }
}
