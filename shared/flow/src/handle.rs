use crate::{
    Alerted, Analyzed, Call, Merged, Probed, Rebuilt, Reconciled, Settled, Suite, Swept,
    alert_endpoint, alert_job, alert_variant, analyze_window, check_baseline, finish_window,
    merge_object, probe_all, probe_endpoint, rebuild_all, rebuild_baseline, reconcile_all,
    reconcile_config, reconcile_endpoint, request_baseline, settle_labels, sweep_endpoints,
};
use ports::{
    AnalyzerResults, BaselineJobs, Baselines, ChangeDefinitions, ChangeSchedules, ClarifyConfigs,
    CountTraffic, DescribeEndpoints, DescribeJobs, EndpointRecords, Executions, FormAlerts,
    GroundTruth, Incidents, InvokeEndpoints, Ledger, ListEndpoints, ListExecutions, ListObjects,
    PostEvents, PublishAlerts, PutMetrics, ReadDefinitions, ReadModels, ReadObjects, ReadRequests,
    ReadSchedules, ReadTruth, Refusal, RenderReport, StartJobs, StatusBoard, SwitchCapture, Tracks,
    Work, WriteTags,
};

/// What became of a piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    Reconciled(Reconciled),
    /// So much work was asked for.
    Asked(usize),
    Rebuilt(Rebuilt),
    Analyzed(Analyzed),
    Alerted(Alerted),
    Swept(Swept),
    Probed(Probed),
    Merged(Merged),
    Settled(Settled),
}

/// Does a piece of work, whatever it is: for those who run every function.
pub async fn handle<W, S>(
    suite: &Suite<'_, W, S>,
    call: &Call<'_>,
    renders: &impl RenderReport,
    work: &Work,
) -> Result<Done, Refusal>
where
    W: DescribeEndpoints
        + ListEndpoints
        + ListObjects
        + ReadObjects
        + CountTraffic
        + PutMetrics
        + PostEvents
        + PublishAlerts
        + ReadDefinitions
        + ChangeDefinitions
        + ReadSchedules
        + ChangeSchedules
        + WriteTags
        + SwitchCapture
        + StartJobs
        + DescribeJobs
        + ListExecutions
        + InvokeEndpoints
        + Sync,
    S: EndpointRecords
        + AnalyzerResults
        + Baselines
        + BaselineJobs
        + ClarifyConfigs
        + ReadModels
        + ReadRequests
        + Executions
        + GroundTruth
        + Tracks
        + Incidents
        + Ledger
        + StatusBoard
        + FormAlerts
        + GroundTruth
        + ReadTruth,
{
    Ok(match work {
        Work::ReconcileEndpoint { endpoint } => {
            Done::Reconciled(reconcile_endpoint(suite, call, endpoint).await?)
        }
        Work::ReconcileConfig { config } => Done::Asked(reconcile_config(suite, config).await?),
        Work::ReconcileAll => Done::Asked(reconcile_all(suite).await?),
        Work::RebuildBaseline { monitor } => {
            Done::Rebuilt(rebuild_baseline(suite, call, monitor).await?)
        }
        Work::RebuildAll => Done::Asked(rebuild_all(suite).await?),
        Work::AnalyzeWindow { monitor, window } => {
            Done::Analyzed(analyze_window(suite, call, renders, monitor, *window).await?)
        }
        Work::AlertVariant { endpoint, variant } => {
            Done::Alerted(alert_variant(suite, call, endpoint, variant).await?)
        }
        Work::AlertEndpoint { endpoint } => {
            Done::Alerted(alert_endpoint(suite, call, endpoint).await?)
        }
        Work::RequestBaseline { request } => {
            Done::Rebuilt(request_baseline(suite, call, request).await?)
        }
        Work::CheckBaseline { job } => Done::Rebuilt(check_baseline(suite, call, job).await?),
        Work::AlertJob { job } => Done::Alerted(alert_job(suite, call, job).await?),
        Work::ProbeEndpoint { endpoint } => {
            Done::Probed(probe_endpoint(suite, call, endpoint).await?)
        }
        Work::ProbeAll => Done::Asked(probe_all(suite, call).await?),
        Work::FinishWindow { job } => Done::Analyzed(finish_window(suite, call, job).await?),
        Work::MergeObject { object } => Done::Merged(merge_object(suite, call, object).await?),
        Work::SettleLabels { endpoint } => {
            Done::Settled(settle_labels(suite, call, endpoint).await?)
        }
        Work::SweepEndpoints => Done::Swept(sweep_endpoints(suite, call).await?),
    })
}
