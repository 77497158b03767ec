//! `vigil up`: the stand-in as a server, with the suite's functions in it.

use std::collections::BTreeMap;

use embedded::{Aws, Functions};
use jiff::Timestamp;
use local::account::Account;
use local::disk::Keep;
use local::faults::Faults;
use local::place::Place;
use local::sagemaker::Pace;
use local::server::{Forward, Server, Time};
use local::template::Stack;
use local::wire::Doors;
use report::Pages;
use serde_json::json;

use crate::args::{self, Up};
use crate::screen::Screen;
use crate::{Analyzer, Failure, Outcome};

/// People try any bucket; the template's other rights are as narrow as deployed.
const ANY_BUCKET: &str = "arn:aws:s3:::*";
/// Where the suite keeps its state.
const BUCKET: &str = "vigil";
const PREFIX: &str = "vigil";

/// Serves until SIGINT or SIGTERM.
pub(crate) fn run(args: &Up, screen: &mut Screen) -> Result<Outcome, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::new(why.to_string());
    let (account, topic) = open(args)?;
    let keep = args.data.as_ref().map(|folder| Keep::open(folder, &account)).transpose();
    let keep = keep.map_err(|why| failed(&why))?;
    if let Some(keep) = &keep {
        screen.note(format!("{} objects came back from the folder", keep.restored()));
    }
    let scratch = std::env::temp_dir().join(format!("vigil-up-{}", std::process::id()));
    account.run_containers(Analyzer::below(&scratch));
    let other =
        args.forward_to.as_ref().map(|url| Forward::start(url, &args.event_source, &account));
    let other = other.transpose().map_err(|why| failed(&why))?;
    let functions =
        Functions::new(Aws::new(account.clone(), topic), BUCKET, PREFIX, Pages::default());
    let doors = Doors::new(account, seed());
    let handler = Box::new(move |function: &str, event: &serde_json::Value| {
        functions.invoke(function, event)
    });
    let server = Server::start_beside(doors, args.port, Time::Wall, handler, other)
        .map_err(|why| Failure::new(format!("port {} of 127.0.0.1: {why}", args.port)))?;
    tell(&server, args, screen);
    server.until_asked_to_end().map_err(|why| failed(&why))?;
    drop(server);
    let _never_made = std::fs::remove_dir_all(&scratch);
    keep.map_or(Ok(()), |keep| keep.finish()).map_err(|why| failed(&why))?;
    Ok(Outcome::Fine)
}

/// Opens the account as the template has it, and returns it with the topic of alerts.
fn open(args: &Up) -> Result<(Account, String), Failure> {
    let place = Place { region: args.region.clone(), account: args.account.clone() };
    // Beside another emulator, the suite runs there.
    let stack = if args.forward_to.is_some() {
        Ok(Stack::default())
    } else {
        let parameters = [
            ("BucketName", BUCKET),
            ("Prefix", PREFIX),
            ("DataBucketArns", ANY_BUCKET),
            ("OutputBucketArns", ANY_BUCKET),
        ];
        embedded::stack(&place, &parameters)
    };
    let stack = stack.map_err(|why| Failure::new(why.to_string()))?;
    let pace = match args.pace {
        args::Pace::Real => Pace::default(),
        args::Pace::Fast => Pace::fast(),
    };
    let account = Account::open(place, pace, seed(), &Faults::none(), now(), &stack)
        .map_err(|why| Failure::new(why.to_string()))?;
    account.guard().enforce();
    let topic = stack.topics.first().map(|it| it.arn.clone()).unwrap_or_default();
    Ok((account, topic))
}

fn tell(server: &Server, args: &Up, screen: &mut Screen) {
    let environment: BTreeMap<&str, String> = [
        ("AWS_ENDPOINT_URL", server.url()),
        ("AWS_ACCESS_KEY_ID", "vigil".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "vigil".to_owned()),
        ("AWS_DEFAULT_REGION", args.region.clone()),
    ]
    .into();
    if args.json {
        let port = server.address().port();
        screen.line(json!({"url": server.url(), "port": port, "environment": environment}));
        return;
    }
    for (name, value) in &environment {
        screen.line(format!("export {name}={value}"));
    }
    screen.note("the stand-in is up; Ctrl-C ends it");
}

#[expect(clippy::disallowed_methods, reason = "a server lives by the clock on the wall")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// Another seed for every start: ids of one start must not come again in the next, over the same folder.
fn seed() -> u64 {
    now().as_nanosecond() as u64
}
