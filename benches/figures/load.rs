//! The load generator, a process of its own: the same webhook over 64 kept connections, as fast as answers come. Must not
//! do more per request than it has to: it shares the machine with what it measures.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::ground;

pub const CONNECTIONS: usize = 64;
/// Not counted.
pub const WARM_UP: Duration = Duration::from_secs(1);

/// What one run of the generator saw.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

/// A kept HTTP/1.1 connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a TCP option");
        Self { stream, buffer: Vec::with_capacity(1024) }
    }

    /// Sends `request` and reads the whole answer, which must be a 200.
    pub async fn post(&mut self, request: &[u8]) {
        self.stream.write_all(request).await.expect("the server reads");
        self.buffer.clear();
        while !whole(&self.buffer) {
            let read = self.stream.read_buf(&mut self.buffer).await.expect("the server answers");
            assert!(read > 0, "the server closed the connection");
        }
        assert!(self.buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&self.buffer));
    }
}

/// Head and as much body as its content-length says.
fn whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|w| w == b"\r\n\r\n") else { return false };
    let text = std::str::from_utf8(&answer[..head]).expect("heads are ASCII");
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("no chunks here");
    answer.len() >= head + 4 + length.parse::<usize>().expect("a number")
}

/// The generator's process: prints `<per second> <p50 ms> <p99 ms>`.
pub fn run(address: &str, path: &str, seconds: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let load = runtime.block_on(generate(address, path, Duration::from_secs(seconds)));
    println!("{} {} {}", load.per_second, load.p50_ms, load.p99_ms);
}

async fn generate(address: &str, path: &str, lasts: Duration) -> Load {
    let request = ground::request(path, &ground::webhook("wamid.FIGURES"));
    let begin = Instant::now() + WARM_UP;
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (address, request) = (address.to_owned(), request.clone());
        connections.spawn(async move {
            let mut connection = Connection::open(&address).await;
            let mut took = Vec::new();
            loop {
                let sent = Instant::now();
                if sent >= begin + lasts {
                    return took;
                }
                connection.post(&request).await;
                if sent >= begin {
                    took.push(sent.elapsed().as_secs_f64() * 1_000.0);
                }
            }
        });
    }
    let took: Vec<f64> = connections.join_all().await.into_iter().flatten().collect();
    #[allow(clippy::cast_precision_loss)]
    let per_second = took.len() as f64 / lasts.as_secs_f64();
    Load {
        per_second,
        p50_ms: ground::median(took.iter().copied()),
        p99_ms: ground::percentile(took.iter().copied(), 0.99),
    }
}

/// Runs the generator as a process of its own.
pub async fn against(address: &str, path: &str, seconds: u64) -> Load {
    let this = std::env::current_exe().expect("this program");
    let output = tokio::process::Command::new(this)
        .args(["load", address, path, &seconds.to_string()])
        .stderr(std::process::Stdio::inherit())
        .output()
        .await
        .expect("this program starts");
    let words = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = words.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [per_second, p50_ms, p99_ms] = numbers[..] else { panic!("the generator failed: {words}") };
    Load { per_second, p50_ms, p99_ms }
}
