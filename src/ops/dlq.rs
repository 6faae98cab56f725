//! `dlq`: dead letters of a stage listed, shown, replayed and discarded. Nothing is deleted: what became of a letter is an
//! act on `whatsapp.ops.audit`, and a replay and its act are written together or not at all. So whoever reads that topic
//! knows which letters are open, and a run that was killed goes on where it was.

mod desk;
mod filter;
mod letter;
mod marks;
mod mask;
mod order;
mod pace;
mod report;
mod run;
mod shown;
mod verdict;
mod view;

pub use self::{
    desk::{Desk, DlqError, Found},
    filter::{Filter, Place, State, When},
    letter::{Letter, Origins},
    marks::{DISCARD, Mark, Marks, REPLAY},
    order::{Order, Progress},
    pace::Rate,
    report::{End, Report},
    shown::Shown,
    verdict::{Action, Limits, Refusal, Verdict, verdict},
    view::{HEAD, json, line},
};
