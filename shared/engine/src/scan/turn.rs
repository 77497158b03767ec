use dataset::Piece;
use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

/// What several sinks share and touch in the order of their pieces.
///
/// A piece's turn comes when all before it are [`done`](Self::done). Where a sink
/// breaks down, nobody's turn comes any more.
#[derive(Debug)]
pub struct InTurn<T> {
    shared: Mutex<Shared<T>>,
    turn: Condvar,
}

#[derive(Debug)]
struct Shared<T> {
    next: usize,
    broken: bool,
    inner: T,
}

impl<T> InTurn<T> {
    pub fn new(inner: T) -> Self {
        let shared = Shared { next: 0, broken: false, inner };
        Self { shared: Mutex::new(shared), turn: Condvar::new() }
    }

    /// Waits for the piece's turn and hands out what is shared.
    pub fn visit(&self, piece: Piece, visit: impl FnOnce(&mut T)) {
        let mut shared = self.lock();
        while shared.next < piece.number && !shared.broken {
            shared = self.turn.wait(shared).unwrap_or_else(PoisonError::into_inner);
        }
        if !shared.broken {
            visit(&mut shared.inner);
        }
    }

    /// Whether [`visit`](Self::visit) would not wait.
    pub fn is_turn(&self, piece: Piece) -> bool {
        self.lock().next == piece.number
    }

    /// Ends the piece's turn, which must have come.
    pub fn done(&self, piece: Piece) {
        self.lock().next = piece.number + 1;
        self.turn.notify_all();
    }

    /// Lets nobody wait for a piece that will not be done; for sinks that are dropped
    /// while they panic.
    pub fn leave(&self) {
        if thread::panicking() {
            self.lock().broken = true;
            self.turn.notify_all();
        }
    }

    pub fn into_inner(self) -> T {
        self.shared.into_inner().unwrap_or_else(PoisonError::into_inner).inner
    }

    fn lock(&self) -> MutexGuard<'_, Shared<T>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
