//! The control plane of endpoints: create, update, delete, describe, list.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;

use super::{
    DataCaptureConfig, Endpoint, EndpointConfig, EndpointStatus, Fleet, Late, ProductionVariant,
    SageMaker, announcement,
    limits::valid_name,
    refusal::{Code, Refused, invalid},
    shape::Tag,
};
use crate::faults::CallFate;

/// What `DescribeEndpoint` answers.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointDescription {
    pub name: String,
    pub arn: String,
    /// The config that serves now; an update in progress shows only when it is done.
    pub config: String,
    pub status: EndpointStatus,
    pub failure: Option<String>,
    pub created: Timestamp,
    pub modified: Timestamp,
    pub variants: Vec<VariantSummary>,
    pub capture: Option<CaptureSummary>,
}

/// One variant in the answer of `DescribeEndpoint`.
#[derive(Debug, Clone, PartialEq)]
pub struct VariantSummary {
    pub name: String,
    pub weight: f64,
    pub instance_count: u32,
}

/// `DataCaptureConfigSummary`: neither capture options nor content types, which only the config tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureSummary {
    pub enable: bool,
    pub status: CaptureStatus,
    pub sampling_percent: u32,
    pub destination: String,
    pub kms_key: Option<String>,
}

/// Whether capture runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureStatus {
    Started,
    Stopped,
}

/// What to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    pub name_contains: Option<String>,
    pub status: Option<EndpointStatus>,
    /// From 1 to 100; 10 unless told, as AWS does.
    pub max_results: Option<usize>,
    /// The token of the page before.
    pub next_token: Option<String>,
}

/// One endpoint of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointSummary {
    pub name: String,
    pub arn: String,
    pub status: EndpointStatus,
    pub created: Timestamp,
    pub modified: Timestamp,
}

/// One page of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePage<T> {
    pub entries: Vec<T>,
    pub next_token: Option<String>,
}

impl SageMaker {
    /// Creates an endpoint config and returns its ARN.
    pub fn create_endpoint_config(
        &mut self,
        now: Timestamp,
        name: &str,
        variants: Vec<ProductionVariant>,
        capture: Option<DataCaptureConfig>,
        tags: &[(&str, &str)],
    ) -> Result<String, Refused> {
        let (name, tags) = (name.to_owned(), owned(tags));
        self.change(now, move |this, now| {
            let arn = this.arn("endpoint-config", &name)?;
            if this.configs.contains_key(&name) {
                return Err(invalid(format!(
                    "Cannot create already existing endpoint configuration \"{arn}\"."
                )));
            }
            this.check_variants(&variants)?;
            if let Some(fault) = capture.as_ref().and_then(DataCaptureConfig::fault) {
                return Err(invalid(fault));
            }
            this.put_tags(&arn, &tags);
            let config = Arc::new(EndpointConfig {
                name: name.clone(),
                arn: arn.clone(),
                created: now,
                variants,
                capture,
            });
            this.announce_config(now, &config);
            this.configs.insert(name, config);
            Ok(arn)
        })
    }

    /// Removes an endpoint config; endpoints that were made with it go on.
    pub fn delete_endpoint_config(&mut self, now: Timestamp, name: &str) -> Result<(), Refused> {
        let name = name.to_owned();
        self.change(now, move |this, now| {
            let config = this.config(&name)?;
            this.configs.remove(&name);
            this.announce_config(now, &config);
            this.tags.remove(&config.arn);
            Ok(())
        })
    }

    /// Describes an endpoint config.
    pub fn describe_endpoint_config(
        &mut self,
        now: Timestamp,
        name: &str,
    ) -> Result<Arc<EndpointConfig>, Refused> {
        self.call(now, |this| this.config(name))
    }

    /// Begins to create an endpoint and returns its ARN.
    pub fn create_endpoint(
        &mut self,
        now: Timestamp,
        name: &str,
        config: &str,
        tags: &[(&str, &str)],
    ) -> Result<String, Refused> {
        let (name, config, tags) = (name.to_owned(), config.to_owned(), owned(tags));
        self.change(now, move |this, now| {
            let arn = this.arn("endpoint", &name)?;
            if this.endpoints.contains_key(&name) {
                return Err(invalid(format!("Cannot create already existing endpoint \"{arn}\".")));
            }
            let fleet = this.fleet(&config)?;
            this.put_tags(&arn, &tags);
            let endpoint = Endpoint {
                name: name.clone(),
                arn: arn.clone(),
                status: EndpointStatus::Creating,
                failure: None,
                fleet,
                next: None,
                due: Some(now + this.pace.creating),
                created: now,
                modified: now,
                capture_stopped: false,
            };
            this.endpoints.insert(name.clone(), endpoint);
            this.announce(now, &name);
            Ok(arn)
        })
    }

    /// Begins to move an endpoint to another config, capture settings and all.
    ///
    /// Nothing of the old config is kept: a new one without capture ends capture.
    pub fn update_endpoint(
        &mut self,
        now: Timestamp,
        name: &str,
        config: &str,
    ) -> Result<String, Refused> {
        let (name, config) = (name.to_owned(), config.to_owned());
        self.change(now, move |this, now| {
            let next = this.fleet(&config)?;
            let due = now + this.pace.updating;
            let endpoint = this.endpoint(&name)?;
            if endpoint.status != EndpointStatus::InService
                && endpoint.status != EndpointStatus::Failed
            {
                return Err(invalid(format!(
                    "Cannot update in-progress endpoint \"{}\".",
                    endpoint.arn
                )));
            }
            if endpoint.fleet.config.name == config {
                let arn = &endpoint.arn;
                return Err(invalid(format!(
                    "Endpoint \"{arn}\" already has this endpoint configuration."
                )));
            }
            endpoint.status = EndpointStatus::Updating;
            (endpoint.next, endpoint.due, endpoint.modified) = (Some(next), Some(due), now);
            let arn = endpoint.arn.clone();
            this.announce(now, &name);
            Ok(arn)
        })
    }

    /// Begins to delete an endpoint; it serves no more.
    pub fn delete_endpoint(&mut self, now: Timestamp, name: &str) -> Result<(), Refused> {
        let name = name.to_owned();
        self.change(now, move |this, now| {
            let due = now + this.pace.deleting;
            let endpoint = this.endpoint(&name)?;
            if endpoint.status != EndpointStatus::InService
                && endpoint.status != EndpointStatus::Failed
            {
                return Err(invalid(format!(
                    "Cannot update in-progress endpoint \"{}\".",
                    endpoint.arn
                )));
            }
            endpoint.status = EndpointStatus::Deleting;
            (endpoint.due, endpoint.modified) = (Some(due), now);
            this.captures.close(&name);
            this.announce(now, &name);
            Ok(())
        })
    }

    /// Describes an endpoint.
    pub fn describe_endpoint(
        &mut self,
        now: Timestamp,
        name: &str,
    ) -> Result<EndpointDescription, Refused> {
        self.call(now, |this| this.endpoint(name).map(|endpoint| describe(endpoint)))
    }

    /// Lists endpoints, the newest first.
    pub fn list_endpoints(
        &mut self,
        now: Timestamp,
        listing: &Listing,
    ) -> Result<NamePage<EndpointSummary>, Refused> {
        self.call(now, |this| {
            let wanted = |it: &&Endpoint| {
                listing.status.is_none_or(|status| status == it.status)
                    && listing
                        .name_contains
                        .as_ref()
                        .is_none_or(|part| it.name.contains(part.as_str()))
            };
            let mut found: Vec<&Endpoint> = this.endpoints.values().filter(wanted).collect();
            let (found, next_token) = page(&mut found, |it| (it.created, &it.name), listing)?;
            let summary = |it: &&Endpoint| EndpointSummary {
                name: it.name.clone(),
                arn: it.arn.clone(),
                status: it.status,
                created: it.created,
                modified: it.modified,
            };
            Ok(NamePage { entries: found.iter().map(summary).collect(), next_token })
        })
    }

    /// Lists endpoint configs, the newest first; the status of a listing says nothing here.
    pub fn list_endpoint_configs(
        &mut self,
        now: Timestamp,
        listing: &Listing,
    ) -> Result<NamePage<Arc<EndpointConfig>>, Refused> {
        self.call(now, |this| {
            let wanted = |it: &&Arc<EndpointConfig>| {
                listing.name_contains.as_ref().is_none_or(|part| it.name.contains(part.as_str()))
            };
            let mut found: Vec<&Arc<EndpointConfig>> =
                this.configs.values().filter(wanted).collect();
            let (found, next_token) = page(&mut found, |it| (it.created, &it.name), listing)?;
            Ok(NamePage { entries: found.iter().map(|it| Arc::clone(it)).collect(), next_token })
        })
    }

    /// Brings the account up to date and makes one call, with what the plan of faults has for it.
    pub(super) fn call<T>(
        &mut self,
        now: Timestamp,
        act: impl FnOnce(&mut Self) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        self.advance(now);
        let refuse = |code, message: &str| Err(Refused { code, message: message.to_owned() });
        match self.faults.sagemaker_call(now) {
            CallFate::Fine | CallFate::Conflict => act(self),
            CallFate::ErrorBefore => {
                refuse(Code::InternalFailure, "The request processing has failed.")
            }
            CallFate::Throttled => refuse(Code::ThrottlingException, "Rate exceeded"),
            CallFate::ReplyLost => {
                act(self)?;
                refuse(Code::ReplyLost, "connection reset")
            }
        }
    }

    /// Makes one call that changes something, which the plan of faults may also apply late.
    pub(super) fn change<T>(
        &mut self,
        now: Timestamp,
        act: impl FnOnce(&mut Self, Timestamp) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        self.advance(now);
        if let Some(delay) = self.faults.applied_late(now) {
            let act: Late = Box::new(move |this, at| {
                // Nobody waits for the answer any more.
                let _lost = act(this, at);
            });
            self.postpone(now + delay, act);
            let message = "connection reset".to_owned();
            return Err(Refused { code: Code::ReplyLost, message });
        }
        self.call(now, |this| act(this, now))
    }

    pub(super) fn arn(&self, kind: &str, name: &str) -> Result<String, Refused> {
        if !valid_name(name) {
            return Err(invalid(
                "the name does not satisfy the pattern [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}".to_owned(),
            ));
        }
        Ok(self.place.sagemaker_arn(kind, name))
    }

    fn config(&self, name: &str) -> Result<Arc<EndpointConfig>, Refused> {
        self.configs.get(name).cloned().ok_or_else(|| {
            let arn = self.place.sagemaker_arn("endpoint-config", name);
            invalid(format!("Could not find endpoint configuration \"{arn}\"."))
        })
    }

    /// Resolves a config to the containers that will serve it.
    fn fleet(&self, config: &str) -> Result<Fleet, Refused> {
        let config = self.config(config)?;
        let find = |variant: &ProductionVariant| match self.models.get(&variant.model) {
            Some(model) => Ok(model.container.clone()),
            None => Err(self.no_model(&variant.model)),
        };
        let containers = config.variants.iter().map(find).collect::<Result<_, _>>()?;
        Ok(Fleet { config, containers })
    }

    pub(super) fn endpoint(&mut self, name: &str) -> Result<&mut Endpoint, Refused> {
        let arn = self.place.sagemaker_arn("endpoint", name);
        self.endpoints
            .get_mut(name)
            .ok_or_else(|| invalid(format!("Could not find endpoint \"{arn}\".")))
    }

    fn check_variants(&self, variants: &[ProductionVariant]) -> Result<(), Refused> {
        if variants.is_empty() || variants.len() > 10 {
            return Err(invalid("ProductionVariants must have from 1 to 10 members".to_owned()));
        }
        let mut names = BTreeSet::new();
        for variant in variants {
            if !names.insert(&variant.name) || !valid_name(&variant.name) {
                return Err(invalid("variant names must be valid and differ".to_owned()));
            }
            if !variant.weight.is_finite() || variant.weight < 0.0 {
                return Err(invalid("InitialVariantWeight must not be negative".to_owned()));
            }
            if !self.models.contains_key(&variant.model) {
                return Err(self.no_model(&variant.model));
            }
        }
        Ok(())
    }

    fn announce_config(&mut self, now: Timestamp, config: &EndpointConfig) {
        let tags = self.tags.get(&config.arn);
        self.events.push(announcement::config(&self.place, &mut self.ids, now, config, tags));
    }
}

fn owned(tags: &[(&str, &str)]) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::new(*key, *value)).collect()
}

fn describe(endpoint: &Endpoint) -> EndpointDescription {
    let capture = endpoint.fleet.config.capture.as_ref().map(|capture| CaptureSummary {
        enable: capture.enable,
        status: if endpoint.capturing().is_some() {
            CaptureStatus::Started
        } else {
            CaptureStatus::Stopped
        },
        sampling_percent: capture.sampling_percent,
        destination: capture.destination.clone(),
        kms_key: capture.kms_key.clone(),
    });
    let variants = endpoint.fleet.config.variants.iter().map(|it| VariantSummary {
        name: it.name.clone(),
        weight: it.weight,
        instance_count: it.instance_count,
    });
    EndpointDescription {
        name: endpoint.name.clone(),
        arn: endpoint.arn.clone(),
        config: endpoint.fleet.config.name.clone(),
        status: endpoint.status,
        failure: endpoint.failure.clone(),
        created: endpoint.created,
        modified: endpoint.modified,
        variants: variants.collect(),
        capture,
    }
}

/// Sorts what was found, the newest first, and cuts a page out of it.
///
/// The token is the age and name of the last entry before, so that a page follows on even where that entry is gone.
fn page<'a, T>(
    found: &'a mut [T],
    key: impl Fn(&T) -> (Timestamp, &str),
    listing: &Listing,
) -> Result<(&'a [T], Option<String>), Refused> {
    let size = listing.max_results.unwrap_or(10);
    if !(1..=100).contains(&size) {
        return Err(invalid("MaxResults must be from 1 to 100".to_owned()));
    }
    let order =
        |a: (Timestamp, &str), b: (Timestamp, &str)| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1));
    found.sort_by(|a, b| order(key(a), key(b)));
    let start = match &listing.next_token {
        None => 0,
        Some(token) => {
            let last =
                token.split_once(' ').and_then(|(time, name)| Some((time.parse().ok()?, name)));
            let last = last.ok_or_else(|| invalid("Invalid pagination token.".to_owned()))?;
            found.partition_point(|it| order(key(it), last).is_le())
        }
    };
    let end = (start + size).min(found.len());
    let token = |it: &T| format!("{} {}", key(it).0, key(it).1);
    let next = (start < end && end < found.len()).then(|| token(&found[end - 1]));
    Ok((&found[start..end], next))
}
