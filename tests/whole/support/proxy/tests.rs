//! The proxy itself, before a server that echoes.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::{MEMBERSHIP, Mode, Proxy, Way, calls::Calls};

const SOON: Duration = Duration::from_secs(5);
/// So long nothing comes: nothing will.
const SILENCE: Duration = Duration::from_millis(150);

async fn echo() -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let server = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = client.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    Proxy::before(server, 7).await
}

/// What comes back.
#[derive(Debug, PartialEq)]
enum Back {
    Echo,
    Nothing,
    End,
}

struct Client(TcpStream);

impl Client {
    async fn of(proxy: &Proxy) -> Self {
        Self(TcpStream::connect(proxy.address).await.expect("it listens"))
    }

    async fn says(&mut self, words: &[u8]) -> Back {
        if self.0.write_all(words).await.is_err() {
            return Back::End;
        }
        let mut back = vec![0; words.len()];
        match timeout(SILENCE, self.0.read_exact(&mut back)).await {
            Ok(Ok(_)) => Back::Echo,
            Ok(Err(_)) => Back::End,
            Err(_) => Back::Nothing,
        }
    }
}

#[tokio::test]
async fn what_passes_comes_back_and_what_is_cut_ends() {
    let proxy = echo().await;
    let mut client = Client::of(&proxy).await;
    assert_eq!(client.says(b"one").await, Back::Echo);
    proxy.set(Mode::Cut);
    assert_eq!(client.says(b"two").await, Back::End);
    assert_eq!(Client::of(&proxy).await.says(b"three").await, Back::End);
    proxy.set(Mode::Pass);
    assert_eq!(Client::of(&proxy).await.says(b"four").await, Back::Echo);
}

#[tokio::test]
async fn a_half_open_server_takes_everything_and_answers_nobody_until_it_is_back() {
    let proxy = echo().await;
    let mut old = Client::of(&proxy).await;
    assert_eq!(old.says(b"one").await, Back::Echo);
    proxy.set(Mode::HalfOpen);
    let mut new = Client::of(&proxy).await;
    for client in [&mut old, &mut new] {
        assert_eq!(client.says(b"two").await, Back::Nothing);
    }
    proxy.set(Mode::Pass);
    for client in [&mut old, &mut new] {
        assert_eq!(client.says(b"three").await, Back::End, "what was swallowed is missing");
    }
}

/// The server is a client here, so that each side sees what the other got.
#[tokio::test]
async fn one_direction_is_cut_and_the_other_is_not() {
    for (muted, to_server, to_client) in [(Way::Answers, true, false), (Way::Requests, false, true)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let proxy = Proxy::before(listener.local_addr().expect("it is bound"), 7).await;
        proxy.set(Mode::Mute(muted));
        let mut client = TcpStream::connect(proxy.address).await.expect("it listens");
        let (mut server, _) = listener.accept().await.expect("the proxy connects");
        for (from, to, arrives) in [(0, 1, to_server), (1, 0, to_client)] {
            let ends = [&mut client, &mut server];
            ends[from].write_all(b"word").await.expect("it is open");
            let heard = timeout(SILENCE, ends[to].read_u32()).await;
            assert_eq!(heard.is_ok(), arrives, "{muted:?}");
        }
    }
}

#[tokio::test]
async fn a_delay_takes_its_time_and_its_jitter_follows_from_the_seed() {
    let proxy = echo().await;
    let mut client = Client::of(&proxy).await;
    proxy.set(Mode::Delay { least: SILENCE, jitter: Duration::ZERO });
    assert_eq!(client.says(b"one").await, Back::Nothing, "twice the delay is longer than the silence");
    let began = Instant::now();
    let mut late = [0; 3];
    timeout(SOON, client.0.read_exact(&mut late)).await.expect("it comes").expect("it is open");
    assert_eq!(&late, b"one");
    assert!(began.elapsed() < 3 * SILENCE);
}

#[tokio::test]
async fn a_slow_connection_passes_so_many_bytes_a_second() {
    let proxy = echo().await;
    let mut client = Client::of(&proxy).await;
    proxy.set(Mode::Slow { bytes_per_s: 2_000 });
    let began = Instant::now();
    client.0.write_all(&[7; 400]).await.expect("it is open");
    let mut back = [0; 400];
    timeout(SOON, client.0.read_exact(&mut back)).await.expect("it comes").expect("it is open");
    let took = began.elapsed();
    // each way takes 200 ms, the second beginning with the first step of the first
    assert!(took >= Duration::from_millis(200) && took < SOON / 2, "{took:?}");
}

#[tokio::test]
async fn without_an_api_its_requests_end_their_connection_and_others_pass() {
    let proxy = echo().await;
    proxy.set(Mode::Without(MEMBERSHIP));
    let (heartbeat, produce) = (request(12, 3), request(0, 30));
    let mut client = Client::of(&proxy).await;
    assert_eq!(client.says(&produce).await, Back::Echo);
    assert_eq!(client.says(&[produce.clone(), heartbeat.clone()].concat()).await, Back::End);
    proxy.set(Mode::Pass);
    assert_eq!(Client::of(&proxy).await.says(&heartbeat).await, Back::Echo);
}

#[test]
fn calls_are_found_however_their_bytes_come() {
    let stream = [request(11, 0), request(28, 400), request(3, 2), request(12, 0)].concat();
    for size in [1, 2, 5, 6, 7, 100, 1_000] {
        let mut calls = Calls::default();
        let called: Vec<i16> = stream.chunks(size).flat_map(|chunk| calls.in_chunk(chunk)).collect();
        assert_eq!(called, [11, 28, 3, 12], "in chunks of {size}");
    }
}

/// A request to this API with so many bytes behind its key.
fn request(api: i16, behind: usize) -> Vec<u8> {
    let size = u32::try_from(2 + behind).expect("it is small");
    [&size.to_be_bytes()[..], &api.to_be_bytes(), &vec![0xee; behind]].concat()
}
