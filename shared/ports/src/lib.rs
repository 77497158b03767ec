//! What the suite asks of the world, with memory fakes, faults and contracts.
//!
//! A port is as narrow as an IAM policy: one trait per ability. Shelves are
//! ports too: typed records by name, whose keys and bytes are the business of
//! room `state`.

mod alerts;
pub mod contract;
mod endpoints;
mod events;
mod flaky;
pub mod memory;
mod metrics;

mod objects;
mod records;
mod refusal;
mod report;
mod shelves;
mod work;

pub use alerts::{
    Alert, IncidentChange, IncidentNotice, NoticeFinding, PublishAlerts, PublishFailed,
};
pub use endpoints::{
    Capture, DescribeEndpoints, DescribeFailed, Endpoint, EndpointPage, EndpointStatus,
    ListEndpoints, ListedEndpoint, Variant,
};
pub use events::{BlockedWhy, PostEvents, Posted};
pub use flaky::{Fault, Flaky};
pub use metrics::{CountTraffic, Metric, PutMetrics};
pub use objects::{
    Address, Etag, ListObjects, Listed, ObjectPage, Objects, Piece, PutFailed, PutWhen, ReadFailed,
    ReadObjects, RemoveObjects, WriteObjects,
};
pub use records::{
    Baseline, BaselineMeta, BaselinePointer, BaselineSource, EndpointRecord, Execution, Folded,
    IncidentBook, LedgerEntry, LedgerState, MonitorRecord, MonitorStatus, PendingAlert, Phase,
    StatusLine, Versioned, WindowLog, WindowLogEntry,
};
pub use refusal::{BoxError, Next, Refusal, Trouble};
pub use report::{RenderReport, ReportPage};
pub use shelves::{
    Baselines, EndpointRecords, ExecutionFiles, Executions, FormAlerts, Incidents, Ledger,
    ReadFault, StatusBoard, WriteFault,
};
pub use work::Work;
