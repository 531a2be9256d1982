//! The checkers' eyes: each request is looked at as it passes, so that no check depends on how
//! much of the history is kept.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use serde_json::Value;

use super::{Violation, sightings::Sightings};
use crate::{
    config::{Config, WindowLimit},
    fault::Scope,
    limits::{IN_FLIGHT_GRACE_MS, SPECIAL_GRACE_MS, VIOLATIONS_KEPT, WAIT_ROUNDING_MS},
    record::{Answered, Arrival, Told},
};

/// What the checkers remember.
#[derive(Debug)]
pub(crate) struct Watch {
    proxy_id: u64,
    protected: BTreeSet<u64>,
    /// Channels that the guild uses itself, and since when.
    special: BTreeMap<u64, u64>,
    seen: Vec<Violation>,
    marks: Sightings<String, Mark>,
    /// Channels that Discord told the proxy gone. What one client was told, another does not know.
    gone: Sightings<(Client, u64), Gone>,
    /// Roles that Discord told the proxy gone, and when.
    roles_gone: Sightings<u64, u64>,
    doors: HashMap<(Client, Door), Closed>,
    invalid_budget: WindowLimit,
    invalid: Tally,
    identifies_per_day: u64,
}

/// One of those that use the proxy's token, if they have names.
type Client = Option<Arc<str>>;

/// How an attempt with a mark ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mark {
    /// Discord acted, may have acted, or may yet act.
    Spent,
    /// Discord refused: the same attempt may go on.
    Refused,
}

#[derive(Clone, Copy, Debug)]
struct Gone {
    told_ms: u64,
    /// It was asked for once more, by GET.
    looked: bool,
    /// It was deleted once more: a message's 404 does not excuse from deleting.
    deleted: bool,
}

/// A route at a resource; `("*", 0)` is all of them.
type Door = (&'static str, u64);

#[derive(Clone, Copy, Debug)]
struct Closed {
    told_ms: u64,
    until_ms: u64,
}

/// How many within the window that began with the first.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    count: u32,
    ends_ms: u64,
}

/// Where the memory of doors is swept: most of them have long been open again.
const DOORS_SWEEP_AT: usize = 4_096;

const DELETE_CHANNEL: &str = "DELETE /channels/{channel_id}";
const DELETE_MESSAGE: &str = "DELETE /channels/{channel_id}/messages/{message_id}";

/// Every route of the bot.
const EVERYWHERE: Door = ("*", 0);

impl Watch {
    /// Nothing seen yet.
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            proxy_id: config.proxy.user_id,
            protected: config
                .guild
                .channels
                .iter()
                .map(|channel| channel.id)
                .collect(),
            special: BTreeMap::new(),
            seen: Vec::new(),
            marks: Sightings::default(),
            gone: Sightings::default(),
            roles_gone: Sightings::default(),
            doors: HashMap::new(),
            invalid_budget: config.limits.invalid,
            invalid: Tally::default(),
            identifies_per_day: config.gateway.identifies_per_day,
        }
    }

    /// What was seen so far.
    pub(crate) fn seen(&self) -> &[Violation] {
        &self.seen
    }

    /// Nobody may delete this channel from here on.
    pub(crate) fn protect(&mut self, channel_id: u64) {
        self.protected.insert(channel_id);
    }

    /// The guild uses these channels itself, since then each.
    pub(crate) fn set_special(&mut self, special: BTreeMap<u64, u64>) {
        self.special = special;
    }

    /// Looks at a request that came in.
    pub(crate) fn arrived(&mut self, arrival: &Arrival) {
        if arrival.actor != Some(self.proxy_id) {
            return;
        }
        self.see_door(arrival, EVERYWHERE);
        self.see_door(arrival, (arrival.route, arrival.resource));
        self.see_gone(arrival);
        self.see_role(arrival);
        self.see_mark(arrival);
        self.see_mentions(arrival);
        if arrival.route == DELETE_CHANNEL
            && let Some(channel_id) = arrival.channel_id
        {
            self.see_delete(channel_id, arrival);
        }
    }

    /// Looks at what became of it.
    pub(crate) fn answered(&mut self, answered: &Answered) {
        if answered.actor != Some(self.proxy_id) {
            return;
        }
        if answered.is_invalid() {
            self.count_invalid(answered.at_ms);
        }
        self.close_door(answered);
        let refused = answered
            .status
            .is_some_and(|status| (400..500).contains(&status));
        if refused
            && let Some(mark) = &answered.mark
            && let Some(known) = self.marks.get_mut(mark)
        {
            *known = Mark::Refused;
        }
        if answered.role_gone
            && let Some(role_id) = answered.role_id
        {
            self.roles_gone.insert(role_id, answered.at_ms);
        }
        if answered.gone
            && let Some(channel_id) = answered.channel_id
        {
            self.gone.insert(
                (answered.client.clone(), channel_id),
                Gone {
                    told_ms: answered.at_ms,
                    looked: false,
                    deleted: false,
                },
            );
        }
    }

    /// An IDENTIFY came although none was left.
    pub(crate) fn overspent(&mut self, user_id: u64, at_ms: u64) {
        if user_id == self.proxy_id {
            let budget = self.identifies_per_day;
            self.report(Violation::IdentifyBudget { at_ms, budget });
        }
    }

    fn see_door(&mut self, arrival: &Arrival, door: Door) {
        let known = (arrival.client.clone(), door);
        let Some(&closed) = self.doors.get(&known) else {
            return;
        };
        let in_flight = arrival.at_ms <= closed.told_ms + IN_FLIGHT_GRACE_MS;
        let open = arrival.at_ms + WAIT_ROUNDING_MS >= closed.until_ms;
        if open {
            self.doors.remove(&known);
        } else if !in_flight {
            self.report(Violation::ClosedDoor {
                route: arrival.route,
                resource_id: arrival.resource,
                at_ms: arrival.at_ms,
                told_ms: closed.told_ms,
                until_ms: closed.until_ms,
            });
        }
    }

    fn see_gone(&mut self, arrival: &Arrival) {
        let Some(channel_id) = arrival.channel_id else {
            return;
        };
        let known = (arrival.client.clone(), channel_id);
        let Some(gone) = self.gone.get_mut(&known) else {
            return;
        };
        if arrival.at_ms <= gone.told_ms + IN_FLIGHT_GRACE_MS {
            return;
        }
        let spent = match arrival.route {
            "GET /channels/{channel_id}" => &mut gone.looked,
            DELETE_CHANNEL => &mut gone.deleted,
            _ => &mut true,
        };
        if !std::mem::replace(spent, true) {
            return;
        }
        let told_ms = gone.told_ms;
        let (route, at_ms) = (arrival.route, arrival.at_ms);
        self.report(Violation::GoneChannel {
            channel_id,
            route,
            at_ms,
            told_ms,
        });
    }

    fn see_role(&mut self, arrival: &Arrival) {
        let Some(role_id) = arrival.role.as_ref().map(|role| role.id) else {
            return;
        };
        let Some(&mut told_ms) = self.roles_gone.get_mut(&role_id) else {
            return;
        };
        let at_ms = arrival.at_ms;
        if at_ms > told_ms + IN_FLIGHT_GRACE_MS {
            self.report(Violation::RoleDeletedTwice {
                role_id,
                at_ms,
                told_ms,
            });
        }
    }

    /// Judged by what is true as it arrives: what the guild needs later, it did not need now.
    fn see_delete(&mut self, channel_id: u64, arrival: &Arrival) {
        let at_ms = arrival.at_ms;
        let special = self.special.get(&channel_id);
        if self.protected.contains(&channel_id)
            || special.is_some_and(|since_ms| at_ms >= since_ms + SPECIAL_GRACE_MS)
        {
            self.report(Violation::ProtectedDelete { channel_id, at_ms });
        }
        if arrival.creator_id != Some(self.proxy_id) {
            self.report(Violation::WrongDelete {
                channel_id,
                creator_id: arrival.creator_id,
                at_ms,
            });
        }
    }

    fn see_mark(&mut self, arrival: &Arrival) {
        let Some(mark) = &arrival.mark else { return };
        match self.marks.get_mut(mark) {
            None => self.marks.insert(mark.clone(), Mark::Spent),
            Some(known @ Mark::Refused) => *known = Mark::Spent,
            Some(Mark::Spent) => {
                let mark = mark.clone();
                self.report(Violation::MarkSentTwice {
                    mark,
                    at_ms: arrival.at_ms,
                });
            }
        }
    }

    fn see_mentions(&mut self, arrival: &Arrival) {
        let speaks = matches!(
            arrival.route,
            "POST /channels/{channel_id}/messages"
                | "PATCH /channels/{channel_id}/messages/{message_id}"
        );
        let parse = arrival
            .allowed_mentions
            .as_ref()
            .and_then(|allowed| allowed.get("parse"));
        let guarded = parse.and_then(Value::as_array).is_some_and(Vec::is_empty);
        if speaks && !guarded {
            self.report(Violation::UnguardedMentions {
                route: arrival.route,
                channel_id: arrival.channel_id,
                at_ms: arrival.at_ms,
            });
        }
    }

    fn close_door(&mut self, answered: &Answered) {
        let told_ms = answered.at_ms;
        let here = (answered.route, answered.resource);
        let (door, until_ms) = match answered.told {
            Told::Nothing => return,
            // The bucket of a message's deletion depends on the message's age, so an exhausted one
            // says nothing about the next message.
            Told::Spent { .. } if answered.route == DELETE_MESSAGE => return,
            Told::RetryAfter {
                scope: Scope::Global,
                until_ms,
            } => (EVERYWHERE, until_ms),
            Told::Spent { until_ms } | Told::RetryAfter { until_ms, .. } => (here, until_ms),
        };
        if self.doors.len() >= DOORS_SWEEP_AT {
            self.doors.retain(|_, closed| closed.until_ms > told_ms);
        }
        let closed = self
            .doors
            .entry((answered.client.clone(), door))
            .or_insert(Closed { told_ms, until_ms });
        // Told once is told: a second answer may lengthen the wait, never excuse the first.
        if closed.until_ms <= told_ms {
            *closed = Closed { told_ms, until_ms };
        }
        closed.until_ms = closed.until_ms.max(until_ms);
    }

    fn count_invalid(&mut self, now_ms: u64) {
        if now_ms >= self.invalid.ends_ms {
            let ends_ms = now_ms + self.invalid_budget.window_ms;
            self.invalid = Tally { count: 0, ends_ms };
        }
        self.invalid.count += 1;
        if self.invalid.count == self.invalid_budget.limit + 1 {
            let budget = self.invalid_budget.limit;
            self.report(Violation::InvalidBudget {
                at_ms: now_ms,
                budget,
            });
        }
    }

    fn report(&mut self, violation: Violation) {
        tracing::warn!(?violation, "a rule was broken");
        if self.seen.len() < VIOLATIONS_KEPT {
            self.seen.push(violation);
        }
    }
}
