//! The containers of the stand-in's processing jobs: the analyzer's own code, below a folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use local::sagemaker::{ContainerEnd, ContainerTask, Containers};

use crate::processing::{self, MESSAGE};
use crate::screen::Screen;

/// Images whose place the analyzer takes: AWS's own, and Vigil's.
const IMAGES: [&str; 2] = ["sagemaker-model-monitor-analyzer", "vigil"];
const METRICS: &str = "/opt/ml/output/metrics";
/// What a message may hold (reference: formats H.3).
const LONGEST_MESSAGE: usize = 1024;

/// Runs the analyzer wherever AWS would run its image or Vigil's.
#[derive(Debug)]
pub struct Analyzer {
    /// Where the folders of the containers are made, and removed again.
    root: PathBuf,
    runs: u64,
}

impl Analyzer {
    /// Runs containers in folders below this one.
    pub fn below(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), runs: 0 }
    }
}

impl Drop for Analyzer {
    fn drop(&mut self) {
        // Not empty where a container still runs.
        let _left_behind = fs::remove_dir(&self.root);
    }
}

impl Containers for Analyzer {
    fn run(&mut self, task: &ContainerTask) -> ContainerEnd {
        let name = task.image.rsplit('/').next().unwrap_or(&task.image);
        if !IMAGES.iter().any(|it| name.starts_with(it)) {
            return ContainerEnd::failed(format!("Error: nothing here runs the image {name}"));
        }
        self.runs += 1;
        let folder = self.root.join(format!("container-{}", self.runs));
        let end = run_in(&folder, task).unwrap_or_else(|why| {
            // The folder's own path is nobody's business.
            ContainerEnd::failed(format!("Error: the container has no disk: {}", why.kind()))
        });
        let _left_behind = fs::remove_dir_all(&folder);
        end
    }
}

fn run_in(folder: &Path, task: &ContainerTask) -> io::Result<ContainerEnd> {
    for (path, body) in &task.files {
        write(&below(folder, path)?, body)?;
    }
    for output in &task.outputs {
        fs::create_dir_all(below(folder, output)?)?;
    }
    let environment = task.environment.clone().into_iter().collect();
    let done = processing::run_below(Some(folder.to_owned()), environment, &mut Screen::silent());
    let message = fs::read_to_string(below(folder, MESSAGE)?).ok();
    let message = message.map(|it| it.chars().take(LONGEST_MESSAGE).collect::<String>());
    if done.is_err() {
        return Ok(ContainerEnd { exit_code: 255, message, ..ContainerEnd::default() });
    }
    let mut files = BTreeMap::new();
    for output in task.outputs.iter().map(String::as_str).chain([METRICS]) {
        collect(&below(folder, output)?, output.trim_end_matches('/'), &mut files)?;
    }
    Ok(ContainerEnd { message, files, ..ContainerEnd::default() })
}

/// Returns where a path of the container lies; a path that leaves the container is refused.
fn below(folder: &Path, path: &str) -> io::Result<PathBuf> {
    let inside = Path::new(path.trim_start_matches('/'));
    let plain = inside.components().all(|it| matches!(it, Component::Normal(_)));
    if plain { Ok(folder.join(inside)) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

fn write(path: &Path, body: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, body)
}

/// Reads all files below a folder, by the paths that the container knows them by.
fn collect(folder: &Path, path: &str, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(why) => return Err(why),
    };
    for entry in entries {
        let entry = entry?;
        let path = format!("{path}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &path, files)?;
        } else {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::sync::Arc;

    use super::*;

    fn task(image: &str) -> ContainerTask {
        let environment = [
            ("dataset_source", "/opt/ml/processing/input"),
            ("dataset_format", r#"{"csv":{"header":true}}"#),
            ("output_path", "/opt/ml/processing/output"),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut csv = String::from("age,plan\n");
        for row in 0..200 {
            let _ = writeln!(csv, "{},{}", 20 + row % 40, ["gold", "blue"][row % 2]);
        }
        let path = "/opt/ml/processing/input/train.csv".to_owned();
        ContainerTask {
            job: "baseline-1".to_owned(),
            image: image.to_owned(),
            entrypoint: Vec::new(),
            arguments: Vec::new(),
            environment: environment.into(),
            files: [(path, Arc::new(csv.into_bytes()))].into(),
            outputs: vec!["/opt/ml/processing/output".to_owned()],
        }
    }

    fn analyzer(name: &str) -> Analyzer {
        let folder = format!("vigil-containers-{name}-{}", std::process::id());
        Analyzer::below(std::env::temp_dir().join(folder))
    }

    #[test]
    fn analyzer_learns_a_baseline_in_its_folder() {
        let mut analyzer = analyzer("learns");
        let registry = "468650794304.dkr.ecr.eu-west-1.amazonaws.com";
        let end = analyzer.run(&task(&format!("{registry}/sagemaker-model-monitor-analyzer")));
        assert_eq!(end.exit_code, 0, "{end:?}");
        assert!(end.message.unwrap().starts_with("Completed: "));
        let files: Vec<&str> = end.files.keys().map(String::as_str).collect();
        let output = "/opt/ml/processing/output";
        let expect = ["constraints.json", "statistics.json"].map(|it| format!("{output}/{it}"));
        assert_eq!(files, expect);
        let root = analyzer.root.clone();
        drop(analyzer);
        assert!(!root.exists(), "nothing is left behind");
    }

    #[test]
    fn containers_that_fail_say_why() {
        fn check(change: impl FnOnce(&mut ContainerTask), expect: &str) {
            let mut task = task("vigil-analyzer:latest");
            change(&mut task);
            let end = analyzer("fails").run(&task);
            assert_eq!(end.exit_code, 255);
            let message = end.message.unwrap_or_default();
            assert!(message.contains(expect), "{message} has no {expect}");
        }
        check(|it| it.image = "r/sagemaker-clarify-processing:1.0".to_owned(), "nothing here runs");
        check(|it| drop(it.environment.remove("output_path")), "output_path");
        let escape = "/opt/ml/processing/input/../../../../../x".to_owned();
        check(|it| drop(it.files.insert(escape, Arc::default())), "no disk");
    }
}
