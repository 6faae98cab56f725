//! Which commands have a handler at this moment, in this process. Commands without order share no lane, so two records of
//! one id could otherwise both find no entry and both be sent. Remembers nothing beyond the handler.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

#[derive(Debug, Clone, Default)]
pub(super) struct Flights(Arc<Mutex<HashSet<String>>>);

/// Held while a command is being handled.
#[derive(Debug)]
pub(super) struct Flight {
    all: Flights,
    command_id: String,
}

impl Flights {
    /// `None` while another handler has the command.
    pub(super) fn enter(&self, command_id: &str) -> Option<Flight> {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.insert(command_id.to_owned()).then(|| Flight { all: self.clone(), command_id: command_id.to_owned() })
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.command_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_one_handler_at_a_time() {
        let flights = Flights::default();
        let first = flights.enter("c1").expect("free");
        assert!(flights.enter("c1").is_none());
        assert!(flights.enter("c2").is_some());
        drop(first);
        assert!(flights.enter("c1").is_some());
    }
}
