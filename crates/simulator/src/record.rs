//! Ground truth: what was asked, what was done, what was said.

use std::collections::{BTreeMap, VecDeque};

use parking_lot::Mutex;

use self::trace::Trace;
use crate::{
    bots::ReplyTruth, checks::Watch, config::Config, dispatch::Dispatch, limits::REPLIES_KEPT,
};

mod request;
mod roles;
mod trace;
mod truth;

pub use self::{
    request::RequestTruth,
    truth::{Counters, Truth},
};
pub(crate) use self::{
    request::{Answered, Arrival, Told},
    roles::{RoleRequests, RoleSeen},
};

/// Everything that the simulator received and did, kept within bounds.
///
/// The newest requests and replies are kept in full (`requests_kept`, 20 000 replies); counters
/// count them all, and the checkers look at each one as it passes.
#[derive(Debug)]
pub(crate) struct Record {
    requests_kept: usize,
    pages: Mutex<Pages>,
}

#[derive(Debug)]
struct Pages {
    counters: Counters,
    requests: VecDeque<RequestTruth>,
    replies: VecDeque<ReplyTruth>,
    roles: BTreeMap<u64, RoleRequests>,
    watch: Watch,
    trace: Trace,
}

impl Record {
    /// Nothing has happened yet.
    pub(crate) fn new(config: &Config) -> Self {
        let pages = Pages {
            counters: Counters::default(),
            requests: VecDeque::new(),
            replies: VecDeque::new(),
            roles: BTreeMap::new(),
            watch: Watch::new(config),
            trace: Trace::default(),
        };
        Self {
            requests_kept: config.requests_kept,
            pages: Mutex::new(pages),
        }
    }

    /// A REST request has been read to its end. The number names it in the later calls.
    pub(crate) fn arrived(&self, arrival: Arrival) -> u64 {
        let mut pages = self.pages.lock();
        pages.counters.requests += 1;
        let number = pages.counters.requests;
        *pages.counters.routes.entry(arrival.route).or_default() += 1;
        pages.watch.arrived(&arrival);
        if let Some(role) = &arrival.role {
            pages.roles.entry(role.id).or_default().arrived(role);
        }
        let trace = pages.trace.number(arrival.at_ms).text(arrival.route);
        trace.text(&arrival.path).number(arrival.actor.unwrap_or(0));
        if self.requests_kept > 0 {
            if pages.requests.len() >= self.requests_kept {
                pages.requests.pop_front();
            }
            pages.requests.push_back(RequestTruth::of(number, arrival));
        }
        number
    }

    /// The world has changed, or refused to, on behalf of this request.
    pub(crate) fn executed(&self, number: u64, at_ms: u64) {
        if let Some(request) = self.pages.lock().request(number) {
            request.executed_ms = Some(at_ms);
        }
    }

    /// The answer leaves, or it is certain that none ever will.
    pub(crate) fn answered(&self, number: u64, answered: &Answered) {
        let mut pages = self.pages.lock();
        if answered.fault.is_some() {
            pages.counters.faults += 1;
        }
        if answered.status == Some(429) {
            pages.counters.rate_limited += 1;
        }
        if answered.is_invalid() {
            pages.counters.invalid += 1;
        }
        pages.watch.answered(answered);
        if let (Some(role_id), Some(status)) = (answered.role_id, answered.status) {
            pages.roles.entry(role_id).or_default().answered(status);
        }
        let trace = pages.trace.number(answered.at_ms).number(number);
        trace.number(answered.status.map_or(0, u64::from));
        if let Some(request) = pages.request(number) {
            request.answered_ms = answered.status.map(|_| answered.at_ms);
            request.status = answered.status;
            request.fault = answered.fault;
        }
    }

    /// The human acts, or something befalls the guild.
    pub(crate) fn acted(&self, now_ms: u64, act: &impl std::fmt::Debug) {
        let mut pages = self.pages.lock();
        pages.trace.number(now_ms).text(&format!("{act:?}"));
    }

    /// The world has changed, on whoever's behalf.
    pub(crate) fn happened(&self, now_ms: u64, dispatches: &[Dispatch]) {
        if dispatches.is_empty() {
            return;
        }
        let mut pages = self.pages.lock();
        for dispatch in dispatches {
            let id = dispatch.data["id"].as_str().unwrap_or_default();
            let trace = pages.trace.number(now_ms).text(dispatch.name).text(id);
            trace.number(dispatch.channel_id.unwrap_or(0));
        }
    }

    /// The fingerprint of all that was received and done so far.
    pub(crate) fn trace_hash(&self) -> u64 {
        self.pages.lock().trace.hash()
    }

    /// A gateway connection was opened.
    pub(crate) fn connected(&self) {
        self.pages.lock().counters.connections += 1;
    }

    /// An IDENTIFY was received.
    pub(crate) fn identified(&self, now_ms: u64) {
        let mut pages = self.pages.lock();
        pages.counters.identifies += 1;
        pages.trace.number(now_ms).text("identify");
    }

    /// A bot sent an IDENTIFY although none was left.
    pub(crate) fn overspent(&self, user_id: u64, now_ms: u64) {
        self.pages.lock().watch.overspent(user_id, now_ms);
    }

    /// A RESUME was received.
    pub(crate) fn resumed(&self) {
        let mut pages = self.pages.lock();
        pages.counters.resumes += 1;
        pages.trace.text("resume");
    }

    /// A scripted bot has begun, gone on with or ended a reply; `number` names it.
    pub(crate) fn replied(&self, reply: ReplyTruth) {
        let mut pages = self.pages.lock();
        let known = pages
            .replies
            .binary_search_by_key(&reply.number, |reply| reply.number);
        match known {
            Ok(index) => pages.replies[index] = reply,
            Err(index) => {
                pages.replies.insert(index, reply);
                if pages.replies.len() > REPLIES_KEPT {
                    pages.replies.pop_front();
                }
            }
        }
    }

    /// The counters now.
    pub(crate) fn counters(&self) -> Counters {
        self.pages.lock().counters.clone()
    }

    /// All requests that were to delete a role, by role.
    pub(crate) fn role_requests(&self) -> BTreeMap<u64, RoleRequests> {
        self.pages.lock().roles.clone()
    }

    /// The replies that are kept, oldest first.
    pub(crate) fn replies(&self) -> Vec<ReplyTruth> {
        self.pages.lock().replies.iter().cloned().collect()
    }

    /// The requests that are kept and pass the filter, oldest first.
    pub(crate) fn requests(&self, keep: impl Fn(&RequestTruth) -> bool) -> Vec<RequestTruth> {
        self.pages
            .lock()
            .requests
            .iter()
            .filter(|request| keep(request))
            .cloned()
            .collect()
    }

    /// Looks at the history with the checkers' eyes.
    pub(crate) fn watched<T>(&self, look: impl FnOnce(&mut Watch) -> T) -> T {
        look(&mut self.pages.lock().watch)
    }
}

impl Pages {
    /// Requests are numbered without gaps, so the place follows from the number.
    fn request(&mut self, number: u64) -> Option<&mut RequestTruth> {
        let first = self.requests.front()?.number;
        let index = usize::try_from(number.checked_sub(first)?).ok()?;
        self.requests.get_mut(index)
    }
}
