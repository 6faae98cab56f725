//! A command that goes nowhere: a dead letter for a person, and a `rejected` status for its producer, always both. Never
//! quotes what a field holds.

use crate::{
    domain::{errors::own::Own, identity::CommandId},
    runtime::{Emit, Fault, FaultKind, Headers, Record, Reject, replays::known_by},
    stages::telling::publish,
    wire::{
        codec::Codec,
        field_problem::FieldProblem,
        headers::COMMAND_ID,
        problem,
        records::{StatusEvent, WhatsAppError},
    },
};

/// One reason.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    /// From the closed list of our own codes.
    code: &'static str,
    error: WhatsAppError,
}

impl Refusal {
    /// `why` continues the sentence that begins with the field's name.
    pub(super) fn new(own: &'static Own, field: &str, why: impl AsRef<str>) -> Self {
        let details = format!("{field} {}", why.as_ref());
        let error = WhatsAppError { field: Some(field.to_owned()), ..problem::own(own, Some(details)) };
        Self { code: own.code, error }
    }
}

impl From<&FieldProblem> for Refusal {
    fn from(found: &FieldProblem) -> Self {
        Self { code: found.code.code, error: found.into() }
    }
}

/// A status lists so many reasons; its details have all of them.
const VIOLATIONS: usize = 50;

/// The whole refusal. The status lists the reasons; its error is the first one and, in its details, all of them.
pub(super) async fn refuse(
    codec: &Codec,
    event: StatusEvent,
    refusals: &[Refusal],
    cause: &Headers,
) -> Result<Emit, Fault> {
    let details: Vec<&str> = refusals.iter().filter_map(|refusal| refusal.error.details.as_deref()).collect();
    let detail = details.join("; ");
    let error = refusals.first().map(|first| WhatsAppError { details: Some(detail.clone()), ..first.error.clone() });
    let violations = refusals.iter().take(VIOLATIONS).map(|refusal| refusal.error.clone()).collect();
    let status = publish(codec, &StatusEvent { error, violations, ..event }, cause).await?;
    let code = refusals.first().map_or("refused", |first| first.code);
    Ok(Emit { records: vec![status], rejects: vec![Reject { code, detail }], ..Emit::default() })
}

/// A command that Meta would refuse now, whatever its producer does: a `rejected` status and no dead letter, since a campaign
/// of them would touch the trip wire. The fault counts it.
pub(super) async fn decline(
    codec: &Codec,
    event: StatusEvent,
    Refusal { code, error }: Refusal,
    cause: &Headers,
) -> Result<Emit, Fault> {
    let status = publish(codec, &StatusEvent { error: Some(error), ..event }, cause).await?;
    Err(Fault::new(FaultKind::Rejected, code).with_notes(Emit::record(status)))
}

/// The id under which a producer hears of a record that names none that could be read: the header `command-id`, else
/// `<topic>-<partition>-<offset>`.
pub(super) fn id_of(record: &Record) -> String {
    match record.headers.get_str(COMMAND_ID).and_then(CommandId::parse) {
        Some(id) => id.into_string(),
        None => place(record),
    }
}

/// `<topic>-<partition>-<offset>`, also the id of a JSON command that gives itself none: a replay is the command it was.
pub(super) fn place(record: &Record) -> String {
    let origin = known_by(record);
    format!("{}-{}-{}", origin.topic, origin.partition, origin.offset)
}
