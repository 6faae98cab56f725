//! Proxies between the workers of a pipeline and everything they talk to. They must not come between the scenario itself, or
//! its observer, and the same things.

use super::{pipeline::Pipeline, proxy::Proxy};

pub struct Proxies {
    pub kafka: Proxy,
    pub registry: Proxy,
    pub graph: Proxy,
    pub objects: Proxy,
}

impl Proxies {
    /// Workers that are started from now on find nothing but these.
    pub async fn before(pipeline: &mut Pipeline, seed: u64) -> Self {
        let ways = &mut pipeline.ground.ways;
        let kafka = Proxy::before_broker(pipeline.ground.stack.via(), seed);
        ways.kafka = kafka.address.to_string();
        let (registry, url) = Proxy::before_url(&ways.registry, seed).await;
        ways.registry = url;
        let (graph, url) = Proxy::before_url(&ways.graph, seed).await;
        ways.graph = url;
        let store = ways.objects.as_ref().expect("a stack that is shared or proxied has a store");
        let (objects, url) = Proxy::before_url(store, seed).await;
        ways.objects = Some(url);
        Self { kafka, registry, graph, objects }
    }
}
