//! What runs the containers of processing jobs.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Runs the containers of processing jobs; whoever composes the account provides it.
pub trait Containers: Send {
    /// Runs a container to its end.
    fn run(&mut self, task: &ContainerTask) -> ContainerEnd;
}

impl<F: FnMut(&ContainerTask) -> ContainerEnd + Send> Containers for F {
    fn run(&mut self, task: &ContainerTask) -> ContainerEnd {
        self(task)
    }
}

/// One container to run.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerTask {
    /// The name of the processing job.
    pub job: String,
    pub image: String,
    pub entrypoint: Vec<String>,
    pub arguments: Vec<String>,
    pub environment: BTreeMap<String, String>,
    /// What the container finds, by absolute path: inputs and `/opt/ml/config/*.json`.
    pub files: BTreeMap<String, Arc<Vec<u8>>>,
    /// The folders whose files are uploaded when the container has ended well.
    pub outputs: Vec<String>,
}

/// How a container ended, and what it left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerEnd {
    /// 0 is success.
    pub exit_code: i32,
    /// What it wrote to `/opt/ml/output/message`.
    pub message: Option<String>,
    /// What it wrote, by absolute path: outputs, and `/opt/ml/output/metrics/cloudwatch/*.jsonl`.
    pub files: BTreeMap<String, Vec<u8>>,
    /// How long it ran in the account's time; as the pace has it where it does not say.
    pub runtime: Option<Duration>,
}

impl ContainerEnd {
    /// A container that ended well.
    pub fn completed(message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..Self::default() }
    }

    /// A container that failed with AWS's usual exit code.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { exit_code: 255, message: Some(message.into()), ..Self::default() }
    }

    /// Leaves a file behind.
    #[must_use]
    pub fn with_file(mut self, path: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), body.into());
        self
    }
}
