//! The contract ring: schemas, types, examples, codec and registry agree. No broker; registries on 127.0.0.1 only.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and its clients face this process alone"
)]

#[path = "contract/codec.rs"]
mod codec;
#[path = "contract/examples.rs"]
mod examples;
#[path = "contract/frozen.rs"]
mod frozen;
#[path = "contract/json_schema.rs"]
mod json_schema;
#[path = "meta/openapi.rs"]
mod meta;
#[path = "contract/openapi.rs"]
mod openapi;
#[path = "contract/registry.rs"]
mod registry;
#[path = "contract/released.rs"]
mod released;
#[path = "contract/rules.rs"]
mod rules;
#[path = "contract/sends.rs"]
mod sends;
#[path = "contract/support.rs"]
mod support;
#[path = "contract/topics.rs"]
mod topics;
#[path = "contract/types.rs"]
mod types;
