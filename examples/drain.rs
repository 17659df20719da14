//! A server that is drained with a deadline. Its handlers are told, those that are slow are waited for
//! until the deadline, and a connect that hangs is given up at once.
//!
//! `cargo run --example drain`

use std::{sync::Arc, time::Duration};

use statemachine::{Interrupt, OwnedInState, Refused, StateMachine};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

#[derive(StateMachine)]
enum Server {
    /// Requests are served. Each holds the state for as long as it takes.
    #[state(initial, to(Draining))]
    Serving,
    /// No request begins any more.
    #[state(to(Stopped))]
    Draining,
    #[state(terminal)]
    Stopped,
}

/// The connection to a backend that does not answer.
#[derive(StateMachine)]
enum Backend {
    #[state(initial, to(Up, Closed))]
    Down,
    #[state(to(Closed))]
    Up,
    #[state(terminal)]
    Closed,
}

static SHUTDOWN: Interrupt = Interrupt::new();

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (server, backend) = (Arc::new(ServerMachine::new()), Arc::new(BackendMachine::new()));
    server.in_draining().on_enter(|_| println!("draining: new requests are refused"));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let accepting = tokio::spawn(accept(listener, Arc::clone(&server)));
    let connecting = tokio::spawn(connect(Arc::clone(&backend)));

    let mut clients = Vec::new();
    for number in 0..5_u8 {
        let mut client = TcpStream::connect(address).await?;
        client.write_all(&[number]).await?;
        clients.push(client);
    }
    // Until all are being served.
    while server.waiting().holders < clients.len() {
        sleep(Duration::from_millis(1)).await;
    }

    // The transition waits for the requests to end, and meanwhile lets no new one begin.
    let draining = timeout(Duration::from_secs(5), server.serving_to_draining()).await??;
    draining.commit();
    SHUTDOWN.interrupt();
    for (number, mut client) in clients.into_iter().enumerate() {
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await?;
        println!("request {number}: {}", String::from_utf8_lossy(&answer));
    }
    // The connect would go on for an hour. It hears that somebody urgent waits, and rolls back.
    timeout(Duration::from_secs(5), backend.down_to_closed().urgent()).await??.commit();
    connecting.await?;
    accepting.await??;
    server.draining_to_stopped().try_commit()?;
    println!("stopped");
    Ok(())
}

async fn accept(listener: TcpListener, server: Arc<ServerMachine>) -> std::io::Result<()> {
    loop {
        let (client, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            _ = SHUTDOWN.raised().into_future() => return Ok(()),
        };
        match server.in_serving().await {
            Ok(serving) => {
                let serving = serving.into_owned(Arc::clone(&server));
                tokio::spawn(serve(client, serving));
            }
            Err(refused) => println!("refused a client: {refused}"),
        }
    }
}

/// Serves one request. The server cannot be drained while `serving` lives.
async fn serve(
    mut client: TcpStream,
    serving: OwnedInState<ServerMachine, server::Serving>,
) -> std::io::Result<()> {
    let mut request = [0];
    client.read_exact(&mut request).await?;
    let work = sleep(Duration::from_millis(20 * u64::from(request[0])));
    let answer = tokio::select! {
        () = work => "all of it",
        // Somebody waits for the holders to leave: a part has to do.
        _ = wanted(&serving) => "what was ready when the server was drained",
    };
    client.write_all(answer.as_bytes()).await
}

/// That the server is to be drained, and has been for a moment.
async fn wanted(serving: &OwnedInState<ServerMachine, server::Serving>) -> Result<(), Refused> {
    serving.wanted().await?;
    sleep(Duration::from_millis(50)).await;
    Ok(())
}

async fn connect(backend: Arc<BackendMachine>) {
    let connecting = backend.down_to_up().now().expect("nobody else connects");
    let hangs = sleep(Duration::from_secs(3600));
    let is_connected = tokio::select! {
        () = hangs => true,
        _ = connecting.wanted().into_future() => false,
    };
    if is_connected {
        connecting.commit();
    } else {
        println!("the connect was given up");
    }
}
