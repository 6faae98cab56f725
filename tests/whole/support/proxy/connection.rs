//! One connection through the proxy. It obeys the mode; it must not switch it.

use std::{io, net::SocketAddr, time::Duration};

use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    time::sleep,
};

use super::{Mode, Way, calls::Calls};

const CHUNK: usize = 16 << 10;
/// A slow connection passes something on so often.
const SLOW_STEP: Duration = Duration::from_millis(50);

pub struct Connection {
    pub client: TcpStream,
    pub server: SocketAddr,
    pub mode: watch::Receiver<Mode>,
    pub dice: StdRng,
}

impl Connection {
    pub async fn serve(mut self) {
        let at_first = *self.mode.borrow_and_update();
        match at_first {
            Mode::Cut => {}
            Mode::HalfOpen => {
                let mut nowhere = tokio::io::sink();
                tokio::select! {
                    biased;
                    () = broken(&mut self.mode, at_first) => {}
                    _ = tokio::io::copy(&mut self.client, &mut nowhere) => {}
                }
            }
            Mode::Pass | Mode::Delay { .. } | Mode::Slow { .. } | Mode::Mute(_) | Mode::Without(_) => {
                if let Ok(server) = TcpStream::connect(self.server).await {
                    self.pass(server, at_first).await;
                }
            }
        }
    }

    /// Until one side closes, or the mode does.
    async fn pass(mut self, mut server: TcpStream, at_first: Mode) {
        for stream in [&self.client, &server] {
            // where the option is refused, only times are worse
            let _ = stream.set_nodelay(true);
        }
        let (asking, answered) = self.client.split();
        let (answering, asked) = server.split();
        let mode = self.mode.clone();
        let pump =
            |way| Pump { way, mode: mode.clone(), dice: StdRng::from_rng(&mut self.dice), calls: Calls::default() };
        let [requests, answers] = [Way::Requests, Way::Answers].map(pump);
        tokio::select! {
            biased;
            () = broken(&mut self.mode, at_first) => {}
            _ = requests.run(asking, asked) => {}
            _ = answers.run(answering, answered) => {}
        }
    }
}

/// Waits for a mode that an open connection does not survive.
async fn broken(mode: &mut watch::Receiver<Mode>, mut before: Mode) {
    while mode.changed().await.is_ok() {
        let now = *mode.borrow_and_update();
        if now == Mode::Cut || (before.loses() && now != before) {
            return;
        }
        before = now;
    }
}

/// One direction.
struct Pump {
    way: Way,
    mode: watch::Receiver<Mode>,
    dice: StdRng,
    calls: Calls,
}

impl Pump {
    async fn run(mut self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> io::Result<()> {
        let mut buffer = vec![0; CHUNK];
        loop {
            let chunk = match from.read(&mut buffer).await? {
                0 => return Ok(()),
                read => &buffer[..read],
            };
            let called = self.calls.in_chunk(chunk);
            let mode = *self.mode.borrow();
            match mode {
                Mode::Cut => return Ok(()),
                Mode::HalfOpen => {}
                Mode::Mute(way) if way == self.way => {}
                Mode::Without(apis) if self.way == Way::Requests && called.iter().any(|api| apis.contains(api)) => {
                    return Ok(());
                }
                Mode::Delay { least, jitter } => {
                    sleep(least + jitter.mul_f64(self.dice.random())).await;
                    to.write_all(chunk).await?;
                }
                Mode::Slow { bytes_per_s } => slowly(chunk, bytes_per_s, &mut to).await?,
                Mode::Pass | Mode::Mute(_) | Mode::Without(_) => to.write_all(chunk).await?,
            }
        }
    }
}

async fn slowly(chunk: &[u8], bytes_per_s: usize, to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    let step = bytes_per_s * usize::try_from(SLOW_STEP.as_millis()).expect("it is short") / 1_000;
    for part in chunk.chunks(step.max(1)) {
        sleep(SLOW_STEP).await;
        to.write_all(part).await?;
    }
    Ok(())
}
