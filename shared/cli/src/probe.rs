//! `vigil probe`: sends an endpoint's sample requests now, and says what came back.

use crate::args::Probe;
use crate::screen::Screen;
use crate::{Failure, Outcome};

#[cfg(not(feature = "aws"))]
pub(crate) fn run(_: &Probe, _: &mut Screen) -> Result<Outcome, Failure> {
    let how = "build it with: cargo build --release -p cli --features aws";
    Err(Failure::new(format!("this vigil was built without the commands for AWS; {how}")))
}

#[cfg(feature = "aws")]
pub(crate) use on_aws::run;

#[cfg(feature = "aws")]
mod on_aws {
    use super::{Failure, Outcome, Probe, Screen};
    use crate::screen::{bad, good, printable};
    use aws::{Aws, Place};
    use flow::{Call, JobSetup, Limits, Prepared, Probed, Suite, probe_endpoint};
    use ports::{Address, DescribeEndpoints, DescribeFailed, ReadFailed, ReadObjects};
    use settings::Settings;
    use state::Shelves;
    use std::error::Error;

    /// The largest settings file that is read.
    const SETTINGS_BYTES: u64 = 2 << 20;
    /// Seconds that a probe may take.
    const TIME: i64 = 300;

    pub(crate) fn run(args: &Probe, screen: &mut Screen) -> Result<Outcome, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|why| Failure::new(why.to_string()))?;
        let probed = runtime.block_on(probe(args))?;
        if args.json {
            screen.line(serde_json::json!({
                "endpoint": args.endpoint, "sent": probed.sent, "failed": probed.failed,
                "p95_milliseconds": probed.millis, "findings": probed.findings,
                "not_sent_because": probed.why,
            }));
        } else {
            tell(args, &probed, screen);
        }
        match probed.why {
            Some(_) => Err(Failure::new("nothing was sent")),
            None if probed.findings.is_empty() => Ok(Outcome::Fine),
            None => Ok(Outcome::Found),
        }
    }

    async fn probe(args: &Probe) -> Result<Probed, Failure> {
        let place = Place::read(variable, &args.region);
        // Whoever probes by hand reads the figures here: no metrics.
        let aws = Aws::new(place, |_| ());
        let shelves = Shelves::new(aws.clone(), &args.bucket, &args.prefix);
        let at = Address::new(args.bucket.as_str(), shelves.keys.settings());
        let text = match aws.read(&at, 0, SETTINGS_BYTES).await {
            Ok(it) => String::from_utf8_lossy(&it.bytes).into_owned(),
            Err(ReadFailed::Missing) => String::new(),
            Err(ReadFailed::Other(why)) => {
                return Err(Failure::new(format!("{}: {}", at.uri(), told(&why))));
            }
        };
        let settings = Settings::parse(&text).map_err(|it| Failure::new(it.in_file(&at.uri())))?;
        let endpoint = match aws.describe(&args.endpoint).await {
            Ok(it) => it,
            Err(DescribeFailed::Missing) => {
                return Err(Failure::new(format!("there is no endpoint {}", args.endpoint)));
            }
            Err(DescribeFailed::Other(why)) => return Err(Failure::new(told(&why))),
        };
        let suite = Suite {
            world: &aws,
            shelves: &shelves,
            settings: &settings,
            // arn:aws:sagemaker:region:account:endpoint/name
            account: endpoint.arn.split(':').nth(4).unwrap_or_default(),
            region: &args.region,
            jobs: &JobSetup::default(),
            limits: Limits::default(),
            prepared: &Prepared::default(),
        };
        let call = Call { now: now(), request: "vigil-probe", remaining: TIME };
        probe_endpoint(&suite, &call, &args.endpoint).await.map_err(|it| Failure::new(told(&it)))
    }

    fn tell(args: &Probe, probed: &Probed, screen: &mut Screen) {
        if let Some(why) = probed.why {
            screen.line(format!("{} {}: {why}", bad("not probed"), args.endpoint));
            return;
        }
        let (sent, failed) = (probed.sent, probed.failed);
        let word = if probed.findings.is_empty() { good("fine") } else { bad("failed") };
        let millis = probed.millis.map(|it| format!(", 95 % within {it} ms")).unwrap_or_default();
        screen.line(format!(
            "{word} {}: {sent} sent, {failed} without an answer{millis}",
            args.endpoint
        ));
        for it in &probed.findings {
            screen.line(format!("  {}", printable(it, 400)));
        }
    }

    /// Says what went wrong, and why.
    fn told(error: &dyn Error) -> String {
        match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the edge")]
    fn variable(name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the edge")]
    fn now() -> i64 {
        jiff::Timestamp::now().as_second()
    }
}
