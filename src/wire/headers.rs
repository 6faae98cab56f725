//! Names of the headers our own records carry beside those of CloudEvents. Values are untrusted bytes.

/// The command a record belongs to, for when its value cannot be read.
pub const COMMAND_ID: &str = "command-id";
/// A question to ingress, and its answers: which one.
pub const PROBE: &str = "probe";
/// A question's: the sender's partition, where the answer belongs.
pub const REPLY_PARTITION: &str = "reply-partition";
/// An answer's: the partition of the webhook topic that gave it.
pub const RAW_PARTITION: &str = "raw-partition";
/// An answer's: how many older records of that partition are not dealt with.
pub const OUTSTANDING: &str = "outstanding";
/// Takes a record out of its key's lane.
pub const UNORDERED: &str = "x-unordered";
