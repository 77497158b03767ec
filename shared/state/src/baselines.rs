use crate::record::{Versioned1, encode, time};
use crate::shelves::{corrupt, trouble_of};
use crate::{Shelves, files};
use engine::monitor::Monitor;
use engine::request::ClarifyConfig;
use ports::{
    Baseline, BaselineContent, BaselineMeta, BaselinePointer, BaselineSource, Baselines,
    ClarifyConfigs, Etag, Objects, PutWhen, ReadFault, Trouble, Versioned, WriteFault,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Serialize, Deserialize)]
struct PointerForm {
    baseline: String,
    fingerprint: String,
    rows: u64,
    #[serde(with = "time")]
    promoted_at: i64,
    endpoint_created_ms: i64,
    of_capture: bool,
    previous: Option<String>,
}

/// What a version consists of: its parts with their hashes.
#[derive(Serialize, Deserialize)]
struct ManifestForm {
    rows: u64,
    set_aside: u64,
    source: SourceForm,
    #[serde(with = "time")]
    built_at: i64,
    /// Name of each file, and the hash of what it holds.
    sha256: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct SourceForm {
    kind: String,
    uri: String,
    objects: u64,
    fingerprint: String,
}

const MANIFEST: &str = "manifest.json";

fn sha256(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).expect("four bits are a digit"));
        }
    }
    text
}

/// Names a version by its content: the first 16 digits of a hash over its files' hashes.
fn version_of(files: &BTreeMap<String, String>) -> String {
    let hashes: Vec<&str> = files.values().rev().map(String::as_str).collect();
    let lines = format!("{}\n", hashes.join("\n"));
    let mut hash = sha256(lines.as_bytes());
    hash.truncate(16);
    hash
}

fn meta_of(it: ManifestForm) -> Option<BaselineMeta> {
    let kind = ["training", "capture"].into_iter().find(|kind| *kind == it.source.kind)?;
    let SourceForm { uri, objects, fingerprint, .. } = it.source;
    Some(BaselineMeta {
        rows: it.rows,
        set_aside: it.set_aside,
        source: BaselineSource { kind, uri, objects, fingerprint },
        built_at: it.built_at,
    })
}

impl<O: Objects> Shelves<O> {
    /// Reads the parts of a version and holds them against the manifest.
    async fn whole_baseline(
        &self,
        of: &Monitor,
        version: &str,
        manifest_key: &str,
    ) -> Result<Option<Baseline>, ReadFault> {
        let Some(manifest) = self.record::<ManifestForm>(manifest_key).await? else {
            return Ok(None);
        };
        let manifest = manifest.value;
        let mut parts = Vec::new();
        for file in files::names(of.kind) {
            if !manifest.sha256.contains_key(*file) {
                return Err(corrupt(manifest_key, format!("names no {file}")));
            }
        }
        for (file, hash) in &manifest.sha256 {
            parts.push((file.clone(), self.part(of, version, file, hash).await?));
        }
        let content = files::read_baseline(of.kind, &parts);
        let content = content
            .map_err(|(file, why)| corrupt(&self.keys.baseline_file(of, version, file), why))?;
        let Some(content) = content else {
            return Err(corrupt(manifest_key, "is of a type that cannot be judged by here"));
        };
        let meta =
            meta_of(manifest).ok_or_else(|| corrupt(manifest_key, "has an unknown source"))?;
        Ok(Some(Baseline { version: version.into(), content, meta }))
    }

    async fn part(
        &self,
        of: &Monitor,
        version: &str,
        file: &str,
        hash: &str,
    ) -> Result<Vec<u8>, ReadFault> {
        let key = self.keys.baseline_file(of, version, file);
        let Some((bytes, _)) = self.bytes(&key).await? else {
            return Err(corrupt(&key, "is not there, though its manifest is"));
        };
        if sha256(&bytes) != hash {
            return Err(corrupt(&key, "does not match the hash in its manifest"));
        }
        Ok(bytes)
    }

    /// Keeps files as a version; the manifest comes last: a version that has one is whole.
    pub(crate) async fn keep_files(
        &self,
        of: &Monitor,
        files: &[(String, Vec<u8>)],
        meta: &BaselineMeta,
    ) -> Result<String, WriteFault> {
        let hashes: BTreeMap<String, String> =
            files.iter().map(|(name, bytes)| (name.clone(), sha256(bytes))).collect();
        let version = version_of(&hashes);
        let manifest = ManifestForm {
            rows: meta.rows,
            set_aside: meta.set_aside,
            source: SourceForm {
                kind: meta.source.kind.into(),
                uri: meta.source.uri.clone(),
                objects: meta.source.objects,
                fingerprint: meta.source.fingerprint.clone(),
            },
            built_at: meta.built_at,
            sha256: hashes,
        };
        for (name, bytes) in files {
            self.create(&self.keys.baseline_file(of, &version, name), bytes).await?;
        }
        let key = self.keys.baseline_file(of, &version, MANIFEST);
        self.create(&key, &encode(&Versioned1::of(manifest))).await?;
        Ok(version)
    }

    /// Creates an object whose name stands for its content: what is there already is the same.
    async fn create(&self, key: &str, bytes: &[u8]) -> Result<(), WriteFault> {
        match self.put(key, bytes, PutWhen::Absent).await {
            Ok(_) | Err(WriteFault::Lost) => Ok(()),
            Err(other) => Err(other),
        }
    }
}

impl<O: Objects> Baselines for Shelves<O> {
    async fn current(&self, of: &Monitor) -> Result<Option<Versioned<BaselinePointer>>, ReadFault> {
        let found = self.record::<PointerForm>(&self.keys.baseline_pointer(of)).await?;
        Ok(found.map(|it| Versioned {
            value: BaselinePointer {
                version: it.value.baseline,
                fingerprint: it.value.fingerprint,
                rows: it.value.rows,
                promoted_at: it.value.promoted_at,
                created_ms: it.value.endpoint_created_ms,
                of_capture: it.value.of_capture,
                previous: it.value.previous,
            },
            etag: it.etag,
        }))
    }

    async fn baseline(
        &self,
        of: &Monitor,
        version: &str,
    ) -> Result<Option<Arc<Baseline>>, ReadFault> {
        let key = self.keys.baseline_file(of, version, MANIFEST);
        if let Some(kept) = self.kept_baseline(&key) {
            return Ok(Some(kept));
        }
        let Some(baseline) = self.whole_baseline(of, version, &key).await? else { return Ok(None) };
        let baseline = Arc::new(baseline);
        self.keep_parsed(key, Arc::clone(&baseline));
        Ok(Some(baseline))
    }

    async fn keep_baseline(
        &self,
        of: &Monitor,
        content: &BaselineContent,
        meta: &BaselineMeta,
    ) -> Result<String, WriteFault> {
        self.keep_files(of, &files::of_baseline(content), meta).await
    }

    fn baseline_uri(&self, of: &Monitor, version: &str, file: &str) -> String {
        format!("s3://{}/{}", self.bucket(), self.keys.baseline_file(of, version, file))
    }

    async fn promote(
        &self,
        of: &Monitor,
        pointer: &BaselinePointer,
        expected: Option<&Etag>,
    ) -> Result<Etag, WriteFault> {
        let form = PointerForm {
            baseline: pointer.version.clone(),
            fingerprint: pointer.fingerprint.clone(),
            rows: pointer.rows,
            promoted_at: pointer.promoted_at,
            endpoint_created_ms: pointer.created_ms,
            of_capture: pointer.of_capture,
            previous: pointer.previous.clone(),
        };
        self.swap(&self.keys.baseline_pointer(of), form, expected).await
    }
}

impl<O: Objects> ClarifyConfigs for Shelves<O> {
    async fn keep_clarify_config(
        &self,
        of: &Monitor,
        config: &ClarifyConfig,
    ) -> Result<String, Trouble> {
        let bytes = formats::clarify_config::write(config);
        let mut hash = sha256(&bytes);
        hash.truncate(16);
        let key = self.keys.clarify_config(of, &hash, formats::clarify_config::FILE);
        self.create(&key, &bytes).await.map_err(trouble_of)?;
        Ok(format!("s3://{}/{key}", self.bucket()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::constraints::Constraints;
    use engine::monitor::MonitorType;
    use engine::statistics::{Feature, InferredType, Statistics};
    use ports::memory::MemoryWorld;
    use ports::{Address, RemoveObjects, WriteObjects};
    use std::sync::Arc;

    fn monitor() -> Monitor {
        let kind = MonitorType::DataQuality;
        Monitor { endpoint: "churn".into(), variant: "A".into(), kind }
    }

    fn parts(rows: u64) -> (BaselineContent, BaselineMeta) {
        let feature = Feature {
            name: "age".into(),
            inferred_type: InferredType::Unknown,
            missing: rows,
            ..Feature::default()
        };
        let source = BaselineSource {
            kind: "training",
            uri: "s3://ml/train.csv".into(),
            objects: 1,
            fingerprint: "f".into(),
        };
        let meta = BaselineMeta { rows, set_aside: 0, source, built_at: 1_772_409_600 };
        let statistics = Statistics { rows, features: vec![feature] };
        let constraints = Constraints::default();
        (BaselineContent::DataQuality { statistics, constraints }, meta)
    }

    async fn keep(shelves: &Shelves<Arc<MemoryWorld>>, rows: u64) -> String {
        let (content, meta) = parts(rows);
        shelves.keep_baseline(&monitor(), &content, &meta).await.unwrap()
    }

    #[test]
    fn versions_are_named_by_their_content() {
        let shelves = Shelves::new(Arc::new(MemoryWorld::default()), "bucket", "vigil");
        pollster::block_on(async {
            let first = keep(&shelves, 10).await;
            assert_eq!(keep(&shelves, 10).await, first);
            assert_ne!(keep(&shelves, 11).await, first);
            let read = shelves.baseline(&monitor(), &first).await.unwrap().unwrap();
            assert_eq!((read.version.as_str(), read.meta.rows), (first.as_str(), 10));
            assert_eq!(read.content.statistics().unwrap().features[0].name, "age");
            assert!(shelves.baseline(&monitor(), "nowhere").await.unwrap().is_none());
        });
    }

    #[test]
    fn tampered_or_torn_version_is_refused() {
        let key = |version: &str, file: &str| {
            format!("vigil/baselines/churn/A/data_quality/versions/{version}/{file}")
        };
        for (file, torn) in [("statistics.json", false), ("constraints.json", true)] {
            let world = Arc::new(MemoryWorld::default());
            let shelves = Shelves::new(Arc::clone(&world), "bucket", "vigil");
            pollster::block_on(async {
                let version = keep(&shelves, 10).await;
                let at = Address::new("bucket", key(&version, file));
                if torn {
                    shelves.objects.remove(&at).await.unwrap();
                } else {
                    world.put(&at, b"{}", PutWhen::Always).await.unwrap();
                }
                let read = shelves.baseline(&monitor(), &version).await;
                let Err(ReadFault::Corrupt { key, .. }) = read else { panic!("{read:?}") };
                assert_eq!(key, at.key);
            });
        }
    }

    #[test]
    fn version_without_manifest_is_not_there() {
        let shelves = Shelves::new(Arc::new(MemoryWorld::default()), "bucket", "vigil");
        pollster::block_on(async {
            let version = keep(&shelves, 10).await;
            let at = shelves.at(&shelves.keys.baseline_file(&monitor(), &version, MANIFEST));
            shelves.objects.remove(&at).await.unwrap();
            assert!(shelves.baseline(&monitor(), &version).await.unwrap().is_none());
        });
    }

    #[test]
    fn pointer_moves_only_from_where_it_was() {
        let shelves = Shelves::new(Arc::new(MemoryWorld::default()), "bucket", "vigil");
        let pointer = |version: &str| BaselinePointer {
            version: version.into(),
            fingerprint: "f".into(),
            rows: 10,
            promoted_at: 1_772_409_600,
            created_ms: 1,
            of_capture: false,
            previous: None,
        };
        pollster::block_on(async {
            assert!(shelves.current(&monitor()).await.unwrap().is_none());
            let tag = shelves.promote(&monitor(), &pointer("a"), None).await.unwrap();
            let late = shelves.promote(&monitor(), &pointer("b"), None).await;
            assert!(matches!(late, Err(WriteFault::Lost)));
            shelves.promote(&monitor(), &pointer("b"), Some(&tag)).await.unwrap();
            let now = shelves.current(&monitor()).await.unwrap().unwrap();
            assert_eq!(now.value, pointer("b"));
        });
    }
}
