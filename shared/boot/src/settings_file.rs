use ports::{Address, Etag, Next, ReadFailed, ReadObjects, Refusal};
use settings::Settings;
use std::sync::{Arc, Mutex, PoisonError};

/// The largest settings file that is read.
const MOST: u64 = 2 << 20;

/// The settings as last read, and the object they came from.
#[derive(Debug, Default)]
pub(crate) struct SettingsFile {
    kept: Mutex<(Option<Etag>, Arc<Settings>)>,
    paused: bool,
}

impl SettingsFile {
    /// `paused` stops changes whatever the file says.
    pub(crate) fn new(paused: bool) -> Self {
        Self { paused, ..Self::default() }
    }

    /// Returns the settings, parsed anew only where their object has changed;
    /// without a file, the defaults.
    pub(crate) async fn read(
        &self,
        objects: &impl ReadObjects,
        at: &Address,
    ) -> Result<Arc<Settings>, Refusal> {
        let piece = match objects.read(at, 0, MOST).await {
            Ok(it) => Some(it),
            Err(ReadFailed::Missing) => None,
            Err(ReadFailed::Other(trouble)) => {
                return Err(Refusal::of("settings not read", trouble).fact("object", at.uri()));
            }
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let etag = piece.as_ref().map_or_else(|| Etag(String::new()), |it| it.etag.clone());
        if kept.0.as_ref() != Some(&etag) {
            let bytes = piece.map(|it| it.bytes).unwrap_or_default();
            let parsed = Settings::parse(&String::from_utf8_lossy(&bytes)).map_err(|problems| {
                let refusal = Refusal::new(Next::FixInput, "settings not understood");
                refusal.fact("object", at.uri()).because(problems)
            })?;
            let parsed = if self.paused { parsed.paused() } else { parsed };
            *kept = (Some(etag), Arc::new(parsed));
        }
        Ok(Arc::clone(&kept.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::memory::MemoryWorld;
    use ports::{PutWhen, WriteObjects};
    use settings::Changes;

    fn changes(settings: &Settings) -> Changes {
        settings.for_endpoint("churn", &[]).changes
    }

    #[test]
    fn changed_file_is_read_anew() {
        let (world, at) = (MemoryWorld::default(), Address::new("bucket", "settings.yaml"));
        let file = SettingsFile::default();
        pollster::block_on(async {
            let read = async || file.read(&world, &at).await.expect("settings");
            let first = read().await;
            assert_eq!(changes(&first), Changes::Enabled, "no file, the defaults");
            world.put(&at, b"changes: paused\n", PutWhen::Always).await.expect("put");
            let second = read().await;
            assert_eq!(changes(&second), Changes::Paused);
            assert!(Arc::ptr_eq(&second, &read().await), "unchanged, not parsed again");
            world.put(&at, b"changes: [", PutWhen::Always).await.expect("put");
            let refused = file.read(&world, &at).await.expect_err("no settings");
            assert_eq!(refused.next, Next::FixInput);
        });
    }

    #[test]
    fn environment_pauses_over_the_file() {
        let (world, at) = (MemoryWorld::default(), Address::new("bucket", "settings.yaml"));
        let file = SettingsFile::new(true);
        let read = pollster::block_on(file.read(&world, &at)).expect("settings");
        assert_eq!(changes(&read), Changes::Paused);
    }
}
