//! One run of a handler, from its record to its result. Knows no worker.

use std::time::Duration;

use crate::runtime::{
    entries::Cause,
    fault::{Fault, FaultKind},
    partition::Phase,
    record::Record,
    retry::QuickTries,
    stage::{Context, Emit, Stage},
};

/// Before the first quick try.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// A run: tried again in place for up to `quick` where its fault allows that.
pub(super) async fn attempt<S: Stage>(
    stage: &S,
    record: &Record,
    phase: &Phase,
    cx: &Context,
    quick: Duration,
) -> Result<Emit, Fault> {
    let mut tries: Option<QuickTries> = None;
    loop {
        let result = once(stage, record, phase, cx).await;
        if !result.as_ref().is_err_and(|fault| fault.kind == FaultKind::Transient && fault.quick) {
            return result;
        }
        match tries.get_or_insert_with(|| QuickTries::new(FIRST_PAUSE, quick)).next_pause() {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return result,
        }
    }
}

async fn once<S: Stage>(stage: &S, record: &Record, phase: &Phase, cx: &Context) -> Result<Emit, Fault> {
    match phase {
        Phase::Handle => {
            let input = stage.decode(record).await?;
            stage.handle(input, cx).await
        }
        Phase::Ending(cause) => stage.ending(record, &fault_of(cause), cx).await,
    }
}

/// The fault a cause was made from, as `ending` sees it.
fn fault_of(cause: &Cause) -> Fault {
    let kind = if cause.class == FaultKind::Transient.name() { FaultKind::Transient } else { FaultKind::Poison };
    let mut fault = Fault::new(kind, cause.code.clone()).because(cause.detail.clone());
    fault.scope.clone_from(&cause.scope);
    fault
}

pub(super) fn panicked(panic: &(dyn std::any::Any + Send)) -> Fault {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Fault::poison("panic").because(text.unwrap_or("the handler panicked").to_owned())
}
