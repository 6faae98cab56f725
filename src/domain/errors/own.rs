//! Codes of our own: what the worker itself says about a command or a file. Never a number, so they cannot be taken for
//! Meta's.

use super::policy::Action;

/// A code of ours with what its reader can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Own {
    pub code: &'static str,
    pub title: &'static str,
    pub action: Action,
    pub retryable: bool,
    pub advice: &'static str,
}

const fn own(code: &'static str, title: &'static str, action: Action, advice: &'static str) -> Own {
    Own { code, title, action, retryable: false, advice }
}

pub const INVALID_FIELD: Own = own(
    "invalid_field",
    "A field of the command is not valid",
    Action::FixCommand,
    "`field` names it, `limit` its limit where it has one.",
);
pub const UNDECODABLE: Own = own(
    "undecodable",
    "The command cannot be read",
    Action::FixCommand,
    "Not Avro of a known schema, or not JSON of a known shape; the original bytes are in the dead-letter topic.",
);
pub const UNKNOWN_ACCOUNT: Own = own(
    "unknown_account",
    "No such account is configured",
    Action::FixAccount,
    "`from` names no account, or there is more than one and the command names none.",
);
pub const UNKNOWN_CARRIER: Own =
    own("unknown_carrier", "No such carrier", Action::FixCommand, "`carrier` names a carrier nobody serves.");
pub const NOT_SUPPORTED: Own =
    own("not_supported", "Not supported by this release", Action::FixCommand, "The details name what is missing.");
pub const DUPLICATE_ID: Own = own(
    "duplicate_id",
    "The command id was used for another message",
    Action::FixCommand,
    "One id is one message: use a new id. Since the id is the first message's, this is told under the place of the second \
     one's record, `<topic>-<partition>-<offset>`.",
);
pub const EXPIRED: Own = own("expired", "The command expired", Action::None, "`expires_at` passed before it was sent.");
pub const CANCELLED: Own =
    own("cancelled", "The command was cancelled", Action::None, "An operator cancelled it before it was sent.");
pub const WINDOW_CLOSED: Own = own(
    "window_closed",
    "The 24-hour window is closed",
    Action::SendTemplate,
    "Nothing was sent: only a template reaches this user now.",
);
pub const OPTED_OUT: Own = own(
    "opted_out",
    "The user stopped marketing messages",
    Action::OtherChannel,
    "Nothing was sent: the user stopped marketing messages of this number (`user_preferences`, or Meta answered 131050) and has \
     not resumed them. Templates of other categories reach them.",
);
pub const TEMPLATE_UNKNOWN: Own = own(
    "template_unknown",
    "The template is not in the catalogue",
    Action::FixCommand,
    "`templates.require` is set, and neither `templates sync` nor a webhook has told of it. Check the name and the account.",
);
pub const TEMPLATE_LANGUAGE: Own = own(
    "template_language",
    "The template does not exist in this language",
    Action::FixCommand,
    "Neither in the language asked for, nor in its base (`de` for `de_AT`), nor in the account's `template_language`; the details name the languages there are.",
);
pub const TEMPLATE_PARAMS: Own = own(
    "template_params",
    "The values do not fit the template",
    Action::FixCommand,
    "`field` names the part, the details say what the template takes. A template that was changed at Meta a moment ago may be known here as it was before.",
);
pub const TEMPLATE_PAUSED: Own = own(
    "template_paused",
    "The template is paused",
    Action::Wait,
    "Meta paused it for its quality, for three or six hours: send again afterwards, or another template. Nothing was sent, and there is no dead letter.",
);
pub const TEMPLATE_NOT_APPROVED: Own = own(
    "template_not_approved",
    "The template cannot be sent",
    Action::FixAccount,
    "It is in review, rejected, disabled, archived or deleted; the details name Meta's status and reason. Nothing was sent, and there is no dead letter.",
);
pub const NEEDS_PHONE_NUMBER: Own = own(
    "needs_phone_number",
    "The message needs the recipient's phone number",
    Action::FixCommand,
    "Meta sends authentication templates to phone numbers only, and answers a business-scoped user id with 131062. Nothing was sent.",
);
pub const NO_ANSWER: Own = own(
    "no_answer",
    "Meta's answer was lost",
    Action::None,
    "The message may have been sent; it is not sent again with `on_unknown: report`, once it expired, or after three such attempts.",
);
pub const GAVE_UP: Own = own(
    "gave_up",
    "Every attempt failed",
    Action::Wait,
    "A dead letter holds the original; replay it when the cause is gone.",
);
pub const MEDIA_GONE: Own =
    own("media_gone", "The file is not there any more", Action::None, "Meta keeps inbound files for seven days.");
pub const MEDIA_TOO_LARGE: Own =
    own("media_too_large", "The file is too large", Action::None, "`limit` is the configured limit in bytes.");
pub const MEDIA_MISMATCH: Own = own(
    "media_mismatch",
    "The file is not the one that was announced",
    Action::None,
    "Its SHA-256 differs from the webhook's.",
);

/// All of them, in the order of `docs/errors.md`.
pub const ALL: &[Own] = &[
    INVALID_FIELD,
    UNDECODABLE,
    UNKNOWN_ACCOUNT,
    UNKNOWN_CARRIER,
    NOT_SUPPORTED,
    DUPLICATE_ID,
    EXPIRED,
    CANCELLED,
    WINDOW_CLOSED,
    OPTED_OUT,
    TEMPLATE_UNKNOWN,
    TEMPLATE_LANGUAGE,
    TEMPLATE_PARAMS,
    TEMPLATE_PAUSED,
    TEMPLATE_NOT_APPROVED,
    NEEDS_PHONE_NUMBER,
    NO_ANSWER,
    GAVE_UP,
    MEDIA_GONE,
    MEDIA_TOO_LARGE,
    MEDIA_MISMATCH,
];
