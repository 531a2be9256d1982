//! Pages that are on their way.

use std::collections::VecDeque;

use futures_util::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};

use crate::{
    InboxError,
    book::{Page, ReadFailure},
    walk::Order,
};

/// A page as it came, or why it did not; or the record cannot say what is expected on it.
pub(super) type Arrived = (Order, Result<Result<Page, ReadFailure>, InboxError>);

/// Pages that are on their way, as many as channels are read at once. They come on while something else is
/// done, such as writing down those before them.
#[derive(Default)]
pub(super) struct Reads {
    asked: FuturesUnordered<BoxFuture<'static, Arrived>>,
    arrived: VecDeque<Arrived>,
}

// === impl Reads ===

impl Reads {
    pub(super) fn push(&mut self, read: BoxFuture<'static, Arrived>) {
        self.asked.push(read);
    }

    /// The next one; pending while none is on its way. Cancel-safe.
    pub(super) async fn next(&mut self) -> Arrived {
        if let Some(arrived) = self.arrived.pop_front() {
            return arrived;
        }
        match self.asked.next().await {
            Some(arrived) => arrived,
            None => std::future::pending().await,
        }
    }

    /// The next one of those that came while something else was done.
    pub(super) fn arrived(&mut self) -> Option<Arrived> {
        self.arrived.pop_front()
    }

    /// Does something else meanwhile.
    pub(super) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                Some(arrived) = self.asked.next() => self.arrived.push_back(arrived),
            }
        }
    }
}
