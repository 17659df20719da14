//! A proxy between a store and its server that can lose what it carries.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Notify, watch},
};

/// What to do with a message of a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cut {
    /// Cut the connection instead of passing the message on.
    Before,
    /// Pass it on, swallow the reply, and cut the connection then.
    After,
}

/// Cuts the connections of the messages that have a certain text, as often as it was told to.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    orders: Arc<Mutex<Orders>>,
    /// Whether a cut was made.
    cut: Arc<Notify>,
    /// Whether connections are accepted, if nothing has been cut.
    gate: Arc<watch::Sender<bool>>,
}

#[derive(Default)]
struct Orders {
    text: &'static str,
    cuts: VecDeque<Cut>,
    stops: bool,
}

impl Proxy {
    pub(crate) async fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let orders = Arc::new(Mutex::new(Orders::default()));
        let proxy =
            Self { port, orders, cut: Arc::default(), gate: Arc::new(watch::Sender::new(true)) };
        let task = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", server)).await;
                if let Ok(server) = server {
                    tokio::spawn(task.clone().carry(client, server));
                }
            }
        });
        proxy
    }

    /// From now on the messages with this text are cut, one after the other.
    pub(crate) fn order(&self, text: &'static str, cuts: &[Cut]) {
        let mut orders = self.orders.lock().unwrap();
        (orders.text, orders.cuts) = (text, cuts.iter().copied().collect());
    }

    /// Whether nothing is carried after a cut, until this is called again.
    pub(crate) fn stop_after_cuts(&self, stops: bool) {
        self.orders.lock().unwrap().stops = stops;
        self.gate.send_replace(true);
    }

    /// Waits for a cut.
    pub(crate) async fn cut(&self) {
        self.cut.notified().await;
    }

    fn has_cut(&self) {
        if self.orders.lock().unwrap().stops {
            self.gate.send_replace(false);
            self.cut.notify_one();
        }
    }

    /// Whether all was cut that was ordered.
    pub(crate) fn is_done(&self) -> bool {
        self.orders.lock().unwrap().cuts.is_empty()
    }

    fn next(&self, message: &[u8]) -> Option<Cut> {
        let mut orders = self.orders.lock().unwrap();
        let text = orders.text.as_bytes();
        let has_text = !text.is_empty() && message.windows(text.len()).any(|part| part == text);
        if has_text { orders.cuts.pop_front() } else { None }
    }

    async fn carry(self, client: TcpStream, server: TcpStream) {
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        // The proxy sees whole statements, because a client writes each at once.
        let mut question = vec![0; 1 << 16];
        let mut answer = vec![0; 1 << 16];
        loop {
            let mut gate = self.gate.subscribe();
            let _ = gate.wait_for(|is_open| *is_open).await;
            tokio::select! {
                size = from_client.read(&mut question) => {
                    let Ok(size @ 1..) = size else { return };
                    let _ = gate.wait_for(|is_open| *is_open).await;
                    match self.next(&question[..size]) {
                        None => if to_server.write_all(&question[..size]).await.is_err() { return },
                        Some(Cut::Before) => return self.has_cut(),
                        Some(Cut::After) => {
                            swallow(&question[..size], &mut to_server, &mut from_server).await;
                            return self.has_cut();
                        }
                    }
                }
                size = from_server.read(&mut answer) => {
                    let Ok(size @ 1..) = size else { return };
                    if to_client.write_all(&answer[..size]).await.is_err() { return }
                }
            }
        }
    }
}

/// The server has done what it was asked when it is ready for the next question.
async fn swallow(question: &[u8], to_server: &mut OwnedWriteHalf, from_server: &mut OwnedReadHalf) {
    if to_server.write_all(question).await.is_err() {
        return;
    }
    let mut answer = Vec::new();
    let ready = [b'Z', 0, 0, 0, 5, b'I'];
    while !answer.ends_with(&ready) {
        if from_server.read_buf(&mut answer).await.unwrap_or(0) == 0 {
            return;
        }
    }
}
