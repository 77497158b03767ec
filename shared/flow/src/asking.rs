//! A model that cannot be read is asked: the endpoint itself, within bounds that leave it to its own callers.
//!
//! Time is counted from what answers take and from the pauses between them, so that no clock is needed. Each request
//! carries an inference id that begins with [`ASKED`], and no window counts it as traffic.

use crate::{Call, Suite};
use engine::attribution::{
    Batch, Explained, KernelShap, ModelForm, Prepared, Table, Unexplainable,
};
use engine::monitor::Monitor;
use engine::scan::ASKED;
use ports::{
    AskingLimits, InvokeEndpoints, InvokeFailed, InvokeRequest, ReadModels, Refusal, ScoreRows,
};
use settings::Asking;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// A request is sent so often, with a pause that doubles.
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: u64 = 500;
/// Seconds of an invocation that are left for telling.
const SPARE: i64 = 30;
/// `InvokeEndpoint` takes no larger body, in bytes.
const LARGEST: usize = 6 << 20;
/// A run is given up when it would take so many times the time it has, judged by its first tenth; later, when it would
/// take longer than that.
const HOPELESS: f64 = 1.5;

/// Why rows have no answers.
enum Unanswered {
    /// For people, with what to do.
    Why(String),
    Refused(Refusal),
}

impl From<Unexplainable> for Unanswered {
    fn from(why: Unexplainable) -> Self {
        let fix = match why {
            Unexplainable::NotAProbability => "; set model_explainability.use_logit to false",
            _ => "",
        };
        Self::Why(format!("{why}{fix}"))
    }
}

/// Asks one variant, and counts what that took.
pub(crate) struct Asker<'a, W> {
    world: &'a W,
    monitor: &'a Monitor,
    wanted: &'a Asking,
    limits: AskingLimits,
    scores: Box<dyn ScoreRows>,
    /// Tells requests of this run from others.
    run: i64,
    /// Milliseconds that it may take, and those that it took.
    may_take: u64,
    took: u64,
    sent: u64,
    /// What to do where this is too much to ask.
    instead: &'static str,
}

/// What one worker got.
struct Answered {
    outputs: Result<Table<f64>, Unanswered>,
    sent: u64,
    took: u64,
}

impl<'a, W: InvokeEndpoints + Sync> Asker<'a, W> {
    /// Gets ready to ask for rows of these columns; `Err` says what the settings lack.
    pub(crate) fn new<S: ReadModels>(
        suite: &Suite<'a, W, S>,
        call: &Call<'_>,
        monitor: &'a Monitor,
        wanted: &'a Asking,
        score: Option<&str>,
        (columns, numeric): (&[String], Vec<bool>),
    ) -> Result<Self, String> {
        let form = ModelForm {
            content_type: Some(wanted.content_type.clone()),
            accept: Some(wanted.content_type.clone()),
            score: score.map(str::to_owned),
            ..ModelForm::default()
        };
        let scores = suite.shelves.scoring(&form, columns, numeric)?;
        let whole = |it: u64| usize::try_from(it).unwrap_or(usize::MAX);
        let limits = AskingLimits {
            rows: whole(wanted.rows_per_request).max(1),
            at_once: whole(wanted.at_once),
            share: wanted.share,
            a_second: wanted.requests_per_second,
        };
        let left = (call.remaining - SPARE).max(0).unsigned_abs();
        let may_take = left.min(wanted.most_time.seconds.into()) * 1000;
        let run = call.now;
        Ok(Self {
            world: suite.world,
            monitor,
            wanted,
            limits,
            scores,
            run,
            may_take,
            took: 0,
            sent: 0,
            instead: "lower model_explainability.num_samples",
        })
    }

    /// Explains rows by KernelSHAP; `Err` says why they cannot be explained within the bounds.
    pub(crate) async fn explain(
        &mut self,
        prepared: &Prepared,
    ) -> Result<Result<Explained, String>, Refusal> {
        settled(self.ask_all(prepared).await)
    }

    /// Returns the answers to all rows; `Err` says why there are none within the bounds.
    pub(crate) async fn answers(
        &mut self,
        rows: &Table<String>,
    ) -> Result<Result<Table<f64>, String>, Refusal> {
        let all = async {
            self.instead = "set model_bias.training_data_s3_uri to fewer rows";
            self.begin(rows.len() as u64)?;
            let mut outputs: Option<Table<f64>> = None;
            let part = self.limits.rows * rows.width();
            let parts: Vec<Table<String>> = rows
                .cells()
                .chunks(part.max(1))
                .filter_map(|it| Table::of(rows.width(), it.to_vec()))
                .collect();
            let mut done = 0;
            for round in parts.chunks(self.limits.workers()) {
                for part in self.round(round).await? {
                    append(&mut outputs, &part)?;
                    done += part.len() as u64;
                }
                self.keep_time(done, rows.len() as u64)?;
            }
            Ok(outputs.unwrap_or_default())
        };
        settled(all.await)
    }

    /// Says in words what was asked, for people.
    pub(crate) fn told(&self) -> String {
        let (sent, rows) = (self.sent, self.limits.rows);
        let percent = (1e5 * self.limits.share).round() / 1e3;
        format!("{sent} requests of up to {rows} rows, for at most {percent} % of its capacity")
    }

    async fn ask_all(&mut self, prepared: &Prepared) -> Result<Explained, Unanswered> {
        let mut kernel = prepared.kernel()?;
        let cost = kernel.cost();
        self.begin(cost)?;
        let mut done = 0;
        loop {
            let round = next_round(&mut kernel, &self.limits);
            if round.is_empty() {
                return Ok(kernel.finish()?);
            }
            let (batches, tables): (Vec<Batch>, Vec<Table<String>>) = round.into_iter().unzip();
            let answers = self.round(&tables).await?;
            for (batch, outputs) in batches.iter().zip(&answers) {
                kernel.answer(batch, outputs)?;
                done += batch.rows() as u64;
            }
            self.keep_time(done, cost)?;
        }
    }

    /// Refuses before the first request what needs more of them than there may be.
    fn begin(&self, rows: u64) -> Result<(), Unanswered> {
        let needed = rows.div_ceil(self.limits.rows as u64);
        let most = self.wanted.most_requests;
        if needed <= most {
            return Ok(());
        }
        Err(Unanswered::Why(format!(
            "the endpoint would be asked for {rows} rows in {needed} requests, and asking.most_requests is {most}: raise it, or {}",
            self.instead
        )))
    }

    /// Refuses to go on where the time is over, or will be long before the end.
    fn keep_time(&self, done: u64, all: u64) -> Result<(), Unanswered> {
        let whole = self.took as f64 * all as f64 / done.max(1) as f64;
        let over = done < all && self.may_take <= self.took;
        let hopeless = if 10 * done < all { HOPELESS } else { 1.0 };
        if !over && whole <= hopeless * self.may_take as f64 {
            return Ok(());
        }
        let (needs, has) = ((whole / 1000.0).ceil(), self.may_take / 1000);
        let share = self.limits.share;
        Err(Unanswered::Why(format!(
            "asking the endpoint takes about {needs} s, and there are {has} s: raise asking.share ({share}) or asking.most_time, or {}",
            self.instead
        )))
    }

    /// Asks for each table, all at once.
    async fn round(&mut self, tables: &[Table<String>]) -> Result<Vec<Table<f64>>, Unanswered> {
        let from = self.sent;
        let this = &*self;
        let asked = tables.iter().enumerate().map(|(worker, rows)| {
            let id = format!("{ASKED}{}-{from}-{worker}", this.run);
            Box::pin(this.ask(rows, id)) as Pin<Box<dyn Future<Output = Answered> + '_>>
        });
        let answered = together(asked.collect()).await;
        self.sent += answered.iter().map(|it| it.sent).sum::<u64>();
        self.took += answered.iter().map(|it| it.took).max().unwrap_or(0);
        let outputs = answered.into_iter().map(|it| it.outputs);
        let outputs: Vec<Table<f64>> = outputs.collect::<Result<_, _>>()?;
        if self.wanted.most_requests < self.sent {
            let most = self.wanted.most_requests;
            return Err(Unanswered::Why(format!(
                "requests were refused and sent again until asking.most_requests ({most}) was reached"
            )));
        }
        Ok(outputs)
    }

    /// Asks for a table, in requests of bounded size, with a pause after each.
    async fn ask(&self, rows: &Table<String>, id: String) -> Answered {
        let mut answered = Answered { outputs: Ok(Table::default()), sent: 0, took: 0 };
        let mut outputs: Option<Table<f64>> = None;
        for cells in rows.cells().chunks((rows.width() * self.limits.rows).max(1)) {
            let part = Table::of(rows.width(), cells.to_vec()).unwrap_or_default();
            let scores = self.request(&part, &id, &mut answered).await;
            if let Err(why) = scores.and_then(|it| append(&mut outputs, &it)) {
                answered.outputs = Err(why);
                return answered;
            }
        }
        answered.outputs = Ok(outputs.unwrap_or_default());
        answered
    }

    /// Sends one request until it is answered.
    async fn request(
        &self,
        rows: &Table<String>,
        id: &str,
        answered: &mut Answered,
    ) -> Result<Table<f64>, Unanswered> {
        let body = self.scores.request(rows);
        if LARGEST < body.len() {
            let (bytes, most) = (body.len(), self.limits.rows);
            return Err(Unanswered::Why(format!(
                "a request has {bytes} bytes, of at most {LARGEST}: lower asking.rows_per_request ({most})"
            )));
        }
        let mut request = InvokeRequest {
            endpoint: self.monitor.endpoint.clone(),
            variant: Some(self.monitor.variant.clone()),
            content_type: self.scores.content_type().to_owned(),
            accept: self.scores.accept().map(str::to_owned),
            inference_id: None,
            body,
        };
        let mut pause = FIRST_PAUSE;
        let mut tries = 0;
        loop {
            request.inference_id = Some(format!("{id}-{}", answered.sent));
            answered.sent += 1;
            tries += 1;
            let failed = match self.world.invoke(&request).await {
                Ok(it) => {
                    let rest = self.limits.pause(it.millis);
                    answered.took += it.millis + rest;
                    self.world.rest(rest).await;
                    return self
                        .scores
                        .scores(&it.content_type, &it.body, rows.len())
                        .map_err(Unanswered::Why);
                }
                Err(it) => it,
            };
            let last = tries == ATTEMPTS || self.may_take <= answered.took;
            answered.took += unanswered(failed, last)?;
            // A model that struggles is left alone for longer.
            self.world.rest(pause).await;
            answered.took += pause;
            pause *= 2;
        }
    }
}

/// Tells what people have to mend from what is to be tried again.
fn settled<T>(found: Result<T, Unanswered>) -> Result<Result<T, String>, Refusal> {
    match found {
        Ok(it) => Ok(Ok(it)),
        Err(Unanswered::Why(why)) => Ok(Err(why)),
        Err(Unanswered::Refused(it)) => Err(it),
    }
}

/// Returns the milliseconds of a failed request that is worth another, else why there is no answer.
fn unanswered(failed: InvokeFailed, last: bool) -> Result<u64, Unanswered> {
    let why = |text: String| Err(Unanswered::Why(text));
    match failed {
        InvokeFailed::NotServing => why("the endpoint does not serve".into()),
        InvokeFailed::Model { status, millis } => {
            let passes = 500 <= status || status == 429 || status == 408;
            match (passes, last) {
                (true, false) => Ok(millis),
                (true, true) => why(format!(
                    "the model answered {status}, {ATTEMPTS} times: lower asking.share or asking.rows_per_request"
                )),
                // The same rows would be refused again.
                (false, _) => why(format!(
                    "the model answered {status} to rows of features: look at asking.content_type and at what the columns are"
                )),
            }
        }
        InvokeFailed::Other(trouble) if trouble.retryable && !last => Ok(0),
        InvokeFailed::Other(trouble) if trouble.retryable => {
            Err(Unanswered::Refused(Refusal::of("endpoint not asked", trouble)))
        }
        InvokeFailed::Other(_) => {
            why("the endpoint may not be asked: name it in the stack's parameter AskEndpointArns"
                .into())
        }
    }
}

/// Takes the next questions, one batch for each worker.
fn next_round(
    kernel: &mut KernelShap<String>,
    limits: &AskingLimits,
) -> Vec<(Batch, Table<String>)> {
    let mut round = Vec::new();
    while round.len() < limits.workers()
        && let Some(batch) = kernel.next_batch(limits.rows)
    {
        let mut rows = Table::default();
        kernel.fill(&batch, &mut rows);
        round.push((batch, rows));
    }
    round
}

/// Appends answers, which have as many outputs as those before.
fn append(outputs: &mut Option<Table<f64>>, part: &Table<f64>) -> Result<(), Unanswered> {
    let all = outputs.get_or_insert_with(|| Table::new(part.width()));
    for row in part.rows() {
        if !all.push(row.iter().copied()) {
            let (given, wanted) = (row.len(), all.width());
            return Err(Unexplainable::Answers { given, wanted }.into());
        }
    }
    Ok(())
}

/// Waits for all futures, which run side by side.
async fn together<T>(mut futures: Vec<Pin<Box<dyn Future<Output = T> + '_>>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none()
                && let Poll::Ready(it) = future.as_mut().poll(context)
            {
                *done = Some(it);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
