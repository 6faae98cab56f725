//! The templates of every account, as `whatsapp.templates` says them: one table of the process, which the router asks before
//! a template is sent. Somebody else reads the topic; until it was read once nobody may trust the table.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use tokio::runtime::Handle;

use crate::{
    runtime::{Fault, FaultKind, broadcast::Broadcast},
    wire::{
        codec::Codec,
        records::TemplateState,
        template::{Shape, key},
    },
};

/// A template, and what a send of it must give.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub state: TemplateState,
    /// `None`: its components are not known.
    pub shape: Option<Shape>,
}

impl From<TemplateState> for Known {
    fn from(state: TemplateState) -> Self {
        let components = serde_json::from_str(&state.components_json).unwrap_or_default();
        let shape = Shape::of(&components, &state.parameter_format, &state.category);
        Self { state, shape }
    }
}

/// By the key of the topic.
pub type Table = BTreeMap<String, Arc<Known>>;

/// The table, shared. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Templates(Arc<RwLock<State>>);

#[derive(Debug, Default)]
struct State {
    /// Why the topic has not been read yet, as far as that is known.
    unread: Option<String>,
    table: Table,
}

impl Templates {
    /// Of a process that has not read the topic yet. (The default of a test is a topic in which nothing lies.)
    #[must_use]
    pub fn unread() -> Self {
        let why = "the topic is being read".to_owned();
        Self(Arc::new(RwLock::new(State { unread: Some(why), table: Table::new() })))
    }

    /// Why nothing can be said yet.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).unread.clone()
    }

    /// Every language of a template.
    #[must_use]
    pub fn of(&self, waba_id: &str, name: &str) -> Vec<Arc<Known>> {
        let (state, prefix) = (self.0.read().unwrap_or_else(PoisonError::into_inner), key(waba_id, name, ""));
        let from = state.table.range(prefix.clone()..);
        from.take_while(|(key, _)| key.starts_with(&prefix)).map(|(_, known)| known.clone()).collect()
    }

    /// All of the topic was read.
    pub fn replace(&self, table: Table) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = State { unread: None, table };
    }

    fn set(&self, key: &str, known: Option<Known>) {
        set(&mut self.0.write().unwrap_or_else(PoisonError::into_inner).table, key, known);
    }

    fn unreadable(&self, why: &str) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if state.unread.is_some() {
            state.unread = Some(why.to_owned());
        }
    }
}

fn set(table: &mut Table, key: &str, known: Option<Known>) {
    match known {
        Some(known) => table.insert(key.to_owned(), Arc::new(known)),
        None => table.remove(key),
    };
}

/// Records of the topic into the table, on a thread of their own: decoding may have to ask the registry.
pub struct TemplateReader {
    templates: Templates,
    codec: Codec,
    tasks: Handle,
}

impl TemplateReader {
    #[must_use]
    pub fn new(templates: Templates, codec: Codec, tasks: Handle) -> Self {
        Self { templates, codec, tasks }
    }

    /// `None`: a record of another release.
    fn read(&self, value: Option<&[u8]>) -> Result<Option<Option<Known>>, String> {
        let Some(value) = value else { return Ok(Some(None)) };
        match self.tasks.block_on(self.codec.decode::<TemplateState>(value)) {
            Ok(state) => Ok(Some(Some(state.into()))),
            Err(Fault { kind: FaultKind::Poison, .. }) => Ok(None),
            Err(not_now) => Err(not_now.to_string()),
        }
    }
}

impl Broadcast for TemplateReader {
    type Table = Table;

    fn put(&self, table: &mut Table, key: &str, value: Option<&[u8]>) -> Result<bool, String> {
        Ok(self.read(value)?.map(|known| set(table, key, known)).is_some())
    }

    fn replace(&self, table: Table) {
        self.templates.replace(table);
    }

    fn apply(&self, key: &str, value: Option<&[u8]>) -> Result<bool, String> {
        Ok(self.read(value)?.map(|known| self.templates.set(key, known)).is_some())
    }

    fn unreadable(&self, why: &str) {
        self.templates.unreadable(why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        runtime::memory::ManualClock,
        wire::{
            registry::LocalIds,
            topics::{Names, TEMPLATES},
        },
    };

    fn state(name: &str, language: &str) -> TemplateState {
        TemplateState {
            waba_id: "100".into(),
            name: name.into(),
            language: language.into(),
            ..TemplateState::default()
        }
    }

    fn languages(templates: &Templates, name: &str) -> Vec<String> {
        templates.of("100", name).iter().map(|known| known.state.language.clone()).collect()
    }

    #[test]
    fn the_topic_is_the_table_and_nothing_is_known_before_it_was_read() {
        let tasks = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let codec = Codec::new(Names::default(), Arc::new(LocalIds::default()), Arc::new(ManualClock::default()));
        let value = |state: &TemplateState| tasks.block_on(codec.encode(TEMPLATES, state)).expect("encodable");
        let templates = Templates::unread();
        let reader = TemplateReader::new(templates.clone(), codec.clone(), tasks.handle().clone());
        let mut table = Table::new();
        for (key, state) in [("100/order/de", state("order", "de")), ("100/orders/fr", state("orders", "fr"))] {
            assert_eq!(reader.put(&mut table, key, Some(&value(&state))), Ok(true));
        }
        reader.unreadable("no broker");
        assert_eq!(templates.missing().as_deref(), Some("no broker"));
        reader.replace(table);
        assert_eq!(templates.missing(), None);
        reader.unreadable("no broker");
        assert_eq!((templates.missing(), languages(&templates, "order")), (None, vec!["de".to_owned()]));
        assert_eq!(reader.apply("100/order/en", Some(&value(&state("order", "en")))), Ok(true));
        assert_eq!(languages(&templates, "order"), ["de", "en"]);
        assert_eq!(reader.apply("100/order/de", None), Ok(true));
        assert_eq!(reader.apply("100/order/en", Some(b"not avro")), Ok(false), "what was known stays");
        assert_eq!(languages(&templates, "order"), ["en"]);
    }
}
