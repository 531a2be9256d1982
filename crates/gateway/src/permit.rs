//! Permission to IDENTIFY, asked for by twilight and given by us.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::{sync::oneshot, time::Instant};
use twilight_gateway_queue::Queue;

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
    /// The one IDENTIFY may be sent from then on.
    from: Option<Instant>,
    /// The shard waits here. Never dropped unanswered: twilight would ask again at once, in a loop.
    waiting: Vec<oneshot::Sender<()>>,
    used_at: Option<Instant>,
}

impl Permit {
    /// No IDENTIFY on this connection.
    pub(crate) fn none() -> Self {
        Self::new(None)
    }

    /// One IDENTIFY, not before `from`.
    pub(crate) fn one(from: Instant) -> Self {
        Self::new(Some(from))
    }

    fn new(from: Option<Instant>) -> Self {
        let desk = Desk {
            from,
            waiting: Vec::new(),
            used_at: None,
        };
        Self {
            desk: Arc::new(Mutex::new(desk)),
        }
    }

    /// Gives what can be given now. Returns when to come again, if the shard has to wait.
    pub(crate) fn serve(&self) -> Option<Instant> {
        let mut desk = self.desk.lock();
        let from = desk.from?;
        if desk.waiting.is_empty() {
            return None;
        }
        if from > Instant::now() {
            return Some(from);
        }
        desk.from = None;
        desk.used_at = Some(Instant::now());
        if let Some(shard) = desk.waiting.pop() {
            // The shard may be gone; then the permit counts as used, to be on the safe side.
            let _ = shard.send(());
        }
        None
    }

    /// When IDENTIFY was permitted, if it was.
    pub(crate) fn used_at(&self) -> Option<Instant> {
        self.desk.lock().used_at
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
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_permit_is_one_identify_and_not_too_early() {
        let permit = Permit::one(Instant::now() + Duration::from_secs(5));
        let mut first = permit.enqueue(0);
        let from = permit.serve().unwrap();
        assert!(first.try_recv().is_err());

        tokio::time::sleep_until(from).await;
        assert_eq!(permit.serve(), None);
        assert_eq!(first.try_recv(), Ok(()));
        assert_eq!(permit.used_at(), Some(from));

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
