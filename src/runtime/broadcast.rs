//! A table that every process keeps whole, as a compacted topic says it. Somebody else reads the topic; what a record of it
//! means is said here by whoever keeps the table.

/// One such table, shared with its readers.
pub trait Broadcast: Send + Sync {
    /// All that the topic says.
    type Table: Default;

    /// One record into a table that is not in force yet; `None` takes back what its key says. False where it says nothing
    /// to this release.
    ///
    /// # Errors
    /// Why it cannot be read now; the topic is read anew.
    fn put(&self, table: &mut Self::Table, key: &str, value: Option<&[u8]>) -> Result<bool, String>;

    /// All of the topic was read.
    fn replace(&self, table: Self::Table);

    /// One more record of it.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    fn apply(&self, key: &str, value: Option<&[u8]>) -> Result<bool, String>;

    /// The topic cannot be read. What is known stays in force.
    fn unreadable(&self, why: &str);
}
