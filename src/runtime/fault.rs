//! Why a record could not be handled, in the seven kinds that are treated differently. Decides nothing itself:
//! `runtime::retry` maps a kind to what happens.

use std::{borrow::Cow, fmt, time::Duration};

use super::stage::Emit;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// What a failure, or a success, speaks about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// `graph`, `registry`, `objects` …
    Dependency(&'static str),
    /// An account alias or phone number id.
    Account(String),
    /// What an operator paused: `account/main`, `label/campaign=spring` …
    Hold(String),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dependency(name) => f.write_str(name),
            Self::Account(name) => write!(f, "account {name}"),
            Self::Hold(subject) => write!(f, "pause of {subject}"),
        }
    }
}

/// Seven kinds, because seven treatments differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Quick tries in place where the fault allows them, then delayed retry; an attempt counts only if the same scope served
    /// another call since this record's last transient failure.
    Transient,
    /// Waits this long; costs no attempt.
    Throttled(Duration),
    /// A dependency: wait in place. An account: park behind a gate that a probe opens. What an operator paused: the same,
    /// and only the operator opens it.
    Unavailable,
    /// The effect may have happened. Parked until `recheck_at_ms` (unix ms) or until a side input wakes the key; then
    /// `handle` runs again and decides from its table. Never counts as an attempt.
    Unknown { recheck_at_ms: i64 },
    /// Final; the outcome record is the fault's `notes`. Not a dead letter.
    Rejected,
    /// Dead letter at once, and whatever [`Stage::ending`](super::Stage::ending) says.
    Poison,
    /// The stage stops.
    Fatal,
}

impl FaultKind {
    /// For metrics and headers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Throttled(_) => "throttled",
            Self::Unavailable => "unavailable",
            Self::Unknown { .. } => "unknown",
            Self::Rejected => "rejected",
            Self::Poison => "poison",
            Self::Fatal => "fatal",
        }
    }
}

/// A failed `decode` or `handle`.
pub struct Fault {
    pub kind: FaultKind,
    /// From a bounded set, for metrics: `graph_131000`, `not_avro` …
    pub code: Cow<'static, str>,
    pub scope: Option<Scope>,
    pub source: Option<Source>,
    /// Where it is gated: it runs again then (unix ms), whether the gate has opened or not, and the stage decides.
    pub deadline_ms: Option<i64>,
    /// A transient one is not tried again before that long, whatever its own delay.
    pub no_sooner: Duration,
    /// Asking again at once for a moment harms nobody: the worker does so before anything is parked.
    pub quick: bool,
    /// Outcome records (`pending`, `held`, `rejected`) published with the decision; a record that waits in place for a
    /// dependency publishes nothing, and so none of them.
    pub notes: Emit,
}

impl Fault {
    #[must_use]
    pub fn new(kind: FaultKind, code: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            code: code.into(),
            scope: None,
            source: None,
            deadline_ms: None,
            no_sooner: Duration::ZERO,
            quick: false,
            notes: Emit::default(),
        }
    }

    #[must_use]
    pub fn transient(code: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FaultKind::Transient, code)
    }

    #[must_use]
    pub fn poison(code: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FaultKind::Poison, code)
    }

    #[must_use]
    pub fn fatal(code: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FaultKind::Fatal, code)
    }

    /// A dependency or an account that does not work at the moment, or must not.
    #[must_use]
    pub fn unavailable(scope: Scope, code: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FaultKind::Unavailable, code).in_scope(scope)
    }

    #[must_use]
    pub fn in_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    #[must_use]
    pub fn because(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    #[must_use]
    pub fn with_deadline(mut self, deadline_ms: Option<i64>) -> Self {
        self.deadline_ms = deadline_ms;
        self
    }

    #[must_use]
    pub fn no_sooner(mut self, wait: Duration) -> Self {
        self.no_sooner = wait;
        self
    }

    #[must_use]
    pub fn quickly(mut self) -> Self {
        self.quick = true;
        self
    }

    #[must_use]
    pub fn with_notes(mut self, notes: Emit) -> Self {
        self.notes = notes;
        self
    }

    /// Whether its notes are published: not where the record waits in place.
    #[must_use]
    pub fn says_notes(&self) -> bool {
        self.kind != FaultKind::Unavailable || matches!(self.scope, Some(Scope::Account(_) | Scope::Hold(_)))
    }

    /// The source's chain as one line for a dead-letter header: no body, no phone number (sources must not carry them).
    #[must_use]
    pub fn detail(&self) -> String {
        let mut text = String::new();
        let mut next: Option<&(dyn std::error::Error + 'static)> = self.source.as_deref().map(|s| s as _);
        while let Some(error) = next {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&error.to_string());
            next = error.source();
        }
        text
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({:?}): {}", self.kind.name(), self.code, self.scope, self.detail())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}) {}", self.code, self.kind.name(), self.detail())
    }
}

impl std::error::Error for Fault {}
