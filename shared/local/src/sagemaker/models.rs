//! Models: what endpoints run.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    Model, NamePage, SageMaker, announcement,
    limits::Check,
    listing::{self, Entry},
    refusal::{Refused, invalid},
    shape::{ContainerDefinition, CreateModel, ModelDescription, ModelSummary, Query, SortOrder},
};
use crate::model::Scorer;

impl SageMaker {
    /// Registers a model and what its container runs; `Err` is a container that will not start, with the reason.
    pub fn create_model(
        &mut self,
        now: Timestamp,
        name: &str,
        artifact: &str,
        container: Result<Arc<Scorer>, String>,
    ) -> Result<String, Refused> {
        let primary = ContainerDefinition {
            artifact: Some(artifact.to_owned()),
            ..ContainerDefinition::default()
        };
        let request = CreateModel {
            model_name: name.to_owned(),
            primary_container: Some(primary),
            execution_role_arn: Some(format!("arn:aws:iam::{}:role/endpoint", self.place.account)),
            ..CreateModel::default()
        };
        self.register_model(now, request, container)
    }

    /// Registers a model as the API's request describes it; the host says what its container runs.
    pub fn register_model(
        &mut self,
        now: Timestamp,
        request: CreateModel,
        container: Result<Arc<Scorer>, String>,
    ) -> Result<String, Refused> {
        self.change(now, move |this, now| {
            let name = request.model_name.clone();
            let arn = this.arn("model", &name)?;
            let mut check = Check::default();
            check.tags(&request.tags);
            if let Some(role) = &request.execution_role_arn {
                check.role("executionRoleArn", role);
            }
            check.count("containers", request.containers.as_ref().map_or(0, Vec::len), 0, 15);
            check.done()?;
            if this.models.contains_key(&name) {
                return Err(invalid(format!("Cannot create already existing model \"{arn}\".")));
            }
            this.put_tags(&arn, &request.tags);
            let request = CreateModel { tags: Vec::new(), ..request };
            let model = Model { arn: arn.clone(), request, created: now, container };
            this.announce_model(now, &model);
            this.models.insert(name, model);
            Ok(arn)
        })
    }

    /// Removes a model; endpoints that run it go on.
    pub fn delete_model(&mut self, now: Timestamp, name: &str) -> Result<(), Refused> {
        let name = name.to_owned();
        self.change(now, move |this, now| {
            let model = this.models.remove(&name).ok_or_else(|| this.no_model(&name))?;
            this.announce_model(now, &model);
            this.tags.remove(&model.arn);
            Ok(())
        })
    }

    /// Describes a model.
    pub fn describe_model(
        &mut self,
        now: Timestamp,
        name: &str,
    ) -> Result<ModelDescription, Refused> {
        self.call(now, |this| {
            let model = this.models.get(name).ok_or_else(|| this.no_model(name))?;
            Ok(ModelDescription {
                request: model.request.clone(),
                creation_time: model.created,
                model_arn: model.arn.clone(),
            })
        })
    }

    /// Lists models, the newest first.
    pub fn list_models(
        &mut self,
        now: Timestamp,
        query: &Query,
    ) -> Result<NamePage<ModelSummary>, Refused> {
        self.call(now, |this| {
            listing::page(
                this.models.values(),
                query,
                SortOrder::Descending,
                |it| Entry::new(&it.request.model_name, it.created),
                |it| ModelSummary {
                    model_name: it.request.model_name.clone(),
                    model_arn: it.arn.clone(),
                    creation_time: it.created,
                },
            )
        })
    }

    pub(super) fn no_model(&self, name: &str) -> Refused {
        let arn = self.place.sagemaker_arn("model", name);
        invalid(format!("Could not find model \"{arn}\"."))
    }

    fn announce_model(&mut self, now: Timestamp, model: &Model) {
        let tags = self.tags.get(&model.arn);
        self.events.push(announcement::model(&self.place, &mut self.ids, now, model, tags));
    }
}
