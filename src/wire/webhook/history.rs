//! What was said before the number came to the Cloud API (coexistence): field `history`, in chunks of threads, and files
//! that come after them as messages. Must not mistake any of it for news.

use super::{
    echo,
    json::{self, Object},
    message::{said, sender},
    place::{Place, only},
    unreadable::Unreadable,
};
use crate::{
    domain::identity::{User, canonical_digits},
    wire::records::HistoryMessage,
};

/// The webhook field.
pub const FIELD: &str = "history";

/// Where a message stood among the chunks.
#[derive(Debug, Clone, Default)]
pub struct Chunk {
    phase: Option<i32>,
    order: Option<i32>,
    progress: Option<i32>,
    /// The user of the thread.
    thread: Option<String>,
}

/// A value in pieces.
#[derive(Debug, Default)]
pub struct Pieces<'a> {
    pub messages: Vec<(Chunk, &'a str)>,
    /// Texts of what is no message: declined sharing, a chunk without threads, members not known here.
    pub rest: Vec<String>,
}

impl<'a> Pieces<'a> {
    #[must_use]
    pub fn of(value: &Object<'a>) -> Self {
        let mut pieces = Self::default();
        for raw in value.elements("messages") {
            pieces.messages.push((Chunk::default(), raw.get()));
        }
        for raw in value.elements(FIELD) {
            match Object::read(raw).filter(|chunk| chunk.get("threads").is_some_and(json::is_array)) {
                Some(chunk) => pieces.chunk(&chunk),
                None => pieces.rest.push(raw.get().to_owned()),
            }
        }
        pieces
    }

    fn chunk(&mut self, members: &Object<'a>) {
        let metadata = members.object("metadata").unwrap_or_default();
        let number = |name| metadata.int(name).and_then(|n| i32::try_from(n).ok());
        let chunk =
            Chunk { phase: number("phase"), order: number("chunk_order"), progress: number("progress"), thread: None };
        let threads = members.elements("threads");
        // without threads, how far the history has come is all it says
        let said = |name: &str| name == "threads" || (name == "metadata" && !threads.is_empty());
        self.rest.extend(only(members, |name, _| !said(name)));
        for raw in threads {
            match Object::read(raw).filter(|thread| thread.get("messages").is_some_and(json::is_array)) {
                Some(thread) => self.thread(&chunk, &thread),
                None => self.rest.push(raw.get().to_owned()),
            }
        }
    }

    fn thread(&mut self, chunk: &Chunk, members: &Object<'a>) {
        let chunk = Chunk { thread: members.short("id"), ..chunk.clone() };
        let messages = members.elements("messages");
        if messages.is_empty() || members.iter().any(|(name, _)| name != "id" && name != "messages") {
            self.rest.extend(only(members, |name, _| name != "messages"));
        }
        self.messages.extend(messages.into_iter().map(|raw| (chunk.clone(), raw.get())));
    }
}

/// One message of the past; `None` where it names no user or no number of ours.
///
/// # Errors
/// [`Unreadable`].
pub fn read(
    place: &Place<'_, '_>,
    chunk: &Chunk,
    raw: &str,
    otherwise_ms: i64,
) -> Result<Option<HistoryMessage>, Unreadable> {
    let members: Object<'_> = serde_json::from_str(raw).map_err(|_| Unreadable::NotAnObject)?;
    let outbound = is_of_the_business(place, &members);
    let to = outbound.then(|| echo::recipient(place, &members));
    let from = if outbound {
        echo::business(&members)
    } else {
        let (phone, bsuid) = (members.text("from"), members.text("from_user_id"));
        sender(&members, place.change.and_then(|(_, c)| c.contacts().of(phone.as_deref(), bsuid.as_deref())))
    };
    let other = to.as_ref().unwrap_or(&from);
    let phone = chunk.thread.as_deref().or(other.wa_id.as_deref());
    let user = User::choose(phone, other.bsuid.as_deref(), members.text("group_id").as_deref());
    let message = said(place, &members, raw, user.map(|user| (user, from)), otherwise_ms)?;
    Ok(message.map(|message| HistoryMessage {
        direction: if outbound { "outbound" } else { "inbound" }.to_owned(),
        message,
        to,
        status: members.object("history_context").and_then(|context| context.text("status")),
        phase: chunk.phase,
        chunk_order: chunk.order,
        progress: chunk.progress,
    }))
}

fn is_of_the_business(place: &Place<'_, '_>, members: &Object<'_>) -> bool {
    let number = place.change.and_then(|(_, change)| canonical_digits(change.display_number.as_deref()?));
    number.is_some() && members.text("from").and_then(|from| canonical_digits(&from)) == number
}
