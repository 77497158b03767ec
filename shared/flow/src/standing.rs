use crate::Suite;
use crate::fault::unread;
use crate::kind::windows_awaited;
use engine::finding::{Family, Judgement, State};
use engine::incident::{Incident, Key, Outcome, Record, Rules, advance, shown_state};
use engine::monitor::MonitorType;
use ports::{EndpointRecord, Execution, Incidents, Refusal};
use settings::{Effective, Verdict};

/// How a variant stands once an execution is taken in, for its report.
///
/// Nothing is kept: taking executions in for good is the business of
/// `alert-violations`, which may see them in another order.
pub(crate) struct Standing {
    pub(crate) incidents: Vec<Incident>,
    pub(crate) state: State,
}

pub(crate) async fn standing<W, S>(
    suite: &Suite<'_, W, S>,
    record: &EndpointRecord,
    wanted: &Effective,
    execution: &Execution,
) -> Result<Standing, Refusal>
where
    S: Incidents,
{
    let monitor = &execution.monitor;
    let book = suite.shelves.book(&monitor.endpoint, &monitor.variant).await;
    let book = book.map_err(unread("incidents not read"))?.map(|it| it.value);
    let mut records = book.filter(|it| it.created_ms == record.created_ms);
    let records = records.as_mut().map(|it| std::mem::take(&mut it.records)).unwrap_or_default();
    let rules = rules(wanted);
    let after = |family: Family, outcome: &Outcome| {
        let key = key(suite, monitor.endpoint.as_str(), monitor.variant.as_str(), family);
        let before = records.iter().find(|(it, _)| *it == family).map(|(_, it)| it.clone());
        let rules = of_family(&rules, family);
        advance(&key, &before.unwrap_or_default(), outcome.clone(), &rules).0
    };
    let after: Vec<(Family, Record)> =
        execution.outcomes.iter().map(|(family, it)| (*family, after(*family, it))).collect();
    let own = Family::of_figures(monitor.kind);
    let own = after.iter().find(|(it, _)| *it == own).map(|(_, it)| it);
    let state = shown(&execution.judgement, own);
    let incidents = after.into_iter().filter_map(|(_, it)| it.incident);
    Ok(Standing { incidents: incidents.filter(Incident::is_open).collect(), state })
}

/// Returns the state to show, once the record of a monitor's own family is advanced.
pub(crate) fn shown(judgement: &Judgement, own: Option<&Record>) -> State {
    own.map_or(judgement.state, |it| shown_state(judgement, it))
}

/// Returns the rules of a family: what labels tell may come a week late.
pub(crate) fn of_family(rules: &Rules, family: Family) -> Rules {
    let awaited = match family {
        Family::Quality => windows_awaited(MonitorType::ModelQuality),
        Family::Fairness => windows_awaited(MonitorType::ModelBias),
        _ => 0,
    };
    Rules { keep: rules.keep + awaited, ..rules.clone() }
}

/// Returns how many windows it takes to open and to settle.
pub(crate) fn rules(wanted: &Effective) -> Rules {
    let count = wanted.thresholds.m_of_n;
    let (bad, of) = match wanted.verdict {
        Verdict::Calibrated => (count.m as usize, count.n as usize),
        // AWS's verdict knows no persistence.
        Verdict::Sagemaker => (1, 1),
    };
    Rules { bad, of, ..Rules::default() }
}

pub(crate) fn key<W, S>(
    suite: &Suite<'_, W, S>,
    endpoint: &str,
    variant: &str,
    family: Family,
) -> Key {
    Key {
        account: suite.account.into(),
        region: suite.region.into(),
        endpoint: endpoint.into(),
        variant: variant.into(),
        family,
    }
}
