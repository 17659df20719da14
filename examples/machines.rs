//! Three machines that many programs have.

#![allow(missing_docs, reason = "the documents that define the states name and explain them")]

use statemachine::StateMachine;

/// A TCP connection: RFC 9293, section 3.3.2.
#[derive(StateMachine, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tcp {
    #[state(initial, to(Listen, SynSent))]
    Closed,
    #[state(to(SynReceived, SynSent, Closed))]
    Listen,
    #[state(to(SynReceived, Established, Closed))]
    SynSent,
    #[state(to(Established, FinWait1, Listen))]
    SynReceived,
    #[state(to(FinWait1, CloseWait))]
    Established,
    #[state(to(FinWait2, Closing, TimeWait))]
    FinWait1,
    #[state(to(TimeWait))]
    FinWait2,
    #[state(to(LastAck))]
    CloseWait,
    #[state(to(TimeWait))]
    Closing,
    #[state(to(Closed))]
    LastAck,
    #[state(to(Closed))]
    TimeWait,
}

/// A stream of HTTP/2: RFC 9113, section 5.1.
#[derive(StateMachine, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Http2Stream {
    #[state(initial, to(ReservedLocal, ReservedRemote, Open))]
    Idle,
    #[state(to(HalfClosedRemote, Closed))]
    ReservedLocal,
    #[state(to(HalfClosedLocal, Closed))]
    ReservedRemote,
    #[state(to(HalfClosedLocal, HalfClosedRemote, Closed))]
    Open,
    #[state(to(Closed))]
    HalfClosedLocal,
    #[state(to(Closed))]
    HalfClosedRemote,
    #[state(terminal)]
    Closed,
}

/// A container: the OCI runtime specification, "State" and "Lifecycle".
#[derive(StateMachine, Clone, PartialEq, Eq, Debug)]
pub enum Container {
    #[state(initial, to(Created, Stopped))]
    Creating,
    #[state(to(Running, Stopped))]
    Created { pid: u32 },
    #[state(to(Stopped))]
    Running { pid: u32 },
    #[state(terminal)]
    Stopped,
}
