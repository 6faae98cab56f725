//! A running simulator as another process speaks to it: the control routes, from the other end. Knows no table.

use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

use super::{
    events::Event,
    inbound::{Inbound, Written},
};

const PATIENCE: Duration = Duration::from_secs(10);

/// Nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("no simulator answers at {at}: start one (`simulator` or `dev`), or say where it is (--at, SIMULATOR_URL)")]
    Unreachable {
        at: Url,
        #[source]
        source: reqwest::Error,
    },
    #[error("{0}")]
    Refused(String),
    #[error("what answers at {0} is no simulator, or one of another version")]
    Strange(Url),
}

/// Speaks to the simulator at one address.
pub struct Client {
    at: Url,
    http: reqwest::Client,
}

impl Client {
    /// # Errors
    /// No HTTP client could be made.
    pub fn new(at: Url) -> reqwest::Result<Self> {
        Ok(Self { at, http: reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()? })
    }

    /// # Errors
    /// Nobody is there, or it cannot be simulated.
    pub async fn inbound(&self, inbound: &Inbound) -> Result<Written, ClientError> {
        self.post("_sim/inbound", inbound).await
    }

    /// # Errors
    /// Nobody is there, or it cannot be simulated.
    pub async fn event(&self, event: &Event) -> Result<(), ClientError> {
        self.post("_sim/events", event).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        let unreachable = |source| ClientError::Unreachable { at: self.at.clone(), source };
        let strange = || ClientError::Strange(self.at.clone());
        let url = self.at.join(path).map_err(|_| strange())?;
        let response = self.http.post(url).json(body).send().await.map_err(unreachable)?;
        let is_well = response.status().is_success();
        let answer = response.bytes().await.map_err(unreachable)?;
        let answer: Value =
            if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer).map_err(|_| strange())? };
        match answer["error"].as_str() {
            None if is_well => serde_json::from_value(answer).map_err(|_| strange()),
            None => Err(strange()),
            Some(why) => Err(ClientError::Refused(why.to_owned())),
        }
    }
}
