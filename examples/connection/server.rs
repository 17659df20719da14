//! A server on loopback that nobody can rely on: it hangs up at random, and turns callers away.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{
    gauge::Gauge,
    protocol::{Frame, GREETING, answer_to},
};

pub struct Server {
    address: SocketAddr,
    desk: Arc<Desk>,
}

impl Server {
    /// Starts a server that ends with the program.
    pub fn start(seed: u64, hang_up_rate: f64) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let desk = Arc::new(Desk {
            mood: Mutex::new(Mood::new(seed, hang_up_rate)),
            open: Gauge::default(),
            hang_ups: AtomicU64::new(0),
        });
        let accepting = Arc::clone(&desk);
        thread::spawn(move || accept_all(&listener, &accepting));
        Ok(Self { address, desk })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn hang_ups(&self) -> u64 {
        self.desk.hang_ups.load(Relaxed)
    }

    /// The most connections that were ever open at once.
    pub fn most_open(&self) -> usize {
        self.desk.open.most()
    }
}

/// Each connection has a thread of its own, so that a second one at the same time would be served,
/// and seen.
fn accept_all(listener: &TcpListener, desk: &Arc<Desk>) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        if desk.mood().turns_away() {
            continue;
        }
        let desk = Arc::clone(desk);
        // A lost client is no error of the server's.
        thread::spawn(move || desk.serve(stream).ok());
    }
}

/// What the threads of the server share.
struct Desk {
    mood: Mutex<Mood>,
    open: Gauge,
    hang_ups: AtomicU64,
}

impl Desk {
    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        // Dropped before the stream: what the client sees closed is not counted as open any more.
        let _open = self.open.enter();
        stream.set_nodelay(true)?;
        stream.write_all(&GREETING)?;
        loop {
            let mut request = Frame::default();
            stream.read_exact(&mut request)?;
            let answer = answer_to(u64::from_be_bytes(request)).to_be_bytes();
            match self.mood().hangs_up_after() {
                None => stream.write_all(&answer)?,
                Some(bytes) => {
                    self.hang_ups.fetch_add(1, Relaxed);
                    return stream.write_all(&answer[..bytes]);
                }
            }
        }
    }

    fn mood(&self) -> MutexGuard<'_, Mood> {
        self.mood.lock().expect("nothing in here panics")
    }
}

/// What the server feels like, drawn from the seed.
struct Mood {
    random: StdRng,
    hang_up_rate: f64,
    turns_away: u32,
}

impl Mood {
    /// The first callers always come too early.
    fn new(seed: u64, hang_up_rate: f64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let turns_away = random.random_range(1..=3);
        Self { random, hang_up_rate, turns_away }
    }

    /// Whether the next caller is turned away without a greeting.
    fn turns_away(&mut self) -> bool {
        let turns_away = self.turns_away > 0;
        self.turns_away = self.turns_away.saturating_sub(1);
        turns_away
    }

    /// How much of the next answer is sent before the server hangs up, where it does: nothing, a
    /// part, or all of it.
    fn hangs_up_after(&mut self) -> Option<usize> {
        if !self.random.random_bool(self.hang_up_rate) {
            return None;
        }
        self.turns_away = self.random.random_range(0..=2);
        Some(self.random.random_range(0..=size_of::<Frame>()))
    }
}
