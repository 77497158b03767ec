//! Models that are asked: a command, or an endpoint on this machine.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use engine::attribution::{Batch, Explained, KernelShap, Prepared, Table};
use engine::scan::ASKED;
use formats::scoring::Scoring;
use ports::AskingLimits;

use crate::Failure;
use crate::args::explainability::Model;
use crate::screen::{Screen, grouped};

/// A command starts anew for each request, so it gets more rows at once.
const ROWS_OF_A_COMMAND: usize = 50_000;
/// The longest that one answer may take.
const TIMEOUT: Duration = Duration::from_mins(1);
/// A request is sent so often, with a pause that doubles.
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The largest answer, in bytes.
const LARGEST: u64 = 64 << 20;

/// What a model was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Asked {
    pub(crate) rows: u64,
    pub(crate) requests: u64,
    /// Part of an endpoint's capacity that was taken at most; `None` of a command.
    pub(crate) share: Option<f64>,
}

/// Explains by KernelSHAP, and returns what was asked.
pub(super) fn explain(
    args: &Model,
    prepared: &Prepared,
    screen: &mut Screen,
) -> Result<(Explained, Asked), Failure> {
    let refused = |why: &dyn std::fmt::Display| Failure::new(why.to_string());
    let form = prepared.config().form.clone();
    let scoring = Scoring::new(form, prepared.columns().to_vec(), prepared.numeric())
        .map_err(|why| refused(&why))?;
    let who = match (&args.scorer, &args.endpoint_url) {
        (Some(command), _) => Who::Command(command),
        (None, Some(url)) => Who::endpoint(url)?,
        (None, None) => {
            return Err(Failure::new("name a model: --model, --scorer or --endpoint-url"));
        }
    };
    let limits = AskingLimits {
        rows: match who {
            Who::Command(_) => ROWS_OF_A_COMMAND,
            Who::Endpoint(..) => args.rows_per_request as usize,
        },
        at_once: args.at_once.into(),
        share: args.share,
        a_second: args.requests_per_second,
    };
    let kernel = prepared.kernel().map_err(|why| refused(&why))?;
    let cost = kernel.cost();
    screen.note(format!("asks the model for {} rows", grouped(cost)));
    let asking = Asking {
        who,
        scoring,
        limits,
        kernel: Mutex::new((kernel, None)),
        sent: AtomicU64::new(0),
    };
    let workers = match asking.who {
        Who::Command(_) => 1,
        Who::Endpoint(..) => limits.workers(),
    };
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| asking.work());
        }
    });
    let (kernel, failure) = asking.kernel.into_inner().unwrap_or_else(PoisonError::into_inner);
    let share = matches!(asking.who, Who::Endpoint(..)).then_some(limits.share);
    let asked = Asked { rows: cost, requests: asking.sent.into_inner(), share };
    match failure {
        Some(failure) => Err(failure),
        None => Ok((kernel.finish().map_err(|why| refused(&why))?, asked)),
    }
}

enum Who<'a> {
    Command(&'a str),
    Endpoint(&'a str, ureq::Agent),
}

impl<'a> Who<'a> {
    fn endpoint(url: &'a str) -> Result<Self, Failure> {
        let host = url.strip_prefix("http://").and_then(|it| it.split(['/', ':']).next());
        if !matches!(host, Some("127.0.0.1" | "localhost")) {
            return Err(Failure::new(
                "--endpoint-url: only http://127.0.0.1 is asked from here; endpoints of AWS are the suite's to ask",
            ));
        }
        let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT));
        Ok(Self::Endpoint(url, config.http_status_as_error(false).build().into()))
    }
}

struct Asking<'a> {
    who: Who<'a>,
    scoring: Scoring,
    limits: AskingLimits,
    sent: AtomicU64,
    /// With the first failure, after which nobody asks on.
    kernel: Mutex<(KernelShap<String>, Option<Failure>)>,
}

impl Asking<'_> {
    fn lock(&self) -> MutexGuard<'_, (KernelShap<String>, Option<Failure>)> {
        self.kernel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut rows = Table::default();
        while let Some(batch) = self.next(&mut rows) {
            let answered = self.score(&rows);
            let mut kernel = self.lock();
            let taken = answered.and_then(|outputs| {
                kernel.0.answer(&batch, &outputs).map_err(|why| Failure::new(why.to_string()))
            });
            if let Err(failure) = taken {
                kernel.1.get_or_insert(failure);
                return;
            }
        }
    }

    fn next(&self, rows: &mut Table<String>) -> Option<Batch> {
        let mut kernel = self.lock();
        if kernel.1.is_some() {
            return None;
        }
        let batch = kernel.0.next_batch(self.limits.rows)?;
        kernel.0.fill(&batch, rows);
        Some(batch)
    }

    /// Asks for all rows, in requests of bounded size.
    fn score(&self, rows: &Table<String>) -> Result<Table<f64>, Failure> {
        let mut all: Option<Table<f64>> = None;
        for cells in rows.cells().chunks(rows.width() * self.limits.rows.max(1)) {
            let part = Table::of(rows.width(), cells.to_vec()).unwrap_or_default();
            let body = self.scoring.request(&part);
            self.sent.fetch_add(1, Ordering::Relaxed);
            let (media, answer) = match &self.who {
                Who::Command(command) => (self.media(), run(command, body)?),
                Who::Endpoint(url, agent) => self.invoke(url, agent, &body)?,
            };
            let scores = self.scoring.scores(&media, &answer, part.len());
            let scores = scores.map_err(|why| Failure::new(why.to_string()))?;
            all = Some(match all {
                None => scores,
                Some(mut before) => {
                    for row in scores.rows() {
                        if !before.push(row.iter().copied()) {
                            return Err(Failure::new(
                                "the model's answers differ in their number of outputs",
                            ));
                        }
                    }
                    before
                }
            });
        }
        Ok(all.unwrap_or_default())
    }

    /// What a command writes, which has no headers to say it.
    fn media(&self) -> String {
        self.scoring.accept().unwrap_or(self.scoring.content_type()).to_owned()
    }

    #[expect(clippy::disallowed_methods, reason = "an endpoint lives by the clock on the wall")]
    fn invoke(
        &self,
        url: &str,
        agent: &ureq::Agent,
        body: &[u8],
    ) -> Result<(String, Vec<u8>), Failure> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let started = Instant::now();
            // No window counts a request of ours as traffic.
            let mut call = agent
                .post(url)
                .header("content-type", self.scoring.content_type())
                .header("x-amzn-sagemaker-inference-id", format!("{ASKED}by-hand"));
            if let Some(accept) = self.scoring.accept() {
                call = call.header("accept", accept);
            }
            let answer = call.send(body).and_then(|mut it| {
                let media = it.headers().get("content-type").and_then(|it| it.to_str().ok());
                let media = media.map_or_else(|| self.media(), str::to_owned);
                let body = it.body_mut().with_config().limit(LARGEST).read_to_vec()?;
                Ok((it.status().as_u16(), media, body))
            });
            let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            let why = match answer {
                Ok((status, media, body)) if status < 300 => {
                    thread::sleep(Duration::from_millis(self.limits.pause(took)));
                    return Ok((media, body));
                }
                // The same rows would be refused again.
                Ok((status, ..)) if status < 500 && status != 429 && status != 408 => {
                    return Err(Failure::new(format!("{url}: the endpoint answered {status}")));
                }
                Ok((status, ..)) => format!("the endpoint answered {status}"),
                Err(why) => why.to_string(),
            };
            if attempt == ATTEMPTS {
                return Err(Failure::new(format!("{url}: {why}, {ATTEMPTS} times")));
            }
            thread::sleep(pause);
            self.sent.fetch_add(1, Ordering::Relaxed);
            pause *= 2;
        }
        Err(Failure::new("the endpoint was not asked"))
    }
}

/// Runs a command on one request.
fn run(command: &str, body: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::new(format!("--scorer: {why}"));
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|why| failed(&why))?;
    let (Some(mut into), Some(mut out)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(failed(&"the command has no pipes"));
    };
    let mut answer = Vec::new();
    let done = thread::scope(|scope| {
        // A command that reads nothing must not block us; its exit says what is wrong.
        scope.spawn(move || drop(into.write_all(&body)));
        out.read_to_end(&mut answer)
    });
    let status = child.wait().map_err(|why| failed(&why))?;
    done.map_err(|why| failed(&why))?;
    if status.success() { Ok(answer) } else { Err(failed(&status)) }
}
