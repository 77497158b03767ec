use crate::Environment;
use crate::environment::variable;
use crate::invocation::{Invocation, diagnostic};
use crate::log::{self, Line};
use crate::panics;
use crate::settings_file::SettingsFile;
use aws::{Aws, Place};
use flow::{Call, JobSetup, Limits, Prepared, Suite};
use formats::answer::Answer;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use ports::{Address, Refusal, Work};
use serde_json::value::RawValue;
use state::{Function, Shelves, work};
use std::process::ExitCode;

/// The world of a function: the ports of AWS.
pub type Ports = Aws;
/// The records of a function, in the one bucket.
pub type Records = Shelves<Aws>;

/// What a function keeps from one invocation to the next.
struct Kept {
    environment: Environment,
    aws: Aws,
    shelves: Records,
    settings: SettingsFile,
    jobs: JobSetup,
    prepared: Prepared,
}

/// Runs a function until Lambda ends it.
///
/// `run` does one piece of work. A panic of its ends the invocation as an error
/// and not the process.
pub fn lambda<R>(function: Function, run: R) -> ExitCode
where
    R: AsyncFn(&Suite<'_, Ports, Records>, &Call<'_>, &Work) -> Result<Answer, Refusal>,
{
    panics::log_places(function.name());
    let kept = match Environment::read(variable) {
        Ok(it) => Kept::new(it),
        Err(lacks) => return failed(function, &lacks.to_string()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(it) => it,
        Err(why) => return failed(function, &why.to_string()),
    };
    let (kept, run) = (&kept, &run);
    let ended =
        runtime.block_on(lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| {
            kept.invoke(function, run, event)
        })));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => failed(function, &why.to_string()),
    }
}

fn failed(function: Function, why: &str) -> ExitCode {
    Line::new("ERROR", why).with("function", function.name()).write();
    ExitCode::FAILURE
}

impl Kept {
    fn new(environment: Environment) -> Self {
        let place = Place::read(variable, &environment.region);
        let place = Place {
            topic: environment.topic.clone().unwrap_or_default(),
            bus: environment.bus.clone(),
            ..place
        };
        let aws = Aws::new(place, log::write);
        let shelves = Shelves::new(aws.clone(), &environment.bucket, &environment.prefix);
        let settings = SettingsFile::new(environment.paused);
        let jobs = JobSetup { role: environment.role.clone(), image: environment.image.clone() };
        Self { environment, aws, shelves, settings, jobs, prepared: Prepared::default() }
    }

    async fn invoke<R>(
        &self,
        function: Function,
        run: &R,
        event: LambdaEvent<Box<RawValue>>,
    ) -> Result<Box<RawValue>, Diagnostic>
    where
        R: AsyncFn(&Suite<'_, Ports, Records>, &Call<'_>, &Work) -> Result<Answer, Refusal>,
    {
        let invocation = Invocation::of(function, &event.context, now());
        self.aws.follow(invocation.trace.as_deref());
        let asked = work(function, event.payload.get().as_bytes());
        let (asked, ended) = match asked {
            Ok(None) => {
                (None, Ok(Answer::of("skipped").because("nothing is asked of this function")))
            }
            Ok(Some(it)) => {
                let ended = panics::caught(self.work(&invocation, run, &it)).await;
                (Some(it), ended)
            }
            Err(refusal) => (None, Err(refusal)),
        };
        let ended = ended.map(|it| it.to_json());
        let told = ended.as_ref().map(String::as_str);
        invocation.line(asked.as_ref(), told, now()).write();
        let text = ended.map_err(|refusal| diagnostic(&refusal))?;
        RawValue::from_string(text).map_err(|why| Diagnostic {
            error_type: "CallOperator".to_owned(),
            error_message: why.to_string(),
        })
    }

    async fn work<R>(
        &self,
        invocation: &Invocation,
        run: &R,
        asked: &Work,
    ) -> Result<Answer, Refusal>
    where
        R: AsyncFn(&Suite<'_, Ports, Records>, &Call<'_>, &Work) -> Result<Answer, Refusal>,
    {
        let at = Address::new(self.shelves.bucket(), self.shelves.keys.settings());
        let settings = self.settings.read(&self.aws, &at).await?;
        let suite = Suite {
            world: &self.aws,
            shelves: &self.shelves,
            settings: &settings,
            account: &invocation.account,
            region: &self.environment.region,
            jobs: &self.jobs,
            limits: Limits::default(),
            prepared: &self.prepared,
        };
        run(&suite, &invocation.call(), asked).await
    }
}

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "this is the edge")]
fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
