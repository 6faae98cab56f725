//! Webhooks to topics: every message, status and account-level value of a raw record becomes one record of ours, once.
//! Must not talk to Meta; what a reader needs beyond the webhook (accounts, object URLs) is looked up, not fetched.

mod fit;
mod input;
mod item;
mod probe;
mod publish;
mod seen;

use std::{sync::Arc, time::Duration};

pub use self::input::{Input, NotInput, Webhook};
use self::{fit::Unpublished, item::Item, seen::Seen};
use super::ports::{Accounts, Objects};
use crate::{
    domain::{identity::ConversationKey, preference::Word},
    runtime::{
        Context, Emit, Fault, KeyOrder, Record, Reject, Stage,
        stage::{Changelog, TableSpec},
    },
    wire::{
        codec::Codec,
        topics::WEBHOOK_RAW,
        webhook::{Unreadable, preference},
    },
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether messages and statuses carry Meta's JSON. Account events always do: often it is all they say.
    pub keep_raw: bool,
    /// How long a redelivered item is recognised. Meta delivers again for up to seven days.
    pub remembered: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { keep_raw: true, remembered: Duration::from_secs(24 * 60 * 60) }
    }
}

/// All that a webhook says, in order. Nothing of it borrows the body, so its envelope is read once.
struct Said {
    items: Vec<Result<Item, Unreadable>>,
    words: Vec<(ConversationKey, Word)>,
}

/// The stage.
pub struct Ingress {
    codec: Codec,
    accounts: Accounts,
    objects: Arc<dyn Objects>,
    settings: Settings,
}

impl Ingress {
    #[must_use]
    pub fn new(codec: Codec, accounts: Accounts, objects: Arc<dyn Objects>, settings: Settings) -> Self {
        Self { codec, accounts, objects, settings }
    }

    fn remembered_ms(&self) -> i64 {
        i64::try_from(self.settings.remembered.as_millis()).unwrap_or(i64::MAX)
    }

    fn read(&self, webhook: &Webhook) -> Said {
        let (envelope, received_ms) = (webhook.envelope(), webhook.received_ms);
        Said { items: item::items(&envelope, received_ms, self), words: preference::read(&envelope, received_ms) }
    }

    async fn pass_on(&self, webhook: &Webhook, cx: &Context) -> Result<Emit, Fault> {
        let mut emit = Emit::default();
        let mut seen = Seen::new(cx, self.remembered_ms());
        let said = self.read(webhook);
        for item in said.items {
            match item {
                Ok(item) if seen.before(&item.identity()) => emit.dropped.push("duplicate"),
                Ok(mut item) => match self.fit(&mut item, &webhook.headers).await {
                    Ok(records) => {
                        emit.records.extend(records);
                        emit.state.push(seen.mark(&item.identity()));
                    }
                    Err(Unpublished::Item(reject)) => emit.rejects.push(reject),
                    Err(Unpublished::Fault(fault)) => return Err(fault),
                },
                Err(unreadable) => emit.rejects.push(unreadable_item(unreadable)),
            }
        }
        for (key, word) in said.words {
            let identity = format!("preference/{key}/{}/{}", word.at_ms, word.stopped);
            if !seen.before(&identity) {
                emit.records.push(publish::preference(key, word, &webhook.headers));
                emit.state.push(seen.mark(&identity));
            }
        }
        if emit == Emit::default() {
            return Ok(Emit::nothing("no_items"));
        }
        Ok(emit)
    }
}

fn unreadable_item(unreadable: Unreadable) -> Reject {
    Reject { code: unreadable.code(), detail: unreadable.to_string() }
}

impl Stage for Ingress {
    const NAME: &'static str = "ingress";
    const ORDER: KeyOrder = KeyOrder::Strict;
    const INPUT: &'static str = WEBHOOK_RAW;
    const TABLES: &'static [TableSpec] = &[TableSpec { name: seen::TABLE, changelog: Changelog::Stage, ttl_ms: None }];

    type Input = Input;

    async fn decode(&self, record: &Record) -> Result<Input, Fault> {
        Input::read(record).map_err(|cause| Fault::poison(cause.code()).because(cause))
    }

    async fn handle(&self, input: Input, cx: &Context) -> Result<Emit, Fault> {
        match input {
            Input::Probe(question) => Ok(Emit::record(probe::answer(&question, cx))),
            Input::Webhook(webhook) => self.pass_on(&webhook, cx).await,
        }
    }

    fn ttl_ms(&self, _: &TableSpec) -> Option<i64> {
        Some(self.remembered_ms())
    }

    fn entry_time_ms(&self, table: &str, value: &[u8]) -> Option<i64> {
        if table == seen::TABLE { seen::time_ms(value) } else { None }
    }
}
