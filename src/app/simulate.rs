//! `simulator`: Meta's side alone, for a worker that runs elsewhere. It has the numbers and secrets of the configuration,
//! which therefore may be the worker's own. Or what happens on one that runs already.

mod acts;

use std::net::SocketAddr;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Ended, say::say_all, stand_in};
use crate::{
    cli::simulator::Simulator,
    config::Config,
    simulator::{self, Settings},
};

/// Serves until SIGTERM or SIGINT, or does what was asked of another.
pub async fn run(arguments: Simulator, given: &Config, stop: CancellationToken) -> anyhow::Result<Ended> {
    match arguments.act {
        Some(act) => acts::run(act).await,
        None => serve(&arguments, given, stop).await,
    }
}

async fn serve(arguments: &Simulator, given: &Config, stop: CancellationToken) -> anyhow::Result<Ended> {
    let mut config = given.clone();
    stand_in::fill(&mut config);
    let settings = stand_in::simulator(&config, Some(arguments.webhook.to_string()));
    let at = arguments.listen;
    let listener = TcpListener::bind(at).await.with_context(|| format!("cannot listen on {at}"))?;
    say_all(page(listener.local_addr()?, arguments, &config, given));
    let settings = Settings { seed: arguments.seed, ..settings };
    let (_, serving) = simulator::serve(listener, settings, stop.cancelled_owned())?;
    serving.await?;
    Ok(Ended::Well)
}

/// Where it is, and what a worker needs to take it for Meta.
fn page(at: SocketAddr, arguments: &Simulator, config: &Config, given: &Config) -> String {
    let mut text = format!(
        "The simulator listens on http://{at} and posts webhooks to {}.

A worker takes it for Meta with graph.base_url (GRAPH_BASE_URL), the same numbers and the same secrets:

",
        arguments.webhook
    );
    text += &stand_in::export("GRAPH_BASE_URL", &format!("http://{at}"));
    if config.accounts.len() == 1 && config.apps.len() == 1 {
        text += &stand_in::exports(config, given);
    }
    if !(given.accounts.is_empty() && given.apps.is_empty()) {
        text += "# and the configuration this was started with: what is secret in it is not shown\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, path::Path};

    use super::*;
    use crate::config::{Needs, Sources, load};

    fn told(env: &[(&str, &str)]) -> String {
        let env: BTreeMap<_, _> = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let read = |_: &Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
        let sources = Sources { flags: Vec::new(), defaults: &[], env, file: None, read: &read };
        let given = load(&sources, Needs::default(), 1).expect("no mistake").config;
        let mut config = given.clone();
        stand_in::fill(&mut config);
        let webhook = "http://127.0.0.1:8080/webhooks/whatsapp".parse().expect("a URL");
        let at = SocketAddr::from(([127, 0, 0, 1], 8090));
        page(at, &Simulator { listen: at, webhook, seed: 1, act: None }, &config, &given)
    }

    #[test]
    fn without_a_configuration_everything_a_worker_needs_is_told() {
        insta::assert_snapshot!(told(&[]));
    }

    #[test]
    fn a_configured_secret_is_used_and_not_told() {
        let env = [
            ("WHATSAPP_BUSINESS_ACCOUNT_ID", "1001"),
            ("WHATSAPP_PHONE_NUMBER_ID", "2002"),
            ("WHATSAPP_ACCESS_TOKEN", "hunter2"),
        ];
        insta::assert_snapshot!(told(&env));
    }
}
