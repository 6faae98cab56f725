//! What a topic is besides its records: its id, and how long it keeps tombstones. Asked once per assignment, by blocking
//! calls of a bounded time. Decides nothing.

use std::{
    ffi::{CStr, CString},
    ptr,
    sync::Arc,
    time::Duration,
};

use rdkafka::{
    admin::{AdminClient, AdminOptions, ResourceSpecifier},
    bindings as rd,
    client::DefaultClientContext,
    consumer::Consumer,
};

use super::{QUERY, Surveyor};
use crate::{
    adapters::kafka::{Settings, errors},
    runtime::log::{LogError, Nature},
};

const TOMBSTONES: &str = "delete.retention.ms";

/// Asks. Its client for configurations is made when it is first needed.
#[derive(Default)]
pub(super) struct Naturalist {
    admin: Option<AdminClient<DefaultClientContext>>,
}

impl Naturalist {
    pub fn describe(&mut self, surveyor: &Surveyor, settings: &Settings, topic: &str) -> Result<Nature, LogError> {
        let name = CString::new(topic).map_err(|_| LogError::Stop(format!("topic name {topic:?} has a zero byte")))?;
        let id = id_of(surveyor, &name, QUERY)?;
        Ok(Nature { id, tombstones_kept_ms: self.tombstones_kept_ms(settings, topic)? })
    }

    fn tombstones_kept_ms(&mut self, settings: &Settings, topic: &str) -> Result<Option<i64>, LogError> {
        let admin = match &self.admin {
            Some(admin) => admin,
            None => {
                let made = settings.surveyor().create().map_err(|e| LogError::Stop(errors::creation(&e)))?;
                self.admin.insert(made)
            }
        };
        let resource = ResourceSpecifier::Topic(topic);
        let options = AdminOptions::new().request_timeout(Some(QUERY));
        let asked = admin.describe_configs([&resource], &options);
        let answers = futures::executor::block_on(asked).map_err(|e| errors::query(&e))?;
        let found = match answers.into_iter().next() {
            Some(Ok(found)) => found,
            // then no store is gone on from
            Some(Err(code)) if errors::is_denied(code) => return Ok(None),
            Some(Err(code)) => return Err(LogError::Retriable(format!("settings of topic {topic}: {code}"))),
            None => return Ok(None),
        };
        Ok(found.get(TOMBSTONES).and_then(|entry| entry.value.as_ref()).and_then(|ms| ms.parse().ok()))
    }
}

/// The topic's id in text; `None` where the broker has none. The Rust client has no call for it.
#[allow(unsafe_code)]
fn id_of(surveyor: &Surveyor, topic: &CStr, limit: Duration) -> Result<Option<Arc<str>>, LogError> {
    let client = surveyor.client().native_ptr();
    let ms = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: `client` lives as long as `surveyor`; what is made here is destroyed here, after its last use; librdkafka
    // copies the names and options before the call returns; the event owns all that `read_id` looks at
    unsafe {
        let queue = rd::rd_kafka_queue_new(client);
        let options = rd::rd_kafka_AdminOptions_new(client, rd::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS);
        rd::rd_kafka_AdminOptions_set_request_timeout(options, ms, ptr::null_mut(), 0);
        let mut names = [topic.as_ptr()];
        let topics = rd::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len());
        rd::rd_kafka_DescribeTopics(client, topics, options, queue);
        rd::rd_kafka_TopicCollection_destroy(topics);
        rd::rd_kafka_AdminOptions_destroy(options);
        let event = rd::rd_kafka_queue_poll(queue, ms.saturating_mul(2));
        let id = read_id(event);
        if !event.is_null() {
            rd::rd_kafka_event_destroy(event);
        }
        rd::rd_kafka_queue_destroy(queue);
        id.map_err(|reason| LogError::Retriable(format!("topic {}: {reason}", topic.to_string_lossy())))
    }
}

/// # Safety
/// `event` is null or a live event.
#[allow(unsafe_code)]
unsafe fn read_id(event: *mut rd::rd_kafka_event_t) -> Result<Option<Arc<str>>, String> {
    // SAFETY: pointers into the event are read while it lives; each is checked for null before it is followed
    unsafe {
        if event.is_null() {
            return Err("the broker does not say what it is".to_owned());
        }
        let code = rd::rd_kafka_event_error(event);
        if code != rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            return Err(rdkafka::types::RDKafkaErrorCode::from(code).to_string());
        }
        let result = rd::rd_kafka_event_DescribeTopics_result(event);
        let mut count = 0;
        let topics = if result.is_null() {
            ptr::null_mut()
        } else {
            rd::rd_kafka_DescribeTopics_result_topics(result, &raw mut count)
        };
        if topics.is_null() || count == 0 {
            return Ok(None);
        }
        let code = rd::rd_kafka_error_code(rd::rd_kafka_TopicDescription_error(*topics));
        if code != rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            return Err(rdkafka::types::RDKafkaErrorCode::from(code).to_string());
        }
        let id = rd::rd_kafka_TopicDescription_topic_id(*topics);
        if id.is_null()
            || (rd::rd_kafka_Uuid_most_significant_bits(id), rd::rd_kafka_Uuid_least_significant_bits(id)) == (0, 0)
        {
            return Ok(None);
        }
        let text = rd::rd_kafka_Uuid_base64str(id);
        Ok((!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into()))
    }
}
