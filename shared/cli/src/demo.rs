//! The demo: the whole loop on the virtual clock, with injected faults and known answers.

mod history;
mod host;
mod labels;
mod page;
mod plan;
mod score;
mod show;
pub(crate) mod table;
pub(crate) mod traffic;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::time::Instant;

use embedded::Sent;
use local::disk::Mirror;
use ports::{EndpointRecords, StatusBoard};

use self::history::History;
use self::host::{BUCKET, Host, PREFIX};
use self::plan::{Plan, What};
use self::score::{Ending, Score};
use self::table::Table;
use self::traffic::Traffic;
use crate::args::Demo;
use crate::folder::Folder;
use crate::screen::Screen;
use crate::{Failure, Outcome};

const HOUR: i64 = 3600;
/// The last windows are judged after the last hour of traffic.
const AFTER: i64 = HOUR;
/// How long the stand-in itself remembers captures and reports.
const KEPT: i64 = 48 * HOUR;
/// Bytes of objects that wait for the disk: most of the suite's own are written over and over.
const GATHERED: usize = 64 << 20;
/// Marks a folder as one that a demo made, and may empty.
const MARK: &str = ".vigil-demo";

/// Runs a demo; fine only when every known answer was met.
pub(crate) fn run(args: &Demo, screen: &mut Screen) -> Result<Outcome, Failure> {
    #[expect(clippy::disallowed_methods, reason = "people want to know how long it took")]
    let began = Instant::now();
    let table = args.dataset.as_deref().map(|path| read_table(path, args)).transpose()?;
    if let Some(table) = &table {
        tell(table, screen);
    }
    let mut traffic = match &table {
        None => Traffic::generated(args.seed),
        Some(table) => Traffic::resampled(table.clone(), args.seed),
    };
    let plan = Plan::new(args.days, args.endpoints, traffic.columns(), table.is_none());
    for injection in plan.injections() {
        traffic.inject(injection).map_err(Failure::new)?;
    }
    for trial in plan.trials.iter().filter(|it| it.what == What::NoTraffic) {
        traffic.silence(&trial.endpoint, trial.from, trial.until);
    }
    let out = empty(&args.out)?;
    let mirror = Mirror::new(out.path("bucket")).gathering(GATHERED);
    let mut host = Host::open(&plan, traffic, table.as_ref(), args.seed, &mirror)?;
    let history = play(&mut host, &plan, args, screen);
    mirror
        .finish()
        .map_err(|why| Failure::at(&out.path("bucket"), format!("cannot be written: {why}")))?;
    let history = history?;
    let ending = ending(&host, &plan, &mirror)?;
    let score = Score::of(&plan.trials, &history, &ending);
    keep_alerts(&history, &out)?;
    let page = page::page(&score, &history, &ending, args.seed);
    out.write("index.html", |to| to.write_all(page.as_bytes()))?;
    let told = show::json(&plan, args.seed, &score, &history);
    out.write("demo.json", |to| writeln!(to, "{told:#}"))?;
    if args.json {
        screen.line(format!("{told:#}"));
    } else {
        show::table(&score, &history, &args.out, began.elapsed(), screen);
    }
    if score.is_met() {
        Ok(Outcome::Fine)
    } else {
        Err(Failure::new(format!("known answers were not met: {}", show::headline(&score))))
    }
}

fn read_table(path: &Path, args: &Demo) -> Result<Table, Failure> {
    let file =
        File::open(path).map_err(|why| Failure::at(path, format!("cannot be read: {why}")))?;
    Table::read(file, args.label.as_deref(), args.seed).map_err(|why| Failure::at(path, why))
}

/// Says what of the user's table is not in the demo.
fn tell(table: &Table, screen: &mut Screen) {
    if 0 < table.set_aside {
        screen.note(format!(
            "{} rows of the table have another number of cells and are left out",
            table.set_aside
        ));
    }
    if table.cut {
        screen.note("the table is larger than the demo reads; the rest is left out");
    }
}

/// Empties a folder that an earlier demo made; any other that holds something is refused.
fn empty(path: &Path) -> Result<Folder, Failure> {
    let holds_something = fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
    if holds_something && !path.join(MARK).exists() {
        return Err(Failure::at(
            path,
            "the folder holds something that no demo made; name an empty one with --out",
        ));
    }
    if holds_something {
        fs::remove_dir_all(path)
            .map_err(|why| Failure::at(path, format!("cannot be emptied: {why}")))?;
    }
    let folder = Folder::make(path)?;
    folder.write(MARK, |_| Ok(()))?;
    Ok(folder)
}

/// Plays the plan hour by hour.
fn play(
    host: &mut Host,
    plan: &Plan,
    args: &Demo,
    screen: &mut Screen,
) -> Result<History, Failure> {
    let worlds = [What::Concept, What::Unfair];
    let concepts = plan.trials.iter().filter(|it| worlds.contains(&it.what));
    let concepts = concepts.map(|it| (it.endpoint.clone(), it.from..it.until)).collect();
    let history = RefCell::new(History { concepts, ..History::default() });
    let mut hour = plan.start;
    host.advance(hour, |function, event| history.borrow_mut().see(function, event))?;
    while hour < plan.end + AFTER {
        for trial in plan.trials.iter().filter(|it| it.from == hour) {
            if !args.json {
                show::injected(hour, &trial.words(), screen);
            }
            match trial.what {
                What::CaptureLost => host.update(&trial.endpoint, false)?,
                What::Deleted => host.delete(&trial.endpoint)?,
                What::Rows(_)
                | What::NoTraffic
                | What::Storm
                | What::Concept
                | What::Unfair
                | What::Reasons
                | What::Labels
                | What::Estimates => {}
            }
        }
        for trial in
            plan.trials.iter().filter(|it| it.until == hour && it.what == What::CaptureLost)
        {
            host.update(&trial.endpoint, true)?;
        }
        if hour < plan.end {
            for role in plan.endpoints.iter().filter(|role| lives(plan, &role.name, hour)) {
                history.borrow_mut().served += host.serve(role, hour)?;
            }
        }
        host.upload(hour)?;
        hour += HOUR;
        host.advance(hour, |function, event| history.borrow_mut().see(function, event))?;
        if (hour - plan.start) % (24 * HOUR) == 0 {
            host.forget(hour - KEPT)?;
        }
        let mut seen = history.borrow_mut();
        let new = seen.take(&host.aws.alerts());
        if !args.json {
            let first = seen.alerts.len() - new;
            seen.alerts[first..].iter().for_each(|it| show::alert(it, screen));
            if (hour - plan.start) % (24 * HOUR) == 0 {
                show::day(hour, &states(&seen, hour), screen);
            }
        }
    }
    Ok(history.into_inner())
}

fn lives(plan: &Plan, endpoint: &str, hour: i64) -> bool {
    !plan
        .trials
        .iter()
        .any(|it| it.what == What::Deleted && it.endpoint == endpoint && it.from <= hour)
}

/// Counts the windows of the day that ends now by their states.
fn states(history: &History, now: i64) -> BTreeMap<engine::finding::State, u64> {
    let mut counts = BTreeMap::new();
    for run in history.of_data().flat_map(|(_, runs)| runs.range(now - 24 * HOUR..now)) {
        *counts.entry(run.1.state).or_default() += 1;
    }
    counts
}

fn ending(host: &Host, plan: &Plan, mirror: &Mirror) -> Result<Ending, Failure> {
    let shelves = host.functions.shelves();
    let names = pollster::block_on(shelves.endpoint_names(None))
        .map_err(|why| Failure::new(format!("{why:?}")))?;
    let lines =
        pollster::block_on(shelves.status()).map_err(|why| Failure::new(format!("{why:?}")))?;
    let open =
        lines.iter().filter(|it| 0 < it.open_incidents).map(|it| it.endpoint.clone()).collect();
    let reports = mirror.path(BUCKET, &format!("{PREFIX}/reports"));
    let kept =
        |name: &String| fs::read_dir(reports.join(name)).is_ok_and(|mut it| it.next().is_some());
    let reported = plan.endpoints.iter().map(|it| it.name.clone()).filter(kept).collect();
    let totals = host.aws.account().events().totals();
    let labelled = plan.endpoints.iter().filter(|it| it.labelled);
    let truths: Result<Vec<_>, Failure> = labelled.map(|it| host.truth(&it.name)).collect();
    Ok(Ending {
        watched: names.into_iter().collect(),
        open,
        status: lines,
        reported,
        copies: totals.copies,
        lost: totals.dead_lettered + totals.dropped + totals.turned_away,
        end: plan.end,
        truths: truths?,
    })
}

/// Writes each alert as a person and as a machine gets it.
fn keep_alerts(history: &History, out: &Folder) -> Result<(), Failure> {
    let folder = Folder::make(&out.path("alerts"))?;
    for (number, notice) in (1..).zip(&history.alerts) {
        let Sent { subject, text, document, attributes, .. } = &notice.sent;
        let name = format!("{number:03}-{}-{}", notice.endpoint, notice.change);
        folder.write(&format!("{name}.txt"), |to| write!(to, "{subject}\n\n{text}"))?;
        let whole = serde_json::json!({"attributes": attributes, "message": document});
        folder.write(&format!("{name}.json"), |to| writeln!(to, "{whole:#}"))?;
    }
    Ok(())
}
