//! `InvokeEndpoint`: a request is served by a variant, counted, and perhaps captured.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use super::{
    DataCaptureConfig, Endpoint, EndpointStatus, ProductionVariant, SageMaker,
    record::{self, Encoding, Metadata, Payload},
    refusal::{Code, Refused, invalid},
};
use crate::{
    model::{Form, Scorer},
    random::Random,
};

/// One request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// `text/csv`, `application/json` or `application/jsonlines`, with or without parameters.
    pub content_type: &'a str,
    pub body: &'a [u8],
    pub inference_id: Option<&'a str>,
    pub custom_attributes: Option<&'a str>,
    /// Goes to this variant, past the weights.
    pub target_variant: Option<&'a str>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    pub body: String,
    pub content_type: &'static str,
    pub variant: String,
}

/// One request of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    pub body: &'a str,
    pub inference_id: Option<&'a str>,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Batch {
    pub served: u64,
    /// Requests that the container refused.
    pub refused: u64,
    pub captured: u64,
}

/// Invocations by endpoint and variant, in CloudWatch's grain of a minute; kept after an endpoint is gone.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<(String, String), Vec<Minute>>);

#[derive(Debug, Clone, Copy)]
struct Minute {
    /// Minutes since 1970.
    at: i64,
    invocations: u64,
}

/// An endpoint as the requests of a batch see it.
struct Hall {
    desks: Vec<Desk>,
    capture: Option<Capture>,
    form: Option<Form>,
    output_type: &'static str,
}

struct Capture {
    config: DataCaptureConfig,
    /// `None` where this side is not captured.
    input: Option<Encoding>,
    output: Option<Encoding>,
}

/// One variant as the requests of a batch see it.
struct Desk {
    name: (String, String),
    weight: f64,
    scorer: Arc<Scorer>,
    minute: Minute,
}

impl SageMaker {
    /// Serves one request.
    pub fn invoke_endpoint(
        &mut self,
        now: Timestamp,
        endpoint: &str,
        request: &Request<'_>,
    ) -> Result<Response, Refused> {
        self.advance(now);
        let mut hall = self.hall(endpoint, request.content_type)?;
        let at = match request.target_variant {
            Some(variant) => hall
                .desks
                .iter()
                .position(|desk| desk.name.1 == variant)
                .ok_or_else(|| invalid(format!("Could not find variant \"{variant}\".")))?,
            None => route(&hall.desks, &mut self.routes),
        };
        let mut body = String::new();
        let served = self.serve(&mut hall, at, now.as_millisecond(), request, &mut body);
        let (variant, content_type) = (hall.desks[at].name.1.clone(), hall.output_type);
        self.count(hall.desks);
        match served {
            Ok(_) => Ok(Response { body, content_type, variant }),
            Err(message) => Err(Refused { code: Code::ModelError, message }),
        }
    }

    /// Serves many requests of one content type, in ascending order of their times.
    ///
    /// The same as a call of [`SageMaker::invoke_endpoint`] for each, without the answers.
    pub fn invoke_batch<'a>(
        &mut self,
        endpoint: &str,
        content_type: &str,
        rows: impl IntoIterator<Item = Row<'a>>,
    ) -> Result<Batch, Refused> {
        let mut rows = rows.into_iter().peekable();
        if let Some(first) = rows.peek().and_then(|row| Timestamp::from_millisecond(row.at_ms).ok())
        {
            self.advance(first);
        }
        let mut hall = self.hall(endpoint, content_type)?;
        let (mut batch, mut response) = (Batch::default(), String::new());
        for row in rows {
            let at = route(&hall.desks, &mut self.routes);
            let (body, inference_id) = (row.body.as_bytes(), row.inference_id);
            let request = Request { content_type, body, inference_id, ..Request::default() };
            response.clear();
            match self.serve(&mut hall, at, row.at_ms, &request, &mut response) {
                Ok(captured) => {
                    batch.served += 1;
                    batch.captured += u64::from(captured);
                }
                Err(_) => batch.refused += 1,
            }
        }
        self.count(hall.desks);
        Ok(batch)
    }

    /// Counts the invocations of a variant from a time on and before another, by whole minutes.
    ///
    /// This is CloudWatch's `AWS/SageMaker` `Invocations`; `None` where the variant was never invoked at all.
    pub fn invocations(
        &self,
        endpoint: &str,
        variant: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Option<u64> {
        let minutes = self.counts.0.get(&(endpoint.to_owned(), variant.to_owned()))?;
        let minute = |time: Timestamp| time.as_second().div_euclid(60);
        let start = minutes.partition_point(|it| it.at < minute(from));
        let within = minutes[start..].iter().take_while(|it| it.at < minute(until));
        Some(within.map(|it| it.invocations).sum())
    }

    fn hall(&self, name: &str, content_type: &str) -> Result<Hall, Refused> {
        let serves = |it: &&Endpoint| {
            matches!(it.status, EndpointStatus::InService | EndpointStatus::Updating)
        };
        let account = &self.place.account;
        let missing = || invalid(format!("Endpoint {name} of account {account} not found."));
        let endpoint = self.endpoints.get(name).filter(serves).ok_or_else(missing)?;
        let desk = |(variant, container): (&ProductionVariant, &Result<Arc<Scorer>, String>)| {
            Some(Desk {
                name: (name.to_owned(), variant.name.clone()),
                weight: variant.weight,
                scorer: Arc::clone(container.as_ref().ok()?),
                minute: Minute { at: i64::MIN, invocations: 0 },
            })
        };
        let fleet = &endpoint.fleet;
        let desks: Option<Vec<Desk>> =
            fleet.config.variants.iter().zip(&fleet.containers).map(desk).collect();
        let (form, output_type) = match record::media_type(content_type) {
            "text/csv" => (Some(Form::Csv), "text/csv; charset=utf-8"),
            "application/json" => (Some(Form::Json), "application/json"),
            "application/jsonlines" => (Some(Form::Json), "application/jsonlines"),
            _ => (None, "text/html; charset=utf-8"),
        };
        let capture = endpoint.capturing().map(|config| Capture {
            input: config.input().then(|| Encoding::of(content_type, config)),
            output: config.output().then(|| Encoding::of(output_type, config)),
            config: config.clone(),
        });
        Ok(Hall { desks: desks.ok_or_else(missing)?, capture, form, output_type })
    }

    /// Serves one request at one variant, and says whether it was captured, or why the container refused it.
    fn serve(
        &mut self,
        hall: &mut Hall,
        at: usize,
        at_ms: i64,
        request: &Request<'_>,
        response: &mut String,
    ) -> Result<bool, String> {
        let desk = &mut hall.desks[at];
        let minute = at_ms.div_euclid(60_000);
        if desk.minute.at != minute {
            self.counts.add(&desk.name, desk.minute);
            desk.minute = Minute { at: minute, invocations: 0 };
        }
        desk.minute.invocations += 1;
        let form = hall.form.ok_or("the container answered 415: unsupported content type")?;
        let body =
            str::from_utf8(request.body).map_err(|_| "the container answered 400: not UTF-8")?;
        let served = desk.scorer.respond(form, body, &mut self.scratch, response);
        served.map_err(|_| "the container answered 400: not JSON")?;

        let Some(capture) = &hall.capture else { return Ok(false) };
        if !self.captures.sampled(&capture.config) {
            return Ok(false);
        }
        let Some((file, ids)) = self.captures.file(&desk.name, &capture.config, at_ms) else {
            return Ok(false);
        };
        let (line, inference_time) = file.at(at_ms);
        let content_type = request.content_type;
        let input =
            capture.input.map(|encoding| Payload { content_type, encoding, text: request.body });
        let (content_type, text) = (hall.output_type, response.as_bytes());
        let output = capture.output.map(|encoding| Payload { content_type, encoding, text });
        let (inference_id, custom_attributes) = (request.inference_id, request.custom_attributes);
        self.event_id.clear();
        ids.uuid_into(&mut self.event_id);
        let event_id = &self.event_id;
        record::write(
            input,
            output,
            Metadata { event_id, inference_id, custom_attributes, inference_time },
            line,
        );
        Ok(true)
    }

    fn count(&mut self, desks: Vec<Desk>) {
        for desk in desks {
            self.counts.add(&desk.name, desk.minute);
        }
    }
}

impl Counts {
    fn add(&mut self, name: &(String, String), minute: Minute) {
        if minute.invocations == 0 {
            return;
        }
        let minutes = self.0.entry(name.clone()).or_default();
        let place = minutes.partition_point(|it| it.at < minute.at);
        match minutes.get_mut(place) {
            Some(held) if held.at == minute.at => held.invocations += minute.invocations,
            _ => minutes.insert(place, minute),
        }
    }
}

/// Draws a variant by weight; draws nothing where there is one.
fn route(desks: &[Desk], random: &mut Random) -> usize {
    if desks.len() == 1 {
        return 0;
    }
    let total: f64 = desks.iter().map(|desk| desk.weight).sum();
    let mut rest = random.unit() * total;
    let chosen = desks.iter().position(|desk| {
        rest -= desk.weight;
        rest < 0.0
    });
    chosen.unwrap_or(0)
}
