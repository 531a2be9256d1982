//! The signs of life of one shard, and what is counted of it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::Instant;

use crate::{Counts, Health, Status};

/// The signs of life of one shard, and what is counted of it. Read by health pages only; no other
/// memory hangs on it.
#[derive(Debug)]
pub(crate) struct Pulse {
    born: Instant,
    /// The last signs of life, in microseconds since `born`, each plus one; 0 is never.
    frame: AtomicU64,
    event: AtomicU64,
    latency: AtomicU64,
    reconnects: AtomicU64,
    identifies: AtomicU64,
    resumes: AtomicU64,
    undecodable: AtomicU64,
    unreadable: AtomicU64,
}

// === impl Pulse ===

impl Default for Pulse {
    fn default() -> Self {
        Self {
            born: Instant::now(),
            frame: AtomicU64::new(0),
            event: AtomicU64::new(0),
            latency: AtomicU64::new(0),
            reconnects: AtomicU64::new(0),
            identifies: AtomicU64::new(0),
            resumes: AtomicU64::new(0),
            undecodable: AtomicU64::new(0),
            unreadable: AtomicU64::new(0),
        }
    }
}

impl Pulse {
    /// A frame came; `event` when it was a dispatch.
    pub(crate) fn beat(&self, event: bool) {
        let since = self.born.elapsed();
        store(&self.frame, Some(since));
        if event {
            store(&self.event, Some(since));
        }
    }

    /// How long the last heartbeat of this connection took.
    pub(crate) fn answered(&self, latency: Option<Duration>) {
        store(&self.latency, latency);
    }

    /// A connection was lost, or not made.
    pub(crate) fn lost(&self) {
        count(&self.reconnects);
    }

    /// An IDENTIFY may leave.
    pub(crate) fn identified(&self) {
        count(&self.identifies);
    }

    /// A RESUME has left.
    pub(crate) fn resumed(&self) {
        count(&self.resumes);
    }

    /// A frame could not be read.
    pub(crate) fn stumbled(&self) {
        count(&self.undecodable);
    }

    /// A subscriber could not read an event.
    pub(crate) fn unread(&self) {
        count(&self.unreadable);
    }

    /// How a shard is that stands so.
    pub(crate) fn health(&self, status: &Status) -> Health {
        let read = |cell: &AtomicU64| cell.load(Ordering::Relaxed);
        let mut health = Health::of(status);
        health.last_frame_age = self.age(&self.frame);
        health.last_event_age = self.age(&self.event);
        health.latency = load(&self.latency);
        health.counts = Counts {
            reconnects: read(&self.reconnects),
            identifies: read(&self.identifies),
            resumes: read(&self.resumes),
            lapses: status.lapses,
            undecodable: read(&self.undecodable),
            unreadable: read(&self.unreadable),
        };
        health
    }

    fn age(&self, cell: &AtomicU64) -> Option<Duration> {
        load(cell).map(|then| self.born.elapsed().saturating_sub(then))
    }
}

fn count(cell: &AtomicU64) {
    cell.fetch_add(1, Ordering::Relaxed);
}

fn store(cell: &AtomicU64, value: Option<Duration>) {
    let micros = value.map_or(0, |value| {
        u64::try_from(value.as_micros())
            .unwrap_or(u64::MAX)
            .saturating_add(1)
    });
    cell.store(micros, Ordering::Relaxed);
}

fn load(cell: &AtomicU64) -> Option<Duration> {
    cell.load(Ordering::Relaxed)
        .checked_sub(1)
        .map(Duration::from_micros)
}
