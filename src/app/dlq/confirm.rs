//! The question before many records are written. Decides nothing about them.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::ops::dlq::Report;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
}

/// Whether there is somebody to ask.
#[must_use]
pub fn possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks on standard error, so that a report can be piped. `report`: of a dry run.
#[must_use]
pub fn confirm(report: &Report) -> Answer {
    // a terminal that cannot be written to answers nothing either
    let _ = write!(io::stderr(), "{}: {report}. Go on? [y/N] ", report.stage);
    let _ = io::stderr().flush();
    let mut said = String::new();
    match io::stdin().lock().read_line(&mut said) {
        Ok(_) => read(&said),
        Err(_) => Answer::No,
    }
}

fn read(said: &str) -> Answer {
    match said.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Answer::Yes,
        _ => Answer::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one() {
        assert_eq!((read("y\n"), read(" YES \n")), (Answer::Yes, Answer::Yes));
        for no in ["", "\n", "n\n", "yep\n", "yes please\n"] {
            assert_eq!(read(no), Answer::No, "{no:?}");
        }
    }
}
