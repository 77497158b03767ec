//! A loopback server around the doors, and the clock that drives the account behind them.
//!
//! Two threads: one serves HTTP, one lets time pass and runs the functions that fall due. Both end when the handle is
//! dropped. Besides AWS's protocols the server answers `/_vigil/…`:
//!
//! | request | answer |
//! |---|---|
//! | `GET /_vigil/time` | the account's time |
//! | `POST /_vigil/advance?seconds=N` | lets N seconds pass at once, with all that falls due in them |
//! | `GET /_vigil/messages?topic=NAME` | what was published to a topic |
//! | `GET /_vigil/denied` | calls of functions that the template's policies did not allow |
//! | `GET /_vigil/forwarded` | how many objects and events went to the other emulator |
//! | `GET /_vigil/journal` | what became of events since the last call |

mod forward;
mod http;
mod ticker;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use jiff::SignedDuration;
use serde_json::Value;
use tokio::sync::watch;

use crate::events::{HandlerError, Runaway};
use crate::wire::Doors;

pub use self::forward::Forward;
use self::ticker::Ticker;
pub use self::ticker::Time;

/// Runs a function by its logical id on a payload.
pub type Handler = Box<dyn FnMut(&str, &Value) -> Result<Value, HandlerError> + Send>;

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    doors: Doors,
    ticker: Ticker,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Starts a server on 127.0.0.1 and nowhere else; port 0 takes a free one.
    ///
    /// `handler` runs the functions that events wake, on the clock's thread; a panic in it fails that invocation.
    ///
    /// # Errors
    /// The port is taken, or the system gives no threads.
    pub fn start(doors: Doors, port: u16, time: Time, handler: Handler) -> io::Result<Self> {
        Self::start_beside(doors, port, time, handler, None)
    }

    /// Starts a server as [`Server::start`] does, beside another emulator.
    ///
    /// # Errors
    /// The port is taken, or the system gives no threads.
    pub fn start_beside(
        doors: Doors,
        port: u16,
        time: Time,
        handler: Handler,
        other: Option<Forward>,
    ) -> io::Result<Self> {
        let doors = match &other {
            Some(other) => doors.reading_from(Arc::new(other.clone())),
            None => doors,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let (ticker, clock) = ticker::start(doors.account().clone(), time, handler, other.clone())?;
        let front = http::Front { doors: doors.clone(), ticker: ticker.clone(), other };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let web = thread::Builder::new()
            .name("http".to_owned())
            .spawn(move || runtime.block_on(http::serve(listener, front, stopped)))?;
        Ok(Self { address, doors, ticker, stop, threads: vec![clock, web] })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns what goes into `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn doors(&self) -> &Doors {
        &self.doors
    }

    /// Lets time pass at once, runs all that falls due in it, and returns the number of invocations.
    ///
    /// # Errors
    /// Events keep starting each other while no time passes.
    pub fn advance(&self, by: SignedDuration) -> Result<u64, Runaway> {
        self.ticker.advance(by).recv().unwrap_or(Ok(0))
    }

    /// Blocks until the process is asked to end, by SIGINT or SIGTERM.
    ///
    /// # Errors
    /// The system does not tell signals.
    pub fn until_asked_to_end(&self) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(http::asked_to_end())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.stop.send(true);
        self.ticker.stop();
        for thread in self.threads.drain(..) {
            let _panicked = thread.join();
        }
    }
}
