//! The count of one bucket, as far as replies tell it. Pure: time is a parameter.

use std::time::Duration;

use tokio::time::Instant;

use super::{share::Share, told::Told};
use crate::limits::{SAME_WINDOW_MS, UPKEEP_LEAVES_FROM, WAIT_MARGIN};

/// Why a request has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// Until this moment, unless an answer says otherwise before.
    Until(Instant),
    /// Until an answer to one of the requests in flight arrives.
    UntilAnswer,
    /// To upkeep only, which leaves what remains to others: until this moment, where it is known,
    /// unless an answer says otherwise before.
    ToUpkeep(Option<Instant>),
}

/// One bucket of one top-level resource.
///
/// Up to `remaining` requests are in flight at the same time. An answer may or may not have
/// counted the ones still in flight, so all of them are held against what it says: an
/// underestimate that the next answer corrects, never an overestimate.
///
/// Upkeep leaves the last half of a window to others, if others use this bucket at all.
#[derive(Debug)]
pub(crate) struct Bucket {
    /// Requests per window; `None` until an answer said so: then nothing is held back.
    limit: Option<u32>,
    /// What the lowest answer of this window left.
    remaining: u32,
    /// The end of this window. Over, or none known: a full one begins with the next request.
    reset_at: Option<Instant>,
    window_ms: u64,
    in_flight: u32,
    /// Somebody other than upkeep came here.
    others: bool,
    /// A 429 closed it, whatever the counts say (hidden limits exist: discord-api-docs #1900).
    closed_until: Option<Instant>,
}

impl Bucket {
    pub(crate) fn new(limit: Option<u32>) -> Self {
        Self {
            limit,
            remaining: limit.unwrap_or(u32::MAX),
            reset_at: None,
            window_ms: 0,
            in_flight: 0,
            others: false,
            closed_until: None,
        }
    }

    /// Whether one request may go; if not, what it waits for.
    pub(crate) fn check(&mut self, share: Share, now: Instant) -> Result<(), Closed> {
        self.refresh(now);
        self.others |= share != Share::Upkeep;
        if let Some(until) = self.closed_until {
            return Err(Closed::Until(until));
        }
        let free = self.remaining.saturating_sub(self.in_flight);
        if free > self.left_by(share) {
            return Ok(());
        }
        if free > 0 {
            return Err(Closed::ToUpkeep(self.reset_at));
        }
        Err(self.reset_at.map_or(Closed::UntilAnswer, Closed::Until))
    }

    /// Counts one request as in flight; to be called right after [`Self::check`] said yes.
    pub(crate) fn take(&mut self) {
        self.in_flight += 1;
    }

    /// A request that was admitted here is no longer in flight. `spent`: it may have been counted
    /// although no answer said so.
    pub(crate) fn leave(&mut self, spent: bool) {
        self.in_flight = self.in_flight.saturating_sub(1);
        // Without a window there is no moment at which the count would be filled up again.
        if spent && self.reset_at.is_some() {
            self.remaining = self.remaining.saturating_sub(1);
        }
    }

    /// Takes over what was admitted, who came, and who was told to wait, before this bucket had a
    /// name.
    pub(crate) fn adopt(&mut self, nameless: &Self) {
        self.in_flight += nameless.in_flight;
        self.others |= nameless.others;
        if let Some(until) = nameless.closed_until {
            self.close_until(until);
        }
    }

    /// Takes in the headers of one reply.
    pub(crate) fn learn(&mut self, told: &Told, now: Instant) {
        self.limit = Some(told.limit.max(1));
        let mut reset_at = now + told.reset_after + WAIT_MARGIN;
        let open = self.reset_at.is_some_and(|reset_at| reset_at > now);
        let newer = told.window_ms > self.window_ms.saturating_add(SAME_WINDOW_MS);
        let older = told.window_ms.saturating_add(SAME_WINDOW_MS) < self.window_ms;
        if open && told.window_ms != 0 && older {
            return; // an answer that was overtaken by one from the next window
        }
        // Once a window is over its name counts for nothing: an absurd one would outlive all others.
        if !open || newer {
            self.remaining = told.remaining;
            self.window_ms = told.window_ms;
        } else {
            self.remaining = self.remaining.min(told.remaining);
            // Each estimate is late by its answer's way to us; the earliest is the best.
            reset_at = self.reset_at.map_or(reset_at, |known| known.min(reset_at));
        }
        self.reset_at = Some(reset_at);
    }

    /// A 429 asked to wait.
    pub(crate) fn close(&mut self, wait: Duration, now: Instant) {
        self.close_until(now + wait + WAIT_MARGIN);
    }

    /// Stays closed until then at least.
    pub(crate) fn close_until(&mut self, until: Instant) {
        self.closed_until = Some(self.closed_until.map_or(until, |closed| closed.max(until)));
    }

    /// Until when a 429 has closed it, if it is closed.
    pub(crate) fn closed_until(&self, now: Instant) -> Option<Instant> {
        self.closed_until.filter(|until| *until > now)
    }

    /// Whether forgetting it would change nothing.
    pub(crate) fn is_fresh(&mut self, now: Instant) -> bool {
        self.refresh(now);
        self.in_flight == 0 && self.closed_until.is_none() && self.reset_at.is_none()
    }

    /// How many requests of a window are not for this share.
    fn left_by(&self, share: Share) -> u32 {
        match self.limit {
            Some(limit) if self.others && share == Share::Upkeep && limit >= UPKEEP_LEAVES_FROM => {
                limit / 2
            }
            _ => 0,
        }
    }

    fn refresh(&mut self, now: Instant) {
        if self.reset_at.is_some_and(|reset_at| reset_at <= now) {
            self.reset_at = None;
            self.remaining = self.limit.unwrap_or(u32::MAX);
        }
        if self.closed_until.is_some_and(|until| until <= now) {
            self.closed_until = None;
        }
    }
}

#[cfg(test)]
mod tests;
