//! What is done to the demo's endpoints, and what must come of it: the known answers.

use engine::finding::Family;
use jiff::Timestamp;

use super::traffic::{Column, Fault, Injection, Kind};

/// The first hour of the demo: a Monday.
pub(super) const START: &str = "2026-03-02T00:00:00Z";
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// The whole plan of a demo.
#[derive(Debug)]
pub(super) struct Plan {
    pub start: i64,
    pub end: i64,
    pub endpoints: Vec<Role>,
    pub trials: Vec<Trial>,
}

/// An endpoint, and how its clients write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Role {
    pub name: String,
    pub json: bool,
    /// It becomes known what came true of its predictions.
    pub labelled: bool,
}

/// One fault and its known answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trial {
    pub endpoint: String,
    pub what: What,
    /// Seconds since 1970; the first of the fault, and the first after it.
    pub from: i64,
    pub until: i64,
}

/// What is done.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    /// Something in the rows.
    Rows(Fault),
    /// Nobody calls the endpoint.
    NoTraffic,
    /// An update of the endpoint leaves out its data capture; a later one brings it back.
    CaptureLost,
    /// The bus duplicates, delays and reorders.
    Storm,
    /// The endpoint goes away.
    Deleted,
    /// What comes true no longer follows what the model looks at.
    Concept,
    /// What comes true turns against one group.
    Unfair,
    /// The model decides by another feature than before.
    Reasons,
    /// Labels come late, some twice and some never.
    Labels,
    /// What the model is worth is estimated before labels are there.
    Estimates,
}

/// What must come of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// One incident of a family, the named feature first, in so many windows.
    Incident { family: Family, feature: Option<String>, within: i64 },
    /// No alert at all, and the window says `no_data`.
    NoData,
    /// No alert twice, and duplicates were seen.
    NothingTwice,
    /// No monitor, no open incident; the reports stay.
    Gone,
    /// Each prediction meets its label once.
    Labelled,
    /// Estimates hold what came true, but for a changed concept.
    Estimated,
}

impl Trial {
    /// A word for machines.
    pub(super) fn kind(&self) -> &'static str {
        match &self.what {
            What::Rows(Fault::Shift { .. }) => "shift",
            What::Rows(Fault::Scale { .. }) => "scale",
            What::Rows(Fault::Nulls { .. }) => "nulls",
            What::Rows(Fault::NewCategory { .. }) => "new_category",
            What::Rows(Fault::DropColumn { .. }) => "dropped_column",
            What::NoTraffic => "no_traffic",
            What::CaptureLost => "capture_lost",
            What::Storm => "storm",
            What::Deleted => "deleted",
            What::Concept => "concept_change",
            What::Unfair => "bias_shift",
            What::Reasons => "attribution_shift",
            What::Labels => "labels",
            What::Estimates => "estimates",
        }
    }

    /// Words for people.
    pub(super) fn words(&self) -> String {
        let what = match &self.what {
            What::Rows(Fault::Shift { feature, sd }) => format!("{feature} +{sd} sd"),
            What::Rows(Fault::Scale { feature, factor }) => format!("{feature} ×{factor}"),
            What::Rows(Fault::Nulls { feature, share }) => {
                format!("{feature} {:.0} % null", share * 100.0)
            }
            What::Rows(Fault::NewCategory { feature, share }) => {
                format!("{feature} new value, {:.0} %", share * 100.0)
            }
            What::Rows(Fault::DropColumn { feature }) => format!("{feature} not sent"),
            What::NoTraffic => "an hour without traffic".to_string(),
            What::CaptureLost => "capture lost by an update".to_string(),
            What::Storm => return "events doubled, late, out of order".to_string(),
            What::Deleted => "deleted".to_string(),
            What::Concept => "churn follows no feature any more".to_string(),
            What::Unfair => "plan_tier basic churns unseen".to_string(),
            What::Reasons => "custserv_calls decides".to_string(),
            What::Labels => "labels 3 to 8 h late, 8 % missing, 4 % twice".to_string(),
            What::Estimates => "quality estimated before labels".to_string(),
        };
        format!("{what} on {}", self.endpoint)
    }

    pub(super) fn feature(&self) -> Option<&str> {
        match &self.what {
            What::Rows(fault) => Some(fault.feature()),
            _ => None,
        }
    }

    pub(super) fn answer(&self) -> Answer {
        match &self.what {
            What::Rows(fault) => Answer::Incident {
                family: if matches!(fault, Fault::Shift { .. }) {
                    Family::Drift
                } else {
                    Family::Contract
                },
                feature: Some(fault.feature().to_string()),
                within: if matches!(fault, Fault::Shift { .. }) { 3 } else { 1 },
            },
            What::CaptureLost => {
                Answer::Incident { family: Family::Monitoring, feature: None, within: 1 }
            }
            What::NoTraffic => Answer::NoData,
            What::Storm => Answer::NothingTwice,
            What::Deleted => Answer::Gone,
            What::Concept => Answer::Incident { family: Family::Quality, feature: None, within: 3 },
            What::Unfair => Answer::Incident { family: Family::Fairness, feature: None, within: 3 },
            What::Reasons => {
                Answer::Incident { family: Family::Attribution, feature: None, within: 3 }
            }
            What::Labels => Answer::Labelled,
            What::Estimates => Answer::Estimated,
        }
    }
}

/// Which columns the faults go into.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Targets {
    shift: Option<String>,
    scale: Option<String>,
    nulls: Option<String>,
    new_category: Option<String>,
    drop: Option<String>,
}

impl Plan {
    /// Plans days of traffic to endpoints with the given columns.
    ///
    /// Every third endpoint gets faults of one sort: broken rows, moved rows, or a changed
    /// endpoint, whose labels become known where the demo has some.
    pub(super) fn new(days: u32, endpoints: u32, columns: &[Column], has_labels: bool) -> Self {
        let start = START.parse::<Timestamp>().map_or(0, Timestamp::as_second);
        let days = i64::from(days);
        let targets = Targets::among(columns);
        let at = |share: f64, hour: i64| start + (days as f64 * share) as i64 * DAY + hour * HOUR;
        let mut plan =
            Self { start, end: start + days * DAY, endpoints: Vec::new(), trials: Vec::new() };
        for number in 0..endpoints {
            let mut role = role(number);
            role.labelled &= has_labels;
            let (name, labelled) = (role.name.clone(), role.labelled);
            plan.endpoints.push(role);
            match number % 3 {
                0 => {
                    plan.rows(
                        &name,
                        at(0.15, 10),
                        6,
                        targets
                            .scale
                            .as_ref()
                            .map(|it| Fault::Scale { feature: it.clone(), factor: 100.0 }),
                    );
                    plan.rows(
                        &name,
                        at(0.45, 13),
                        6,
                        targets
                            .nulls
                            .as_ref()
                            .map(|it| Fault::Nulls { feature: it.clone(), share: 0.31 }),
                    );
                    plan.rows(
                        &name,
                        at(0.75, 9),
                        5,
                        targets.drop.as_ref().map(|it| Fault::DropColumn { feature: it.clone() }),
                    );
                }
                1 => {
                    plan.rows(
                        &name,
                        at(0.15, 9),
                        9,
                        targets
                            .shift
                            .as_ref()
                            .map(|it| Fault::Shift { feature: it.clone(), sd: 0.5 }),
                    );
                    plan.add(&name, What::NoTraffic, at(0.45, 11), 1);
                    if has_labels && 3 <= days {
                        let feature = "custserv_calls".to_owned();
                        let fault = Fault::Scale { feature, factor: 5.0 };
                        plan.rows(&name, at(0.45, 17), 5, Some(fault));
                        plan.add(&name, What::Reasons, at(0.45, 17), 5);
                    }
                    plan.rows(
                        &name,
                        at(0.75, 10),
                        6,
                        targets
                            .new_category
                            .as_ref()
                            .map(|it| Fault::NewCategory { feature: it.clone(), share: 0.2 }),
                    );
                }
                _ => {
                    plan.add(&name, What::CaptureLost, at(0.15, 12), 6);
                    if labelled && 3 <= days {
                        plan.labelled(&name, days, &at);
                    }
                    plan.add(&name, What::Deleted, at(0.75, 15), 0);
                }
            }
        }
        plan.add("the bus", What::Storm, at(0.45, 6), 12);
        plan.trials.sort_by(|a, b| (a.from, &a.endpoint).cmp(&(b.from, &b.endpoint)));
        plan
    }

    /// Adds what only labels can tell.
    fn labelled(&mut self, name: &str, days: i64, at: &impl Fn(f64, i64) -> i64) {
        self.add(name, What::Concept, at(0.45, 9), 8);
        if 4 <= days {
            self.add(name, What::Unfair, at(0.6, 9), 6);
        }
        let hours = (at(0.75, 15) - self.start) / HOUR;
        self.add(name, What::Labels, self.start, hours);
        self.add(name, What::Estimates, self.start, hours);
    }

    fn rows(&mut self, endpoint: &str, from: i64, hours: i64, fault: Option<Fault>) {
        if let Some(fault) = fault {
            self.add(endpoint, What::Rows(fault), from, hours);
        }
    }

    fn add(&mut self, endpoint: &str, what: What, from: i64, hours: i64) {
        self.trials.push(Trial {
            endpoint: endpoint.to_string(),
            what,
            from,
            until: from + hours * HOUR,
        });
    }

    /// The faults that go into the rows.
    pub(super) fn injections(&self) -> impl Iterator<Item = Injection> {
        self.trials.iter().filter_map(|it| match &it.what {
            What::Rows(fault) => Some(Injection {
                endpoint: it.endpoint.clone(),
                from: it.from,
                until: it.until,
                fault: fault.clone(),
            }),
            _ => None,
        })
    }
}

fn role(number: u32) -> Role {
    const NAMES: [&str; 3] = ["churn-prod", "churn-eu", "churn-labs"];
    let round = number / 3;
    let name = NAMES[(number % 3) as usize];
    let name = if round == 0 { name.to_string() } else { format!("{name}-{}", round + 1) };
    Role { name, json: number % 3 == 1, labelled: number % 3 == 2 }
}

impl Targets {
    /// Picks columns: those of the shipped table by name, of any other by what they hold.
    fn among(columns: &[Column]) -> Self {
        let known = |name: &str| columns.iter().find(|it| it.name == name);
        // A constant cannot be moved, and a few values tell little.
        let wide = |it: &&Column| {
            matches!(it.kind, Kind::Number { deviation } if 0.0 < deviation) && 20 <= it.distinct
        };
        let words = |it: &&Column| it.kind == Kind::Word && 2 <= it.distinct && it.distinct <= 60;
        let numbers: Vec<&Column> = columns.iter().filter(wide).collect();
        let name = |it: Option<&&Column>| it.map(|it| it.name.clone());
        let nth = |at: usize| name(numbers.get(at % numbers.len().max(1)));
        let word = name(columns.iter().filter(words).collect::<Vec<_>>().first());
        let pick =
            |wanted: &str, other: Option<String>| known(wanted).map(|it| it.name.clone()).or(other);
        Self {
            scale: pick("day_mins", nth(0)),
            shift: pick("eve_mins", nth(1)),
            drop: pick("intl_mins", nth(2)),
            nulls: pick("intl_plan", word.clone().or_else(|| nth(3))),
            new_category: pick(
                "state",
                word.or_else(|| name(columns.iter().collect::<Vec<_>>().first())),
            ),
        }
    }
}

/// A time for people: `Mon 10:00`.
pub(super) fn clock(second: i64) -> String {
    Timestamp::from_second(second)
        .map_or_else(|_| second.to_string(), |it| it.strftime("%a %d %H:%M").to_string())
}
