//! What is wrong with a configuration: every mistake at once, so that an operator corrects them in one go. Never carries
//! a secret's text.

use std::fmt;

/// One thing to correct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// A key, a variable or a flag.
    pub key: String,
    pub problem: String,
    pub fix: String,
}

impl Mistake {
    #[must_use]
    pub fn new(key: impl Into<String>, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { key: key.into(), problem: problem.into(), fix: fix.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n    fix: {}", self.key, self.problem, self.fix)
    }
}

/// All of them; never empty.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl std::error::Error for Mistakes {}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0.len() == 1 { "" } else { "s" };
        writeln!(f, "{} mistake{plural} in the configuration:", self.0.len())?;
        self.0.iter().try_for_each(|mistake| writeln!(f, "  {mistake}"))
    }
}
