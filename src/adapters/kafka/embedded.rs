//! librdkafka's mock cluster as the broker of `dev`: topics made here, nothing kept after the process.
//!
//! What it cannot do: no transactions to speak of (aborted records are visible, offsets sent in one are lost), no compaction,
//! no admin requests, 5 MiB a partition before the oldest records vanish.

use rdkafka::{
    ClientConfig,
    error::KafkaError,
    producer::{BaseProducer, Producer},
};

/// A broker in this process. Gone when dropped.
pub struct EmbeddedBroker {
    /// Owns the mock cluster.
    owner: BaseProducer,
    bootstrap: String,
}

impl EmbeddedBroker {
    /// Starts one broker on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When librdkafka cannot start it.
    pub fn start() -> Result<Self, KafkaError> {
        let owner: BaseProducer =
            ClientConfig::new().set("bootstrap.servers", "mock").set("test.mock.num.brokers", "1").create()?;
        no_initial_delay(&owner);
        let bootstrap = owner.client().mock_cluster().map(|c| c.bootstrap_servers()).unwrap_or_default();
        Ok(Self { owner, bootstrap })
    }

    #[must_use]
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap
    }

    /// Creates a topic.
    ///
    /// # Errors
    /// When it exists already.
    pub fn create_topic(&self, name: &str, partitions: i32) -> Result<(), KafkaError> {
        match self.owner.client().mock_cluster() {
            Some(cluster) => cluster.create_topic(name, partitions, 1),
            None => Ok(()),
        }
    }
}

/// The mock makes a new group wait 3 s before its first assignment, and no safe call changes that.
#[allow(unsafe_code)]
fn no_initial_delay(owner: &BaseProducer) {
    use rdkafka::bindings::{rd_kafka_handle_mock_cluster, rd_kafka_mock_group_initial_rebalance_delay_ms};
    // SAFETY: the producer owns the mock cluster and outlives both calls; a null cluster is not touched
    unsafe {
        let cluster = rd_kafka_handle_mock_cluster(owner.client().native_ptr());
        if !cluster.is_null() {
            rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0);
        }
    }
}
