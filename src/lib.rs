//! Joins the WhatsApp Business Cloud API to Apache Kafka.
//!
//! # The map
//!
//! ```text
//!                       Meta webhooks                                              Meta Graph API
//!                            │ POST (HMAC-SHA256)                                        ▲
//!                      ┌─────▼─────┐                                               ┌─────┴─────┐
//!                      │ receiver  │  200 only after the broker's ack              │  sender   │── whatsapp.status.events
//!                      └─────┬─────┘                                               └──▲─────▲──┘── whatsapp.sent.messages
//!         whatsapp.webhook.raw                             whatsapp.outbound.messages │     └── .send.receipts, .preferences
//!                      ┌─────▼─────┐                                               ┌──┴────────┐
//!                      │  ingress  │── whatsapp.inbound.messages ────────────────► │  router   │◄── omnichannel.send.commands(.json)
//!                      │           │── whatsapp.history, .sent.messages            │           │◄── whatsapp.templates
//!                      └─┬──┬──┬───┘── whatsapp.send.receipts, .preferences        └──┬─────┬──┘
//!                        │  │  │                                                      │     └──► omnichannel.outbound.<carrier>
//!                        │  │  └─ whatsapp.account.events ───────────┐                └────────► omnichannel.inbound.<queue>
//!                        │  └─ whatsapp.status.events ─┐             │
//!         whatsapp.media.requests                ┌─────▼─────┐ ┌─────▼─────┐
//!                      ┌─▼─────────┐             │  status   │ │ catalogue │── whatsapp.templates (compacted)
//!                      │   media   │             └─────┬─────┘ └───────────┘
//!                      └─────┬─────┘                   └── whatsapp.message.status (compacted)
//!                            └── whatsapp.media.stored
//! ```
//!
//! Where to start reading: [`runtime::stage`] says what a stage is, [`stages`] holds the six of them, [`runtime::worker`]
//! is the loop that runs one on Kafka, and [`http::receiver`] is where a webhook enters.
//!
//! Who may import whom (held by `tests/architecture.rs`):
//!
//! ```text
//! app → everything                      adapters → ports of stages, http and runtime; wire, domain, telemetry
//! http → wire, runtime, domain, telemetry    stages → wire, runtime, domain, telemetry
//! wire → runtime, domain                runtime → telemetry          domain → nothing          telemetry → nothing
//! simulator → wire, domain, adapters    ops → adapters, wire, runtime, domain, telemetry
//! ```

// a closed pipe makes these panic; what people read goes through `app::say`, what operators read through tracing
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod adapters;
pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod http;
pub mod ops;
pub mod runtime;
pub mod simulator;
pub mod stages;
pub mod telemetry;
pub mod wire;
