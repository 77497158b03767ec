use crate::Aws;
use flow::{Call, Done, JobSetup, Limits, Prepared, Suite, handle};
use local::events::HandlerError;
use local::template::Stack;
use ports::{Address, Etag, Next, ReadFailed, ReadObjects, Refusal, RenderReport, Work};
use serde_json::{Value, json};
use settings::Settings;
use state::{Function, Shelves, work};
use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::{Arc, Mutex, PoisonError};

/// The suite's functions over one account, by the template's logical ids.
pub struct Functions<R> {
    aws: Aws,
    shelves: Shelves<Aws>,
    /// The same with each function's own rights, made as functions first run.
    rooms: Mutex<BTreeMap<String, Arc<Room>>>,
    prefix: String,
    prepared: Prepared,
    limits: Limits,
    renders: R,
    /// How jobs run, by the function that makes them; none where no job may run.
    jobs: BTreeMap<String, JobSetup>,
    /// The settings as last read, and the object they came from.
    settings: Mutex<(Option<Etag>, Arc<Settings>)>,
    requests: Mutex<u64>,
}

/// What a function works with.
struct Room {
    aws: Aws,
    shelves: Shelves<Aws>,
}

/// What one invocation did.
#[derive(Debug, Clone, PartialEq)]
pub struct Invocation {
    pub work: Work,
    pub done: Done,
}

/// Seconds that a function may take, as far as the stand-in cares.
const TIMEOUT: i64 = 60;
/// The largest settings file that is read.
const SETTINGS_BYTES: u64 = 2 << 20;

impl<R: RenderReport> Functions<R> {
    /// Puts the functions on an account; their records go to `bucket` under `prefix`.
    pub fn new(aws: Aws, bucket: &str, prefix: &str, renders: R) -> Self {
        let shelves = Shelves::new(aws.clone(), bucket, prefix);
        Self {
            aws,
            shelves,
            rooms: Mutex::default(),
            prefix: prefix.to_owned(),
            prepared: Prepared::default(),
            limits: Limits::default(),
            renders,
            jobs: BTreeMap::new(),
            settings: Mutex::default(),
            requests: Mutex::default(),
        }
    }

    /// Lets SageMaker's jobs run, with the role and the image that the template gives to each function.
    #[must_use]
    pub fn with_jobs_of(self, stack: &Stack) -> Self {
        let setup = |it: &local::template::Function| {
            let variable =
                |name: &str| it.environment.get(name).filter(|it| !it.is_empty()).cloned();
            let setup =
                JobSetup { role: variable("VIGIL_MONITOR_ROLE"), image: variable("VIGIL_IMAGE") };
            (it.named.id.clone(), setup)
        };
        Self { jobs: stack.functions.iter().map(setup).collect(), ..self }
    }

    /// Returns the records, to read them.
    pub fn shelves(&self) -> &Shelves<Aws> {
        &self.shelves
    }

    /// Runs a function on a payload, as the bus does.
    pub fn invoke(&self, function: &str, payload: &Value) -> Result<Value, HandlerError> {
        match self.run(function, payload) {
            Ok(None) => Ok(json!({"status": "skipped", "reason": "nothing to do"})),
            Ok(Some(it)) => Ok(answer(&it.done)),
            Err(refusal) => Err(handler_error(&refusal)),
        }
    }

    /// Runs a function on a payload; `None` where the event asks for nothing.
    pub fn run(&self, function: &str, payload: &Value) -> Result<Option<Invocation>, Refusal> {
        let room = self.room(function);
        let jobs = self.jobs.get(function).cloned().unwrap_or_default();
        let Some(function) = Function::parse(function) else { return Ok(None) };
        let Some(work) = work(function, payload.to_string().as_bytes())? else { return Ok(None) };
        let settings = self.settings(&room)?;
        let request = {
            let mut count = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
            *count += 1;
            format!("request-{count}")
        };
        let now = self.aws.account().now().as_second();
        let call = Call { now, request: &request, remaining: TIMEOUT };
        let place = self.aws.account().place();
        let suite = Suite {
            world: &room.aws,
            shelves: &room.shelves,
            settings: &settings,
            account: &place.account,
            region: &place.region,
            jobs: &jobs,
            limits: self.limits,
            prepared: &self.prepared,
        };
        let done = pollster::block_on(handle(&suite, &call, &self.renders, &work))?;
        Ok(Some(Invocation { work, done }))
    }

    fn room(&self, function: &str) -> Arc<Room> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let room = rooms.entry(function.to_owned()).or_insert_with(|| {
            let caller = self.aws.account().guard().role_of(function);
            let aws = self.aws.acting_as(caller);
            let shelves = Shelves::new(aws.clone(), self.shelves.bucket(), &self.prefix);
            Arc::new(Room { aws, shelves })
        });
        Arc::clone(room)
    }

    /// Reads the settings anew where they have changed; without a file, the defaults.
    fn settings(&self, room: &Room) -> Result<Arc<Settings>, Refusal> {
        let at = Address::new(self.shelves.bucket(), self.shelves.keys.settings());
        let piece = match pollster::block_on(room.aws.read(&at, 0, SETTINGS_BYTES)) {
            Ok(it) => it,
            Err(ReadFailed::Missing) => return Ok(Arc::default()),
            Err(ReadFailed::Other(trouble)) => {
                return Err(Refusal::of("settings not read", trouble).fact("object", at.uri()));
            }
        };
        let mut kept = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0.as_ref() != Some(&piece.etag) {
            let text = String::from_utf8_lossy(&piece.bytes);
            let parsed = Settings::parse(&text).map_err(|problems| {
                let refusal = Refusal::new(Next::FixInput, "settings not understood");
                refusal.fact("object", at.uri()).because(problems)
            })?;
            *kept = (Some(piece.etag), Arc::new(parsed));
        }
        Ok(Arc::clone(&kept.1))
    }
}

/// Says what was done, in the words that the state machine of baselines goes by.
fn answer(done: &Done) -> Value {
    let mut answer = match done {
        Done::Rebuilt(it) => json!({"status": it.word(), "version": it.version(),
            "job_name": it.job(), "reason": it.reason()}),
        Done::Asked(count) => json!({"status": "asked", "count": count}),
        other => json!({"status": "done", "reason": format!("{other:?}")}),
    };
    if let Some(members) = answer.as_object_mut() {
        members.retain(|_, it| !it.is_null());
    }
    answer
}

fn handler_error(refusal: &Refusal) -> HandlerError {
    let message = match refusal.source() {
        Some(cause) => format!("{refusal}: {cause}"),
        None => refusal.to_string(),
    };
    HandlerError {
        kind: refusal.next.word().to_owned(),
        message,
        retryable: refusal.next == Next::TryAgain,
    }
}
