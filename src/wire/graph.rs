//! Meta's Graph API as JSON: requests out of commands, answers and errors back into meaning. Opens no connection.

mod check;
pub mod fault;
pub mod limits;
pub mod refusal;
pub mod request;
pub mod response;
pub mod stated;
