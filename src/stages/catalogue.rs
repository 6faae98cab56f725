//! The catalogue stage: whatever Meta says of a template becomes that template's whole state on `whatsapp.templates`. A webhook
//! tells a part, may be late and may be told twice, so it is taken as the word to look: the template itself is asked for, and
//! what Meta answers is written. It must not remember anything, so it cannot remember something wrong.

use std::sync::Arc;

use bytes::Bytes;

use super::ports::{Accounts, GraphFailure, TemplateSource};
use crate::{
    domain::{
        account::Account,
        errors::{Class, classify},
    },
    runtime::{Context, Emit, Fault, Headers, KeyOrder, Record, Scope, Stage},
    wire::{
        codec::Codec,
        graph::fault::{GRAPH, refused},
        records::{AccountEvent, TemplateState},
        template::{FIELDS, News, record, state},
        topics::ACCOUNT_EVENTS,
    },
};

const SOURCE: &str = "webhook";
/// Meta's code and subcode for an id that is nothing (any more), or nothing that the token may see.
const NO_OBJECT: (i64, Option<i64>) = (100, Some(33));

/// Keeps `whatsapp.templates` as Meta's webhooks say.
pub struct Catalogue {
    codec: Codec,
    accounts: Accounts,
    meta: Arc<dyn TemplateSource>,
}

/// An account event, and the headers it came with.
#[derive(Debug, Clone)]
pub struct Told {
    event: AccountEvent,
    headers: Headers,
}

impl Catalogue {
    #[must_use]
    pub fn new(codec: Codec, accounts: Accounts, meta: Arc<dyn TemplateSource>) -> Self {
        Self { codec, accounts, meta }
    }

    /// The template as it is at Meta; `None` where Meta shows none.
    async fn ask(&self, account: &Account, template_id: &str, cx: &Context) -> Result<Option<Bytes>, Fault> {
        let asked = self.meta.template(&account.phone_number_id, template_id).await;
        let answer = match asked {
            Ok(body) => Some(body),
            Err(GraphFailure::Refused(error)) if (error.code, error.subcode) == NO_OBJECT => None,
            Err(failure) => return Err(not_told(failure, &account.alias)),
        };
        cx.served(GRAPH);
        cx.served(Scope::Account(account.alias.clone()));
        Ok(answer)
    }

    /// `None` where there is nothing to write.
    async fn learn(&self, news: &News, account: &Account, cx: &Context) -> Result<Option<TemplateState>, Fault> {
        let now_ms = cx.now_ms();
        let Some(object) = self.ask(account, &news.template_id, cx).await? else {
            return Ok(told(news, &account.waba_id, now_ms));
        };
        let read = state(&account.waba_id, &object, now_ms, SOURCE);
        let known = read.ok_or_else(|| Fault::transient("graph_no_template").in_scope(GRAPH))?;
        // of a pause the object does not say why, and the webhook does
        let same = news.event.as_ref() == Some(&known.status);
        let reason = known.reason.clone().or_else(|| news.reason.clone().filter(|_| same));
        Ok(Some(TemplateState { reason, ..known }))
    }
}

/// What the webhook says by itself; `None` where it says no status. Meta answers alike for a template that is no more and for
/// one that the token may not see, so from the answer nothing is concluded: that would bar what can be sent.
fn told(news: &News, waba_id: &str, now_ms: i64) -> Option<TemplateState> {
    Some(TemplateState {
        status: news.event.clone()?,
        reason: news.reason.clone(),
        updated_at: now_ms,
        source: SOURCE.to_owned(),
        waba_id: waba_id.to_owned(),
        template_id: news.template_id.clone(),
        name: news.name.clone(),
        language: news.language.clone(),
        category: news.category.clone().unwrap_or_default(),
        ..TemplateState::default()
    })
}

/// Asking has no effect, so whatever is uncertain is asked again.
fn not_told(failure: GraphFailure, account: &str) -> Fault {
    match failure {
        GraphFailure::Refused(error) => match classify(&error).class {
            Class::Transient | Class::Throttled { .. } | Class::AccountGate => refused(&error, account),
            // a dead letter: whoever mends the cause replays it
            Class::Rejected => Fault::poison(refused(&error, account).code),
        },
        GraphFailure::NotSent(why) => Fault::transient("graph_unreachable").in_scope(GRAPH).because(why).quickly(),
        GraphFailure::Uncertain(why) => Fault::transient("graph_no_answer").in_scope(GRAPH).because(why).quickly(),
        GraphFailure::NoToken => Fault::unavailable(Scope::Account(account.to_owned()), "no_access_token"),
        GraphFailure::TooLarge { .. } => Fault::poison("template_too_large"),
    }
}

impl Stage for Catalogue {
    const NAME: &'static str = "catalogue";
    const ORDER: KeyOrder = KeyOrder::Strict;
    const INPUT: &'static str = ACCOUNT_EVENTS;

    type Input = Told;

    async fn decode(&self, record: &Record) -> Result<Told, Fault> {
        let value = record.value.as_ref().ok_or_else(|| Fault::poison("no_value"))?;
        Ok(Told { event: self.codec.decode(value).await?, headers: record.headers.clone() })
    }

    async fn handle(&self, Told { event, headers }: Told, cx: &Context) -> Result<Emit, Fault> {
        if !FIELDS.contains(&event.field.as_str()) {
            return Ok(Emit::nothing("not_of_templates"));
        }
        let Some(account) = self.accounts.by_waba(&event.waba_id) else {
            return Ok(Emit::nothing("account_not_configured"));
        };
        let news = News::of(&event).ok_or_else(|| Fault::poison("no_template_named"))?;
        let Some(known) = self.learn(&news, account, cx).await? else {
            return Ok(Emit::nothing("template_not_shown"));
        };
        let record = record(&self.codec, &known, &event.event_id, &account.alias, &headers).await?;
        Ok(Emit::record(record))
    }
}

#[cfg(test)]
mod tests;
