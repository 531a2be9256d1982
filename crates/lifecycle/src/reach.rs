//! Which debts a life works at.

use std::collections::HashSet;

use tokio::sync::watch;

use crate::{AttemptId, Counts, Evidence, Row, Stage, counts::Tally};

/// Which debts a life works at: all of them, or its own alone, until somebody wants all to be dealt with.
#[derive(Debug)]
pub(crate) struct Reach {
    /// `None`: all are its own.
    own: watch::Sender<Option<Own>>,
}

/// What is a life's own.
#[derive(Debug)]
pub(crate) struct Own {
    /// How the ids of requests begin whose channels are its own, whichever life has opened them.
    requests: Option<&'static str>,
    /// What was begun in this life, and what former lives have left of such requests.
    attempts: HashSet<AttemptId>,
}

// === impl Reach ===

impl Reach {
    pub(crate) fn new() -> Self {
        Self {
            own: watch::Sender::new(None),
        }
    }

    pub(crate) fn keep_to_own(&self, requests: Option<&'static str>) {
        self.own.send_replace(Some(Own {
            requests,
            attempts: HashSet::new(),
        }));
    }

    /// From now on all are its own.
    pub(crate) fn widen(&self) {
        self.own.send_if_modified(|own| own.take().is_some());
    }

    /// Makes this one its own.
    pub(crate) fn add(&self, attempt: AttemptId) {
        self.own
            .send_if_modified(|own| own.as_mut().is_some_and(|own| own.attempts.insert(attempt)));
    }

    /// Makes a new row its own, if somebody has asked for it: for a channel, or for the end of one.
    pub(crate) fn begin(&self, row: &Row) {
        let evidence = row.stage.owned().map(|owned| owned.evidence);
        if row.stage == Stage::Planned || matches!(evidence, Some(Evidence::Operator(_))) {
            self.add(row.attempt);
        }
    }

    /// Makes what a former life has left its own, if it was opened for a request of its own.
    pub(crate) fn inherit(&self, row: &Row) {
        let requests = self.own.borrow().as_ref().and_then(|own| own.requests);
        if requests.is_some_and(|begin| row.request_id.starts_with(begin)) {
            self.add(row.attempt);
        }
    }

    pub(crate) fn includes(&self, attempt: AttemptId) -> bool {
        let own = self.own.borrow();
        own.as_ref()
            .is_none_or(|own| own.attempts.contains(&attempt))
    }

    /// How many of those that it works at stand where.
    pub(crate) fn counts(&self, tally: &Tally) -> Counts {
        match *self.own.borrow() {
            Some(_) => tally.own,
            None => tally.all,
        }
    }

    /// Tells when it may have become another one.
    pub(crate) fn changes(&self) -> watch::Receiver<Option<Own>> {
        self.own.subscribe()
    }
}
