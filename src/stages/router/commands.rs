//! The two ways a command comes in: `omnichannel.send.commands` (Avro) and `omnichannel.send.commands.json`. Reads only;
//! what a command becomes is the same for both.

use super::{
    CommandRouter, SOURCE, about,
    refusal::{Refusal, id_of, place, refuse},
};
use crate::{
    domain::{
        errors::own::{GAVE_UP, UNDECODABLE},
        identity::CommandId,
        status::REJECTED,
    },
    runtime::{Context, Emit, Fault, FaultKind, Headers, KeyOrder, Record, Stage},
    stages::telling::{own_event, publish},
    wire::{
        problem,
        records::{SendCommand, StatusEvent},
        send_command::validate,
        send_command_json::{self, Refusal as Unreadable},
        topics::{SEND_COMMANDS, SEND_COMMANDS_JSON},
    },
};

/// A command as far as it could be read.
#[derive(Debug, Clone)]
pub struct Input {
    command: Result<Box<SendCommand>, Refused>,
    headers: Headers,
}

/// What is known of one that could not.
#[derive(Debug, Clone)]
struct Refused {
    command_id: String,
    refusals: Vec<Refusal>,
}

/// Routes commands that come as Avro.
#[derive(Clone)]
pub struct RouterCommands(CommandRouter);

/// Routes commands that come as JSON.
#[derive(Clone)]
pub struct RouterJson(CommandRouter);

impl RouterCommands {
    #[must_use]
    pub fn new(router: CommandRouter) -> Self {
        Self(router)
    }
}

impl RouterJson {
    #[must_use]
    pub fn new(router: CommandRouter) -> Self {
        Self(router)
    }
}

impl Stage for RouterCommands {
    const NAME: &'static str = "router-commands";
    const ORDER: KeyOrder = KeyOrder::Strict;
    const INPUT: &'static str = SEND_COMMANDS;

    type Input = Input;

    async fn decode(&self, record: &Record) -> Result<Input, Fault> {
        let command: SendCommand = self.0.codec.decode(value(record)?).await?;
        Ok(Input { command: findable(command, record), headers: record.headers.clone() })
    }

    async fn handle(&self, input: Input, cx: &Context) -> Result<Emit, Fault> {
        self.0.handle(input, cx).await
    }

    async fn ending(&self, record: &Record, fault: &Fault, cx: &Context) -> Result<Emit, Fault> {
        self.0.ending(self.decode(record).await, record, fault, cx).await
    }
}

impl Stage for RouterJson {
    const NAME: &'static str = "router-json";
    const ORDER: KeyOrder = KeyOrder::Strict;
    const INPUT: &'static str = SEND_COMMANDS_JSON;

    type Input = Input;

    async fn decode(&self, record: &Record) -> Result<Input, Fault> {
        let command = match send_command_json::parse(value(record)?, &place(record)) {
            Ok(command) => findable(command, record),
            Err(Unreadable::Invalid { command_id, problems }) => Err(Refused {
                command_id: command_id.unwrap_or_else(|| id_of(record)),
                refusals: problems.iter().map(Refusal::from).collect(),
            }),
            Err(not_json @ Unreadable::NotJson { .. }) => return Err(Fault::poison("not_json").because(not_json)),
        };
        Ok(Input { command, headers: record.headers.clone() })
    }

    async fn handle(&self, input: Input, cx: &Context) -> Result<Emit, Fault> {
        self.0.handle(input, cx).await
    }

    async fn ending(&self, record: &Record, fault: &Fault, cx: &Context) -> Result<Emit, Fault> {
        self.0.ending(self.decode(record).await, record, fault, cx).await
    }
}

impl CommandRouter {
    async fn handle(&self, Input { command, headers }: Input, cx: &Context) -> Result<Emit, Fault> {
        match command {
            Ok(command) => self.route(*command, &headers, cx).await,
            Err(Refused { command_id, refusals }) => {
                let event = own_event(SOURCE, &command_id, REJECTED, 0, cx.now_ms());
                refuse(&self.codec, event, &refusals, &headers).await
            }
        }
    }

    /// A dead letter is a command too, and one that can be read is told of under its own id. `decoded`: the record read
    /// once more.
    async fn ending(
        &self,
        decoded: Result<Input, Fault>,
        record: &Record,
        fault: &Fault,
        cx: &Context,
    ) -> Result<Emit, Fault> {
        let (event, own) = match decoded {
            Ok(Input { command: Ok(command), .. }) => (about(&command, REJECTED, cx.now_ms()), &GAVE_UP),
            Ok(Input { command: Err(refused), .. }) => {
                (own_event(SOURCE, &refused.command_id, REJECTED, 0, cx.now_ms()), &GAVE_UP)
            }
            Err(unreadable) if unreadable.kind == FaultKind::Poison => {
                (own_event(SOURCE, &id_of(record), REJECTED, 0, cx.now_ms()), &UNDECODABLE)
            }
            Err(not_now) => return Err(not_now),
        };
        let error = Some(problem::own(own, Some(fault.code.to_string())));
        Ok(Emit::record(publish(&self.codec, &StatusEvent { error, ..event }, &record.headers).await?))
    }
}

/// A command without a proper id is refused for it, but under an id that its producer can find.
fn findable(command: SendCommand, record: &Record) -> Result<Box<SendCommand>, Refused> {
    match CommandId::parse(&command.command_id) {
        Some(_) => Ok(Box::new(command)),
        None => {
            let mistakes = validate(&command).err().unwrap_or_default();
            Err(Refused { command_id: id_of(record), refusals: mistakes.iter().map(Refusal::from).collect() })
        }
    }
}

fn value(record: &Record) -> Result<&[u8], Fault> {
    record.value.as_deref().ok_or_else(|| Fault::poison("no_value"))
}
