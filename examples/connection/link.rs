//! The client's end of a connection.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::Mutex,
    time::Duration,
};

use crate::protocol::{Frame, GREETING};

/// A connection that has been greeted.
///
/// The machine lets any number of threads hold it at once. The mutex is for what the machine does
/// not know of: that an answer belongs to the request before it.
pub struct Link {
    stream: Mutex<TcpStream>,
}

impl Link {
    /// Connects and waits for the greeting, which a server that has no time for us leaves out.
    pub fn open(server: SocketAddr, patience: Duration) -> io::Result<Self> {
        let mut stream = TcpStream::connect_timeout(&server, patience)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_write_timeout(Some(patience))?;
        if read_frame(&mut stream)? != GREETING {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not our server"));
        }
        Ok(Self { stream: Mutex::new(stream) })
    }

    /// Sends a request and waits for its answer.
    pub fn ask(&self, number: u64) -> io::Result<u64> {
        let mut stream = self.stream.lock().expect("nothing in here panics");
        let answer = exchange(&mut stream, number);
        if answer.is_err() {
            // Half an answer may be left in it, which the next thread would take for its own.
            let _ = stream.shutdown(Shutdown::Both);
        }
        answer
    }
}

fn exchange(stream: &mut TcpStream, number: u64) -> io::Result<u64> {
    stream.write_all(&number.to_be_bytes())?;
    read_frame(stream).map(u64::from_be_bytes)
}

fn read_frame(stream: &mut TcpStream) -> io::Result<Frame> {
    let mut frame = Frame::default();
    stream.read_exact(&mut frame)?;
    Ok(frame)
}
