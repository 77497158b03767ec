//! Tags of resources.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{SageMaker, limits::Check, refusal::Refused, shape::Tag};

/// A resource has at most so many tags.
const MOST_TAGS: usize = 50;

impl SageMaker {
    /// Adds tags to a resource, replacing those of the same key.
    pub fn add_tags(
        &mut self,
        now: Timestamp,
        arn: &str,
        tags: &[(&str, &str)],
    ) -> Result<(), Refused> {
        let arn = arn.to_owned();
        let tags: Vec<Tag> = tags.iter().map(|(key, value)| Tag::new(*key, *value)).collect();
        self.change(now, move |this, _| {
            let mut check = Check::default();
            check.tags(&tags);
            let held = this.tags.get(&arn);
            let new =
                tags.iter().filter(|tag| held.is_none_or(|held| !held.contains_key(&tag.key)));
            check.count("tags", held.map_or(0, BTreeMap::len) + new.count(), 0, MOST_TAGS);
            check.done()?;
            this.put_tags(&arn, &tags);
            Ok(())
        })
    }

    /// Removes tags from a resource by key.
    pub fn delete_tags(&mut self, now: Timestamp, arn: &str, keys: &[&str]) -> Result<(), Refused> {
        let arn = arn.to_owned();
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        self.change(now, move |this, _| {
            if let Some(tags) = this.tags.get_mut(&arn) {
                tags.retain(|key, _| !keys.contains(key));
            }
            Ok(())
        })
    }

    /// Returns the tags of a resource.
    pub fn list_tags(
        &mut self,
        now: Timestamp,
        arn: &str,
    ) -> Result<BTreeMap<String, String>, Refused> {
        self.call(now, |this| Ok(this.tags.get(arn).cloned().unwrap_or_default()))
    }

    pub(super) fn put_tags(&mut self, arn: &str, tags: &[Tag]) {
        if tags.is_empty() {
            return;
        }
        let held = self.tags.entry(arn.to_owned()).or_default();
        held.extend(tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
    }
}
