//! What every kind of SageMaker job is made of.

/// The machines of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    pub instance_count: u32,
    /// Such as `ml.m5.large`.
    pub instance_type: String,
    pub volume_gb: u32,
    /// Never empty.
    pub volume_key: Option<String>,
}

/// How a job is kept apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobNetwork {
    /// Encrypts the traffic between a job's machines.
    pub encrypt_traffic: bool,
    /// Lets no container of the job reach the network.
    pub isolate: bool,
    /// Empty: outside of any VPC.
    pub security_groups: Vec<String>,
    pub subnets: Vec<String>,
}

/// When results leave the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Upload {
    Continuous,
    #[default]
    EndOfJob,
}

/// Where a job leaves what it made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobOutput {
    /// Such as `result`; monitoring definitions name none and leave it empty.
    pub name: String,
    pub s3_uri: String,
    pub local_path: String,
    pub upload: Upload,
}
