//! A way to a server that can be closed, so that nothing arrives there. It must not read what passes.

use std::net::SocketAddr;

use tokio::{
    io::copy,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Ends with the runtime of whoever made it.
pub struct Gate {
    pub url: String,
    open: watch::Sender<bool>,
}

impl Gate {
    /// An open one before the server at this URL.
    pub async fn before(url: &str) -> Self {
        let server: SocketAddr = url.strip_prefix("http://").expect("a URL").parse().expect("an address");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let (open, opened) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, server, opened.clone()));
            }
        });
        Self { url, open }
    }

    /// Cuts every connection; who comes from now on waits without being heard.
    pub fn close(&self) {
        self.open.send_if_modified(|open| std::mem::replace(open, false));
    }

    /// For those who come from now on; who waited is turned away, since nobody may be heard as late as that.
    pub fn open(&self) {
        self.open.send_if_modified(|open| !std::mem::replace(open, true));
    }
}

async fn pass(mut client: TcpStream, server: SocketAddr, mut opened: watch::Receiver<bool>) {
    if !*opened.borrow_and_update() {
        let _ = opened.changed().await;
        return;
    }
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let ((mut asked, mut heard), (mut answered, mut passed_on)) = (client.split(), server.split());
    tokio::select! {
        biased;
        _ = opened.changed() => {}
        _ = copy(&mut asked, &mut passed_on) => {}
        _ = copy(&mut answered, &mut heard) => {}
    }
}
