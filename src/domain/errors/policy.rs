//! What we do about an error: a closed set. Says how long to wait, never waits.

/// The whole treatment of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    pub class: Class,
    /// What the producer of the command (or the operator) can do.
    pub action: Action,
}

/// Four classes, because four treatments differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The same request may succeed later.
    Transient,
    /// The request is fine but too early; waiting costs no attempt.
    Throttled { limit: Limit, wait_ms: u64 },
    /// Nothing of this account works until a person acts: its commands are held, none fails.
    AccountGate,
    /// Final for this message.
    Rejected,
}

/// Which counter is exhausted, so what else has to slow down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Messages of one business number.
    Number,
    /// One business number to one user.
    Pair,
    /// Calls of the app, all accounts together.
    App,
    /// Management calls of one WhatsApp Business Account.
    Waba,
}

impl Limit {
    /// For metrics and documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Pair => "pair",
            Self::App => "app",
            Self::Waba => "waba",
        }
    }
}

/// The `action` word of the `Error` record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    SendTemplate,
    FixCommand,
    FixAccount,
    Wait,
    OtherChannel,
    None,
}

impl Action {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SendTemplate => "send_template",
            Self::FixCommand => "fix_command",
            Self::FixAccount => "fix_account",
            Self::Wait => "wait",
            Self::OtherChannel => "other_channel",
            Self::None => "none",
        }
    }
}

/// Whose attention an error needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Who sent the command, by its status.
    Producer,
    /// The operator as well: a token, a setting or a payment is wrong.
    ProducerAndOperator,
}

impl Told {
    /// For documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Producer => "producer",
            Self::ProducerAndOperator => "producer and operator",
        }
    }
}

impl Class {
    /// For metrics and documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Throttled { .. } => "throttled",
            Self::AccountGate => "account",
            Self::Rejected => "rejected",
        }
    }
}

impl Policy {
    #[must_use]
    pub const fn transient() -> Self {
        Self { class: Class::Transient, action: Action::Wait }
    }

    #[must_use]
    pub const fn throttled(limit: Limit, wait_ms: u64) -> Self {
        Self { class: Class::Throttled { limit, wait_ms }, action: Action::Wait }
    }

    #[must_use]
    pub const fn account() -> Self {
        Self { class: Class::AccountGate, action: Action::FixAccount }
    }

    #[must_use]
    pub const fn rejected(action: Action) -> Self {
        Self { class: Class::Rejected, action }
    }

    /// Whether the very same command may be sent again and succeed.
    #[must_use]
    pub fn retryable(self) -> bool {
        match self.class {
            Class::Transient | Class::Throttled { .. } | Class::AccountGate => true,
            Class::Rejected => matches!(self.action, Action::Wait),
        }
    }

    #[must_use]
    pub fn told(self) -> Told {
        match self.action {
            Action::FixAccount => Told::ProducerAndOperator,
            Action::SendTemplate | Action::FixCommand | Action::Wait | Action::OtherChannel | Action::None => {
                Told::Producer
            }
        }
    }

    /// Whether the message may have been accepted all the same. Only where Meta's own server failed at the request: what
    /// judges the request, the account or a limit is said before anything is accepted, and what a status reports is the
    /// end of a message that was.
    #[must_use]
    pub fn may_hide_accept(self) -> bool {
        match self.class {
            Class::Transient => true,
            Class::Throttled { .. } | Class::AccountGate | Class::Rejected => false,
        }
    }

    /// The wait a throttled request owes.
    #[must_use]
    pub fn retry_after_ms(self) -> Option<u64> {
        match self.class {
            Class::Throttled { wait_ms, .. } => Some(wait_ms),
            Class::Transient | Class::AccountGate | Class::Rejected => None,
        }
    }

    /// A throttled one waits for what Meta states, if that is longer. A wait stated with a transient error is its fault's to
    /// carry: to treat it as throttled would count no attempt.
    pub(super) fn at_least(self, stated_ms: Option<u64>) -> Self {
        match (self.class, stated_ms) {
            (Class::Throttled { limit, wait_ms }, Some(stated)) => {
                Self { class: Class::Throttled { limit, wait_ms: wait_ms.max(stated) }, ..self }
            }
            (Class::Throttled { .. } | Class::Transient | Class::AccountGate | Class::Rejected, _) => self,
        }
    }
}
