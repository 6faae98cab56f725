//! Every topic's physical name and size at hand: what the runtime asks for each record it publishes. Decides nothing.

use std::{collections::HashMap, sync::Arc};

use super::{Layout, Names, TopicSpec, catalogue};
use crate::runtime::topics::Directory;

/// The catalogue under an installation's names.
#[derive(Debug, Clone)]
pub struct TopicMap {
    names: Names,
    known: HashMap<String, Known>,
}

#[derive(Debug, Clone)]
struct Known {
    physical: Arc<str>,
    max_bytes: usize,
    partitions: i32,
}

impl TopicMap {
    #[must_use]
    pub fn new(names: Names, layout: &Layout) -> Self {
        let entry = |spec: TopicSpec| {
            let physical = names.physical(&spec.name).into();
            let max_bytes = catalogue().max_message_bytes(&spec.name);
            (spec.name, Known { physical, max_bytes, partitions: spec.partitions })
        };
        let known = catalogue().topics(layout).into_iter().map(entry).collect();
        Self { names, known }
    }
}

impl Directory for TopicMap {
    fn physical(&self, logical: &str) -> Arc<str> {
        self.known.get(logical).map_or_else(|| self.names.physical(logical).into(), |known| known.physical.clone())
    }

    fn max_bytes(&self, logical: &str) -> usize {
        self.known.get(logical).map_or_else(|| catalogue().max_message_bytes(logical), |known| known.max_bytes)
    }

    fn partitions(&self, logical: &str) -> Option<i32> {
        self.known.get(logical).map(|known| known.partitions)
    }

    fn group(&self, stage: &str) -> Arc<str> {
        self.names.group(stage).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::topics::{Profile, WEBHOOK_RAW};

    #[test]
    fn names_sizes_and_groups_carry_the_prefix() {
        let map = TopicMap::new(Names::new("a.", "b."), &catalogue().layout(Profile::Dev));
        assert_eq!(&*map.physical(WEBHOOK_RAW), "a.webhook.raw");
        assert_eq!(&*map.physical("omnichannel.outbound.unheard"), "b.outbound.unheard");
        assert_eq!(&*map.group("sender"), "a.sender");
        assert_eq!(map.max_bytes(WEBHOOK_RAW), 4 << 20);
    }
}
