//! Why one item of a good body cannot be said in our records. Never carries the item's content.

/// A cause for the dead letter; the other items of the body are not touched by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("the item is not a JSON object")]
    NotAnObject,
    #[error("the item has no id")]
    NoId,
    #[error("the status has no status word")]
    NoStatus,
}

impl Unreadable {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnObject => "item_not_an_object",
            Self::NoId => "item_without_id",
            Self::NoStatus => "status_without_status",
        }
    }
}
