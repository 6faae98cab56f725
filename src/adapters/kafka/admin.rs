//! Topics of a real cluster: what there is, creating, setting. Compares nothing and decides nothing; `ops::topics` does.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use rdkafka::{
    ClientConfig,
    admin::{
        AdminClient, AdminOptions, AlterConfig, ConfigResource, ConfigSource, NewTopic, OwnedResourceSpecifier,
        ResourceSpecifier, TopicReplication,
    },
    client::DefaultClientContext,
    error::{KafkaError, RDKafkaErrorCode},
    metadata::Metadata,
};

const TIMEOUT: Duration = Duration::from_secs(20);
/// Between two looks for topics that were just created.
const LOOK: Duration = Duration::from_millis(100);

/// What a cluster has of the topics that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterState {
    pub brokers: usize,
    /// By physical name; an absent topic does not exist.
    pub topics: BTreeMap<String, TopicState>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TopicState {
    pub partitions: i32,
    /// The smallest of its partitions.
    pub replication: i32,
    /// Settings in force, whether set on the topic or inherited.
    pub settings: BTreeMap<String, String>,
}

/// A topic to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    pub name: String,
    pub partitions: i32,
    pub replication: i32,
    pub settings: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error("the Kafka client cannot be made: {0}")]
    Client(String),
    #[error("the cluster does not answer within {} s", TIMEOUT.as_secs())]
    Unreachable(#[source] KafkaError),
    #[error("topic {topic}: the cluster refuses: {code}")]
    Refused { topic: String, code: RDKafkaErrorCode },
    #[error("the cluster created topic {topic}, and does not list it after {} s", TIMEOUT.as_secs())]
    NotListed { topic: String },
    #[error("the waiting task was cancelled")]
    Cancelled(#[from] tokio::task::JoinError),
}

/// An administrator's connection to a cluster.
pub struct Admin {
    client: std::sync::Arc<AdminClient<DefaultClientContext>>,
}

impl Admin {
    /// `properties` go to librdkafka as they stand. Connects lazily: an unreachable cluster shows at the first call.
    ///
    /// # Errors
    /// A property that librdkafka does not know or take.
    pub fn connect(bootstrap_servers: &str, properties: &BTreeMap<String, String>) -> Result<Self, AdminError> {
        let mut config = ClientConfig::new();
        config.extend(properties.clone());
        config.set("bootstrap.servers", bootstrap_servers);
        Ok(Self {
            client: std::sync::Arc::new(config.create().map_err(|e| AdminError::Client(super::errors::creation(&e)))?),
        })
    }

    /// The brokers, and those of `names` that exist.
    ///
    /// # Errors
    /// The cluster does not answer, or does not let us describe a topic.
    pub async fn state(&self, names: &BTreeSet<String>) -> Result<ClusterState, AdminError> {
        let metadata = self.metadata().await?;
        let mut topics = existing(&metadata, names);
        for resource in self.describe(topics.keys()).await? {
            if let OwnedResourceSpecifier::Topic(name) = &resource.specifier
                && let Some(topic) = topics.get_mut(name)
            {
                topic.settings = in_force(&resource);
            }
        }
        Ok(ClusterState { brokers: metadata.brokers().len(), topics })
    }

    /// Creates one topic; one that exists by now is not an error.
    ///
    /// # Errors
    /// The cluster does not answer or refuses.
    pub async fn create(&self, creation: &Creation) -> Result<(), AdminError> {
        let mut topic =
            NewTopic::new(&creation.name, creation.partitions, TopicReplication::Fixed(creation.replication));
        for (key, value) in &creation.settings {
            topic = topic.set(key, value);
        }
        let results = self.client.create_topics([&topic], &options()).await.map_err(AdminError::Unreachable)?;
        for result in results {
            match result {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, code)) => return Err(AdminError::Refused { topic, code }),
            }
        }
        Ok(())
    }

    /// Waits until the cluster lists topics that it created: the controller's word comes before the brokers' knowledge.
    ///
    /// # Errors
    /// The cluster does not answer, or one of them is not listed in time.
    pub async fn listed(&self, names: &BTreeSet<String>) -> Result<(), AdminError> {
        let end = tokio::time::Instant::now() + TIMEOUT;
        loop {
            let there = existing(&self.metadata().await?, names);
            match names.iter().find(|name| !there.contains_key(*name)) {
                None => return Ok(()),
                Some(_) if tokio::time::Instant::now() < end => tokio::time::sleep(LOOK).await,
                Some(missing) => return Err(AdminError::NotListed { topic: missing.clone() }),
            }
        }
    }

    /// All topics are asked for: asking by name would create a missing one where the brokers allow that.
    async fn metadata(&self) -> Result<Metadata, AdminError> {
        let client = std::sync::Arc::clone(&self.client);
        let fetch = move || client.inner().fetch_metadata(None, TIMEOUT);
        tokio::task::spawn_blocking(fetch).await?.map_err(AdminError::Unreachable)
    }

    /// Changes settings of a topic and keeps its others. Kafka's request replaces all settings of a topic, so those that
    /// were set on it are read and sent again: two administrators at once can undo each other.
    ///
    /// # Errors
    /// The cluster does not answer or refuses.
    pub async fn set(&self, topic: &str, changes: &BTreeMap<String, String>) -> Result<(), AdminError> {
        let name = topic.to_owned();
        let mut all = BTreeMap::new();
        for resource in self.describe([&name]).await? {
            all.extend(own_settings(&resource));
        }
        all.extend(changes.clone());
        let mut alter = AlterConfig::new(ResourceSpecifier::Topic(topic));
        for (key, value) in &all {
            alter = alter.set(key, value);
        }
        let results = self.client.alter_configs([&alter], &options()).await.map_err(AdminError::Unreachable)?;
        for result in results {
            result.map_err(|(_, code)| AdminError::Refused { topic: name.clone(), code })?;
        }
        Ok(())
    }

    async fn describe(&self, names: impl IntoIterator<Item = &String>) -> Result<Vec<ConfigResource>, AdminError> {
        let names: Vec<&String> = names.into_iter().collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let specifiers: Vec<_> = names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
        let results = self.client.describe_configs(&specifiers, &options()).await.map_err(AdminError::Unreachable)?;
        let mut resources = Vec::with_capacity(results.len());
        for (name, result) in names.iter().zip(results) {
            let refused = |code| AdminError::Refused { topic: (*name).clone(), code };
            resources.push(result.map_err(refused)?);
        }
        Ok(resources)
    }
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(TIMEOUT)).operation_timeout(Some(TIMEOUT))
}

fn existing(metadata: &Metadata, names: &BTreeSet<String>) -> BTreeMap<String, TopicState> {
    let ours = metadata.topics().iter().filter(|topic| topic.error().is_none() && names.contains(topic.name()));
    ours.map(|topic| {
        let replication = topic.partitions().iter().map(|p| p.replicas().len()).min().unwrap_or_default();
        let state = TopicState {
            partitions: count(topic.partitions().len()),
            replication: count(replication),
            settings: BTreeMap::new(),
        };
        (topic.name().to_owned(), state)
    })
    .collect()
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn in_force(resource: &ConfigResource) -> BTreeMap<String, String> {
    let entries = resource.entries.iter();
    entries.filter_map(|entry| Some((entry.name.clone(), entry.value.clone()?))).collect()
}

/// Settings made on the topic itself; the others are inherited and must stay so.
fn own_settings(resource: &ConfigResource) -> BTreeMap<String, String> {
    let own = resource.entries.iter().filter(|entry| entry.source == ConfigSource::DynamicTopic);
    own.filter_map(|entry| Some((entry.name.clone(), entry.value.clone()?))).collect()
}
