//! Standard output and standard error, for people and pipes. A reader that has gone (`… | head -1`) is no failure: the
//! command goes on, and its exit code speaks of its own work. Formats nothing.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

/// A line of a command's result.
pub fn say(line: impl Display) {
    // nobody is left to be told
    let _ = writeln!(io::stdout(), "{line}");
}

/// Text that ends its own lines.
pub fn say_all(text: impl Display) {
    let _ = write!(io::stdout(), "{text}");
}

/// Why there is no result.
pub fn complain(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}
