//! The text that travels to Meta with a send and comes back in each of its statuses: whose send it was, and in which lane.
//! Knows no JSON and no topic.

use super::identity::CommandId;

/// Meta's limit of `biz_opaque_callback_data`, in characters.
pub const MAX_CHARS: usize = 512;
const VERSION: &str = "1";

/// `1:<command_id>:<lane key>`. The lane is the conversation key the router chose, so a receipt finds the worker that owns
/// the send whatever identity Meta reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    pub command_id: CommandId,
    pub lane: String,
}

/// The text would be longer than Meta takes.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the callback data would have {chars} characters, Meta takes {MAX_CHARS}")]
pub struct TooLong {
    pub chars: usize,
}

impl Callback {
    #[must_use]
    pub fn new(command_id: CommandId, lane: impl Into<String>) -> Self {
        Self { command_id, lane: lane.into() }
    }

    /// # Errors
    /// [`TooLong`]: only a lane key of more than about 380 characters can cause it.
    pub fn build(&self) -> Result<String, TooLong> {
        let text = format!("{VERSION}:{}:{}", self.command_id, self.lane);
        match text.chars().count() {
            chars if chars > MAX_CHARS => Err(TooLong { chars }),
            _ => Ok(text),
        }
    }

    /// `None` for what another sender on the same number wrote: it is kept, but it is no receipt of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (command_id, lane) = text.strip_prefix(VERSION)?.strip_prefix(':')?.split_once(':')?;
        let command_id = CommandId::parse(command_id)?;
        (!lane.is_empty()).then(|| Self { command_id, lane: lane.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> CommandId {
        CommandId::parse(text).expect("a command id")
    }

    #[test]
    fn what_is_built_is_read_back() {
        let callback = Callback::new(id("order-1042"), "200000000000001:15550000999");
        let text = callback.build().expect("short enough");
        assert_eq!(text, "1:order-1042:200000000000001:15550000999");
        assert_eq!(Callback::parse(&text), Some(callback));
    }

    #[test]
    fn a_lane_that_does_not_fit_is_refused() {
        let fits = Callback::new(id("a"), "x".repeat(MAX_CHARS - 4));
        assert_eq!(fits.build().map(|t| t.len()), Ok(MAX_CHARS));
        assert_eq!(Callback::new(id("a"), "x".repeat(MAX_CHARS - 3)).build(), Err(TooLong { chars: MAX_CHARS + 1 }));
    }

    #[test]
    fn foreign_callback_data_is_not_ours() {
        for text in ["", "outbox-42", "1:", "1:a", "1:a:", "1::lane", "1:a b:lane", "2:a:lane", "11:a:lane"] {
            assert_eq!(Callback::parse(text), None, "{text}");
        }
    }
}
