//! Meaning meets mechanism: ingress, router, sender, media, status. Each returns data; none knows Kafka, HTTP or a file.

pub mod ingress;
pub mod media;
pub mod ports;
pub mod router;
pub mod sender;
pub mod status;
mod telling;
