//! Meaning meets mechanism: ingress, router, sender, media, status, catalogue. Each returns data; none knows Kafka, HTTP or a file.

pub mod catalogue;
pub mod ingress;
pub mod media;
pub mod ports;
pub mod router;
pub mod sender;
pub mod status;
mod telling;
pub mod templates;
