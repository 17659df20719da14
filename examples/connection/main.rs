//! Threads that share **one** connection to a server which hangs up at random.
//!
//! The connection is the data of a state, so it can only be used while the machine is in that state,
//! and only be replaced by whoever has the right to leave it. Of the threads that see it lost, one
//! takes the machine to `Disconnected`; one reconnects, and all others wait for it with a deadline.
//!
//! ```sh
//! cargo run --example connection
//! cargo run --example connection -- --threads 32 --hang-up-rate 0.2 --seed 7
//! ```

mod gauge;
mod link;
mod protocol;
mod report;
mod server;

use std::{
    error::Error,
    io,
    net::SocketAddr,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use statemachine::{InState, Kind, Refused, RefusedWith, StateMachine};

use crate::{
    gauge::Gauge,
    link::Link,
    protocol::answer_to,
    report::{Report, Tally},
    server::Server,
};

#[derive(StateMachine)]
enum Connection {
    #[state(initial, to(Connected))]
    Disconnected,
    #[state(to(Disconnected))]
    Connected(Link),
}

static CONNECTION: ConnectionMachine = ConnectionMachine::new();

/// How long anybody waits for anything.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the server is left alone after a failed connect.
const PAUSE: Duration = Duration::from_millis(2);

/// Threads that share one connection to a server which hangs up at random.
#[derive(Parser)]
struct Arguments {
    /// What the server's whims are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many threads share the connection.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=1024))]
    threads: u64,
    /// How many requests they send in all.
    #[arg(long, default_value_t = 20_000)]
    requests: u64,
    /// How likely the server is to hang up at a request: 0 to 0.9.
    #[arg(long, default_value_t = 0.005, value_parser = rate)]
    hang_up_rate: f64,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.0..=0.9).contains(&rate) => Ok(rate),
        Ok(_) => Err("not from 0 to 0.9".to_owned()),
        Err(error) => Err(format!("{error}")),
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Arguments { seed, threads, requests, hang_up_rate } = Arguments::parse();
    let server = Server::start(seed, hang_up_rate)?;
    let connecting = Gauge::default();
    let progress = progress_bar(requests)?;

    let tally = thread::scope(|scope| {
        let clients: Vec<_> = (0..threads)
            .map(|first| {
                let client = Client::new(server.address(), &connecting);
                let numbers = (first..requests).step_by(threads as usize);
                let progress = &progress;
                scope.spawn(move || client.ask_all(numbers.inspect(|_| progress.inc(1))))
            })
            .collect();
        clients.into_iter().map(|client| client.join().expect("a client panicked")).sum()
    });
    progress.finish_and_clear();

    // Nobody holds the connection any more; it comes back to us, and is closed here.
    if CONNECTION.is_connected() {
        drop(CONNECTION.connected_to_disconnected().within(PATIENCE)?.commit());
    }

    let report = Report {
        requests,
        tally,
        hang_ups: server.hang_ups(),
        most_connecting: connecting.most(),
        most_open: server.most_open(),
    };
    print!("{report}");
    let failures = report.failures();
    for failure in &failures {
        eprintln!("FAILED: {failure}");
    }
    Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Shown on a terminal only, with the state that the machine is in.
fn progress_bar(requests: u64) -> Result<ProgressBar, Box<dyn Error>> {
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} {msg}")?;
    let bar = ProgressBar::new(requests).with_style(style);
    let shown = bar.clone();
    CONNECTION.observe(move |change| shown.set_message(change.to.name()));
    Ok(bar)
}

/// One of the threads that share the connection.
struct Client<'a> {
    server: SocketAddr,
    connecting: &'a Gauge,
    tally: Tally,
}

impl<'a> Client<'a> {
    fn new(server: SocketAddr, connecting: &'a Gauge) -> Self {
        Self { server, connecting, tally: Tally::default() }
    }

    fn ask_all(mut self, numbers: impl Iterator<Item = u64>) -> Tally {
        for number in numbers {
            match self.ask(number) {
                Ok(answer) if answer == answer_to(number) => self.tally.answered += 1,
                Ok(_) => self.tally.wrong += 1,
                Err(error) => {
                    self.tally.gave_up.push(format!("request {number}: {error}"));
                    break;
                }
            }
        }
        self.tally
    }

    /// Asks until there is an answer, over as many connections as that takes.
    fn ask(&mut self, number: u64) -> Result<u64, Box<dyn Error>> {
        loop {
            let connected = self.connect()?;
            match connected.ask(number) {
                Ok(answer) => return Ok(answer),
                Err(_) => self.disconnect(connected)?,
            }
        }
    }

    /// Whoever comes first connects, the others wait for it, and all hold `Connected`.
    fn connect(&mut self) -> Result<InState<'static, connection::Connected>, Box<dyn Error>> {
        let start = Instant::now();
        loop {
            let attempt = CONNECTION
                .disconnected_to_connected()
                .or_join()
                .until(start + PATIENCE)?
                .enter(|()| self.open_link());
            match attempt {
                Ok(connected) => {
                    self.tally.longest_wait = self.tally.longest_wait.max(start.elapsed());
                    return Ok(connected);
                }
                // Rolled back: the machine is still `Disconnected`, and the next in line may try.
                Err(error) if start.elapsed() > PATIENCE => return Err(error.into()),
                Err(_) => {}
            }
        }
    }

    /// The work of the transition: no other thread is in here meanwhile.
    fn open_link(&mut self) -> io::Result<Link> {
        let _connecting = self.connecting.enter();
        match Link::open(self.server, PATIENCE) {
            Ok(link) => {
                self.tally.connects += 1;
                Ok(link)
            }
            Err(error) => {
                self.tally.failed_connects += 1;
                // Before the rollback lets the next thread in, or it would try without any pause.
                thread::sleep(PAUSE);
                Err(error)
            }
        }
    }

    /// Trades the hold on a lost connection for the transition that ends it.
    fn disconnect(
        &mut self,
        lost: InState<'static, connection::Connected>,
    ) -> Result<(), Box<dyn Error>> {
        match lost.to::<connection::Disconnected>().within(PATIENCE) {
            Ok(disconnecting) => drop(disconnecting.commit()),
            // Another thread saw the loss first and waits for the holders to leave. The hold has
            // come back in `data`, and is let go of here.
            Err(RefusedWith { refused: Refused::InUse { .. }, .. }) => self.tally.refused += 1,
            Err(RefusedWith { refused, .. }) => return Err(refused.into()),
        }
        Ok(())
    }
}
