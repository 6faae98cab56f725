//! The configuration as the components' own `Settings`. Decides nothing: every value was checked before.

use std::{num::NonZeroUsize, time::Duration};

use super::{Config, StateStore};
use crate::{
    adapters::{graph, kafka, objects, registry, store},
    domain::ledger::WaitTooShort,
    http::{receiver, signature},
    runtime::{partition::Limits, retry::RetryPlan, trip_wire, worker},
    stages::{ingress, media, ports::Accounts, router, sender},
    telemetry,
    wire::topics::{Layout, Profile, catalogue},
};

impl Config {
    /// Partition counts, queues and carriers of this installation.
    #[must_use]
    pub fn layout(&self, profile: Profile) -> Layout {
        let usual = catalogue().layout(profile);
        Layout {
            lanes: self.kafka.partitions.unwrap_or(usual.lanes),
            few: self.kafka.partitions_few.unwrap_or(usual.few),
            queues: self.routing.queues.clone(),
            carriers: self.routing.carriers.clone(),
        }
    }

    #[must_use]
    pub fn kafka_client(&self) -> kafka::Settings {
        kafka::Settings {
            bootstrap: self.kafka.bootstrap_servers.clone(),
            properties: self.kafka.properties.expose().clone(),
            transaction_timeout: self.kafka.transaction_timeout,
            session_timeout: self.kafka.session_timeout,
            assignor: self.kafka.assignor,
            ..kafka::Settings::default()
        }
    }

    #[must_use]
    pub fn worker(&self) -> worker::Settings {
        let limits = Limits {
            window: self.runtime.window.into(),
            parked_max: self.runtime.parked_max,
            window_bytes: self.runtime.window_bytes,
            parked_bytes_max: self.runtime.parked_bytes_max,
            patience_ms: i64::try_from(millis(self.runtime.patience)).unwrap_or(i64::MAX),
            retry: RetryPlan {
                base: self.retry.base,
                max: self.retry.max,
                attempts: self.retry.attempts,
                max_age: self.retry.max_age,
                ..RetryPlan::default()
            },
        };
        worker::Settings {
            limits,
            concurrency: self.runtime.concurrency,
            batch: self.runtime.batch,
            drain: self.runtime.drain_timeout,
            transaction_timeout: self.kafka.transaction_timeout,
            trip_wire: trip_wire::Plan {
                dead_letters: self.runtime.trip_dead_letters,
                share: self.runtime.trip_share,
                window: self.runtime.trip_window,
            },
        }
    }

    /// Where tables lie on disk, if they do.
    #[must_use]
    pub fn disk_stores(&self) -> Option<store::Settings> {
        match self.state.store {
            StateStore::Memory => None,
            StateStore::Disk => {
                Some(store::Settings { path: self.state.path.clone(), cache_bytes: self.state.cache_bytes })
            }
        }
    }

    #[must_use]
    pub fn receiver(&self) -> receiver::Settings {
        receiver::Settings {
            path: self.http.path.clone(),
            max_body_bytes: self.http.body_limit,
            read_deadline: self.http.read_deadline,
            publish_deadline: self.http.publish_deadline,
        }
    }

    #[must_use]
    pub fn registry(&self) -> registry::Settings {
        registry::Settings {
            basic_auth: self.registry.basic_auth.clone(),
            timeout: self.registry.timeout,
            ..registry::Settings::new(self.registry.urls.iter().map(ToString::to_string).collect())
        }
    }

    #[must_use]
    pub fn ingress_stage(&self) -> ingress::Settings {
        // the table of what was passed on grows with the time it covers
        let remembered = match self.state.store {
            StateStore::Memory => ingress::Settings::default().remembered,
            StateStore::Disk => Duration::from_secs(7 * 24 * 60 * 60),
        };
        ingress::Settings { keep_raw: self.ingress.keep_raw, remembered }
    }

    /// # Errors
    /// Never with values that this configuration let pass; the stage checks them itself.
    pub fn sender_stage(&self) -> Result<sender::Settings, WaitTooShort> {
        sender::Settings::new(sender::Values {
            intent_valid_ms: millis(self.sender.intent_valid),
            request_timeout_ms: millis(self.sender.request_timeout),
            in_doubt_wait_ms: millis(self.sender.in_doubt_wait),
            status_delay_ms: millis(self.sender.status_delay),
            messages_per_second: self.sender.messages_per_second,
            ..sender::Values::default()
        })
    }

    #[must_use]
    pub fn media_stage(&self) -> media::Settings {
        let parallel = NonZeroUsize::new(self.media.parallel).unwrap_or(NonZeroUsize::MIN);
        media::Settings { largest: self.media.max_bytes, parallel }
    }

    /// Whose webhooks are taken.
    #[must_use]
    pub fn signing_apps(&self) -> Vec<signature::App> {
        let signing = |app: &super::App| signature::App {
            name: app.name.clone(),
            secrets: app.secrets.clone(),
            verify_token: app.verify_token.clone(),
        };
        self.apps.iter().map(signing).collect()
    }

    #[must_use]
    pub fn known_accounts(&self) -> Accounts {
        Accounts::new(self.accounts.iter().map(|configured| configured.account.clone()))
    }

    #[must_use]
    pub fn template_rules(&self) -> router::Rules {
        let language = |configured: &super::AccountConfig| {
            Some((configured.account.alias.clone(), configured.template_language.clone()?))
        };
        router::Rules {
            require: self.templates.require,
            languages: self.accounts.iter().filter_map(language).collect(),
        }
    }

    /// With the tokens of all accounts.
    #[must_use]
    pub fn graph_client(&self) -> graph::Settings {
        let token = |configured: &super::AccountConfig| {
            Some((configured.account.phone_number_id.clone(), configured.token.clone()?))
        };
        graph::Settings {
            base_url: self.graph.base_url.as_ref().map(ToString::to_string).unwrap_or_default(),
            version: self.graph.api_version.clone(),
            connect_timeout: self.graph.connect_timeout,
            timeout: self.sender.request_timeout,
            download_timeout: self.graph.download_timeout,
            tokens: self.accounts.iter().filter_map(token).collect(),
            media_hosts: self.graph.media_hosts.clone(),
        }
    }

    /// An endpoint without TLS is meant as it is written.
    #[must_use]
    pub fn objects(&self) -> objects::Settings {
        objects::Settings {
            region: self.media.region.clone(),
            endpoint: self.media.endpoint.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()),
            allow_http: self.media.endpoint.as_ref().is_some_and(|url| url.scheme() == "http"),
            timeout: self.media.timeout,
            ..objects::Settings::new(self.media.store.clone())
        }
    }

    #[must_use]
    pub fn telemetry(&self) -> telemetry::Settings {
        telemetry::Settings {
            instance: self.instance.clone(),
            log_format: self.telemetry.log_format,
            log_filter: self.telemetry.log_filter.clone(),
            otlp_endpoint: self.telemetry.otlp_endpoint.as_ref().map(ToString::to_string),
            trace_ratio: self.telemetry.trace_ratio,
        }
    }
}

fn millis(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}
