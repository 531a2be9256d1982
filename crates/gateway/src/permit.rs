//! Permission to IDENTIFY, asked for by twilight and given by us.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::{sync::oneshot, time::Instant};
use twilight_gateway_queue::Queue;

use crate::{pulse::Pulse, turnstile::Turn};

/// The queue that twilight's shard asks before it sends IDENTIFY, for one connection.
///
/// A connection is made either to resume (then there is no permit, and no IDENTIFY can leave) or
/// with one permit that was accounted for before the connection was made.
#[derive(Clone, Debug)]
pub(crate) struct Permit {
    desk: Arc<Mutex<Desk>>,
}

#[derive(Debug)]
struct Desk {
    /// The one IDENTIFY that may be sent when its time has come, and where it is counted.
    turn: Option<(Turn, Arc<Pulse>)>,
    /// The shard waits here. Never dropped unanswered: twilight would ask again at once, in a loop.
    waiting: Vec<oneshot::Sender<()>>,
}

impl Permit {
    /// No IDENTIFY on this connection.
    pub(crate) fn none() -> Self {
        Self::new(None)
    }

    /// One IDENTIFY, counted by `pulse`.
    pub(crate) fn one(turn: Turn, pulse: Arc<Pulse>) -> Self {
        Self::new(Some((turn, pulse)))
    }

    fn new(turn: Option<(Turn, Arc<Pulse>)>) -> Self {
        let desk = Desk {
            turn,
            waiting: Vec::new(),
        };
        Self {
            desk: Arc::new(Mutex::new(desk)),
        }
    }

    /// Gives what can be given now. Returns when to come again, if the shard has to wait.
    pub(crate) fn serve(&self) -> Option<Instant> {
        let mut desk = self.desk.lock();
        if desk.waiting.is_empty() {
            return None;
        }
        if let Err(from) = desk.turn.as_ref()?.0.try_use() {
            return Some(from);
        }
        if let Some((_, pulse)) = desk.turn.take() {
            pulse.identified();
        }
        if let Some(shard) = desk.waiting.pop() {
            // The shard may be gone; then the permit counts as used, to be on the safe side.
            let _ = shard.send(());
        }
        None
    }
}

impl Queue for Permit {
    fn enqueue(&self, _shard: u32) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.desk.lock().waiting.push(sender);
        receiver
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turnstile::Turnstile;

    #[tokio::test(start_paused = true)]
    async fn one_permit_is_one_identify_and_not_too_early() {
        let turnstile = Arc::new(Turnstile::default());
        assert_eq!(turnstile.turn(0).await.try_use(), Ok(()));
        let permit = Permit::one(turnstile.turn(0).await, Arc::default());
        let mut first = permit.enqueue(0);
        let from = permit.serve().unwrap();
        assert!(first.try_recv().is_err());

        tokio::time::sleep_until(from).await;
        assert_eq!(permit.serve(), None);
        assert_eq!(first.try_recv(), Ok(()));
        // The next shard need not wait for this connection's end.
        let next = turnstile.turn(1).await;
        assert!(next.try_use().is_err_and(|again| again > from));

        let mut second = permit.enqueue(0);
        assert_eq!(permit.serve(), None);
        assert_eq!(second.try_recv(), Err(oneshot::error::TryRecvError::Empty));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_resumes_cannot_identify() {
        let permit = Permit::none();
        let mut asked = permit.enqueue(0);
        assert_eq!(permit.serve(), None);
        assert_eq!(asked.try_recv(), Err(oneshot::error::TryRecvError::Empty));
    }
}
