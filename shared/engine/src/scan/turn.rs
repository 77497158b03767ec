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

#[cfg(test)]
mod tests {
    use super::InTurn;
    use dataset::Piece;
    use std::{panic, thread};

    fn piece(number: usize) -> Piece {
        Piece { number, source: 0 }
    }

    #[test]
    fn pieces_are_visited_in_their_order() {
        let seen = InTurn::new(Vec::new());
        thread::scope(|scope| {
            for worker in 0..4 {
                let seen = &seen;
                scope.spawn(move || {
                    for number in (worker..200).step_by(4) {
                        seen.visit(piece(number), |it| it.push((number, "first")));
                        if seen.is_turn(piece(number)) {
                            seen.visit(piece(number), |it| it.push((number, "second")));
                        }
                        seen.done(piece(number));
                    }
                });
            }
        });
        let expect: Vec<_> = (0..200).flat_map(|it| [(it, "first"), (it, "second")]).collect();
        assert_eq!(seen.into_inner(), expect);
    }

    #[test]
    fn nobody_waits_for_a_broken_sink() {
        struct Sink<'a>(&'a InTurn<u32>);
        impl Drop for Sink<'_> {
            fn drop(&mut self) {
                self.0.leave();
            }
        }
        let visits = InTurn::new(0);
        thread::scope(|scope| {
            let later = scope.spawn(|| visits.visit(piece(1), |it| *it += 1));
            let broken = scope.spawn(|| {
                let _sink = Sink(&visits);
                // Unwinds as a panic does, without a word.
                panic::resume_unwind(Box::new("broken"));
            });
            assert!(broken.join().is_err() && later.join().is_ok());
        });
        assert_eq!(visits.into_inner(), 0);
    }
}
