//! The closed list of metrics: names, labels and meanings. What is not here is not measured.

/// What kind of instrument it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Only grows.
    Counter,
    /// A distribution of seconds.
    Seconds,
    /// The value of now.
    Level,
}

/// One metric.
#[derive(Debug)]
pub struct SignalSpec {
    /// OpenTelemetry's name.
    pub name: &'static str,
    pub shape: Shape,
    pub labels: &'static [&'static str],
    pub meaning: &'static str,
    /// The log line that comes with it, and its level.
    pub log: Option<&'static str>,
}

impl SignalSpec {
    /// The name on `/metrics`.
    #[must_use]
    pub fn exposed(&self) -> String {
        let suffix = match self.shape {
            Shape::Counter => "_total",
            Shape::Seconds => "_seconds",
            Shape::Level => "",
        };
        format!("{}{suffix}", self.name.replace('.', "_"))
    }
}

macro_rules! signals {
    ($($id:ident = $shape:ident $name:literal [$($label:literal),*] $meaning:literal $(log $log:literal)?;)*) => {
        $(pub(super) const $id: SignalSpec = SignalSpec {
            name: $name,
            shape: Shape::$shape,
            labels: &[$($label),*],
            meaning: $meaning,
            log: signals!(@log $($log)?),
        };)*
        /// All of them, in the order of the documentation.
        pub const SIGNALS: &[&SignalSpec] = &[$(&$id),*];
    };
    (@log) => { None };
    (@log $log:literal) => { Some($log) };
}

signals! {
    WEBHOOKS = Counter "omnichannel.webhooks" ["outcome", "code"] "webhooks answered; outcome `accepted` or `refused`, code the reason";
    WEBHOOK_DURATION = Seconds "omnichannel.webhook.duration" ["outcome"] "from the first byte to the answer";
    RECORDS = Counter "omnichannel.records" ["stage", "outcome", "code"] "records that ended in a stage, each once per end: `done`, `dropped`, `rejected`, `parked`, `dead_lettered`" log "warn `record dead-lettered`";
    TRANSACTIONS = Counter "omnichannel.transactions" ["stage", "outcome"] "Kafka transactions, `committed` or `aborted`";
    TRANSACTION_DURATION = Seconds "omnichannel.transaction.duration" ["stage"] "from the beginning of a transaction to its commit";
    COMMIT_INTERVAL = Seconds "omnichannel.commit.interval" ["stage"] "the pause the worker leaves between transactions, sampled once a second";
    IN_FLIGHT = Level "omnichannel.in_flight" ["stage", "partition"] "records whose handler runs";
    PARKED = Level "omnichannel.parked" ["stage", "partition"] "records in the retry table";
    OUTSTANDING = Level "omnichannel.outstanding" ["stage", "partition"] "records read whose results are not committed yet";
    GRAPH_REQUESTS = Counter "omnichannel.graph.requests" ["operation", "outcome"] "Graph API calls; outcome `ok`, `not_sent`, `uncertain` or Meta's error code";
    GRAPH_DURATION = Seconds "omnichannel.graph.duration" ["operation"] "of a Graph API call";
    GRAPH_USAGE = Level "omnichannel.graph.usage" ["of"] "percent of Meta's limit for calls that are no messages, as its last answer said; `app` or `business`; at 100 they are refused";
    RETRY_LATENESS = Seconds "omnichannel.retry.lateness" ["stage"] "how long after its due time a parked record ran";
    IN_DOUBT_OPENED = Counter "omnichannel.in_doubt.opened" [] "sends whose answer left open whether they happened" log "warn `send in doubt`";
    IN_DOUBT_SETTLED = Counter "omnichannel.in_doubt.settled" ["by"] "how an open fate ended: `receipt`, `resend` or `report`; after a crash too" log "info `doubt settled`";
    REBALANCES = Counter "omnichannel.rebalances" ["stage", "kind"] "changes of the assignment: `assigned`, `revoked` or `lost`" log "info `partitions changed`";
    RESTORE_DURATION = Seconds "omnichannel.restore.duration" ["stage"] "from an assignment to its restored state" log "info `partition restored`";
    RESTORE_READ = Counter "omnichannel.restore.read" ["stage"] "table entries read from changelogs to restore partitions, parked records apart: few where a store on disk was gone on from";
    STORE_EMPTIED = Counter "omnichannel.store.emptied" ["stage", "reason"] "partitions whose state was read from the changelog's beginning into a store on disk; reason `new` or `refused`" log "warn (info when new), with the reason";
    UNAVAILABLE = Counter "omnichannel.dependency.unavailable" ["stage", "dependency"] "times a worker began to wait for a dependency or an account" log "warn `waits for a dependency`, info `dependency is back`";
    LOST = Counter "omnichannel.lost_to_retention" ["stage"] "records that Kafka deleted before the stage read them" log "error `records were lost to retention`";
    REBUILT = Counter "omnichannel.workers.rebuilt" ["stage"] "workers made anew after a client error" log "warn, with the reason";
    HALTED = Level "omnichannel.stage.halted" ["stage", "why"] "1 while the stage starts nothing: `paused` by an operator, `tripped` by its trip wire, `unread` before it knows" log "warn `stage rests`, info `stage goes on`";
    TRIPS = Counter "omnichannel.stage.trips" ["stage"] "times a stage stopped itself because its records became dead letters" log "error `trip wire touched`";
    STOPPED = Counter "omnichannel.stages.stopped" ["stage"] "stages that stopped until a person acts" log "error `stage stopped`";
}
