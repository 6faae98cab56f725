//! How far a run is, on a terminal; nothing anywhere else.

use indicatif::{ProgressBar, ProgressStyle};

use crate::ops::dlq::Progress;

pub struct Bar(ProgressBar);

impl Bar {
    /// Draws to standard error, and only if that is a terminal.
    pub fn new() -> Self {
        let bar = ProgressBar::no_length();
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta}");
        Self(match style {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }

    pub fn show(&self, progress: Progress) {
        self.0.set_length(u64::try_from(progress.of).unwrap_or(u64::MAX));
        self.0.set_position(u64::try_from(progress.done).unwrap_or(u64::MAX));
    }

    pub fn end(&self) {
        self.0.finish_and_clear();
    }
}
