//! A TCP proxy before one server, whose mode a scenario switches while connections are open: what a network does to a worker.
//! It must not read what passes, but for the API that a Kafka request calls.

mod calls;
mod connection;
#[cfg(test)]
mod tests;

use std::{net::SocketAddr, time::Duration};

use rand::{SeedableRng, rngs::StdRng};
use tokio::{net::TcpListener, sync::watch};

use self::connection::Connection;
use super::stack::Via;

/// What becomes of connections, those that are open and those that come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Pass,
    /// Whatever arrives goes on so much later, and up to `jitter` more.
    Delay {
        least: Duration,
        jitter: Duration,
    },
    /// In each direction of each connection.
    Slow {
        bytes_per_s: usize,
    },
    /// Open ones are closed, new ones too, at once.
    Cut,
    /// Everybody is let in, nothing is passed on, nobody is answered: a machine that has lost its power.
    HalfOpen,
    /// What goes this way is lost, the other way is open.
    Mute(Way),
    /// A connection is closed by the first request that calls one of these Kafka APIs; all else passes.
    Without(&'static [i16]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Requests,
    Answers,
}

/// What a member tells the coordinator of its group: joining, heartbeats, leaving, syncing. Committing offsets is not among it.
pub const MEMBERSHIP: &[i16] = &[11, 12, 13, 14];

impl Mode {
    /// Bytes are missing on a connection that was open meanwhile, so it cannot go on afterwards.
    fn loses(self) -> bool {
        match self {
            Self::HalfOpen | Self::Mute(_) => true,
            Self::Pass | Self::Delay { .. } | Self::Slow { .. } | Self::Cut | Self::Without(_) => false,
        }
    }
}

/// Its connections end with it, at the latest with the runtime of whoever made it.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    mode: watch::Sender<Mode>,
}

impl Proxy {
    /// Before the server at this address. Jitter follows from the seed.
    pub async fn before(server: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self::start(listener, server, seed)
    }

    /// Before the server of this URL, and the URL that leads through it.
    pub async fn before_url(url: &str, seed: u64) -> (Self, String) {
        let mut url: url::Url = url.parse().expect("a URL");
        let server = url.socket_addrs(|| None).expect("an address")[0];
        let proxy = Self::before(server, seed).await;
        url.set_port(Some(proxy.address.port())).expect("it has a host");
        (proxy, url.as_str().trim_end_matches('/').to_owned())
    }

    /// Before a broker, whose clients find no other way.
    pub fn before_broker(via: Via, seed: u64) -> Self {
        via.listener.set_nonblocking(true).expect("a socket");
        Self::start(TcpListener::from_std(via.listener).expect("it listens"), via.server, seed)
    }

    fn start(listener: TcpListener, server: SocketAddr, seed: u64) -> Self {
        let address = listener.local_addr().expect("it is bound");
        let (mode, switched) = watch::channel(Mode::Pass);
        tokio::spawn(accept(listener, server, switched, seed));
        Self { address, mode }
    }

    /// From now on.
    pub fn set(&self, mode: Mode) {
        self.mode.send_if_modified(|current| std::mem::replace(current, mode) != mode);
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, mut mode: watch::Receiver<Mode>, seed: u64) {
    for number in 0.. {
        let client = loop {
            tokio::select! {
                biased;
                switched = mode.changed() => if switched.is_err() { return },
                accepted = listener.accept() => if let Ok((client, _)) = accepted { break client },
            }
        };
        let dice = StdRng::seed_from_u64(seed.wrapping_add(number));
        tokio::spawn(Connection { client, server, mode: mode.clone(), dice }.serve());
    }
}
