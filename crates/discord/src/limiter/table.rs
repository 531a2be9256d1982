//! All that is known about limits, in one place. Pure: time is a parameter.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use tokio::time::Instant;

use super::{
    bucket::{Bucket, Closed},
    global::Global,
    invalid::Invalid,
    line::Line,
    route::{BucketId, Key, Route},
    told::{Limited, Scope, Told},
};
use crate::limits::BUCKETS_SWEPT_AT;

/// Which gate a request waits at.
#[derive(Debug)]
pub(crate) enum Gate {
    /// The budget of invalid requests is spent: nothing leaves before this moment.
    Invalid(Instant),
    /// The limit over all routes.
    Global(Instant),
    /// The route's bucket, and the line before it.
    Bucket(Closed, Arc<Line>),
}

/// How a request ended, as far as its limits are concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    /// Nothing left this process.
    NotSent,
    /// It may have been counted, but no answer says so.
    Lost,
    /// An answer, whatever it said.
    Answered {
        told: Option<Told>,
        limited: Option<Limited>,
        /// 401, 403 or a 429 that is not shared.
        invalid: bool,
    },
}

#[derive(Debug)]
struct Slot {
    bucket: Bucket,
    /// Where it went when its bucket got a name. Answers to its requests follow.
    moved_to: Option<Key>,
    /// Made when somebody has to wait.
    line: Option<Arc<Line>>,
}

/// All that is known about limits.
#[derive(Debug)]
pub(crate) struct Table {
    /// The bucket that each route was last seen in, with its limit. As many entries as routes.
    routes: HashMap<&'static str, (BucketId, u32)>,
    slots: HashMap<Key, Slot>,
    sweep_at: usize,
    global: Global,
    invalid: Invalid,
}

impl Table {
    pub(crate) fn new(per_second: u16, now: Instant) -> Self {
        Self {
            routes: HashMap::new(),
            slots: HashMap::new(),
            sweep_at: BUCKETS_SWEPT_AT,
            global: Global::new(per_second),
            invalid: Invalid::new(now),
        }
    }

    /// Lets one request go through all gates at once, or names the first that is closed.
    pub(crate) fn admit(&mut self, route: Route, now: Instant) -> Result<Key, Gate> {
        let key = self.check(route, now)?;
        self.slot(key, |slot| slot.bucket.take());
        self.global.take(now);
        Ok(key)
    }

    /// Names the first closed gate before this route; counts nothing.
    pub(crate) fn check(&mut self, route: Route, now: Instant) -> Result<Key, Gate> {
        self.invalid.check(now).map_err(Gate::Invalid)?;
        self.global.check(now).map_err(Gate::Global)?;
        let key = self.key(route);
        let slot = self.slots.get_mut(&key).expect("`key` makes it");
        match slot.bucket.check(route.share, now) {
            Ok(()) => Ok(key),
            Err(closed) => Err(Gate::Bucket(closed, slot.line())),
        }
    }

    /// The line before the route's bucket, if somebody stands there.
    pub(crate) fn busy_line(&self, route: Route) -> Option<Arc<Line>> {
        let line = self.slots.get(&self.current(route))?.line.as_ref()?;
        line.is_busy().then(|| Arc::clone(line))
    }

    /// The line before the route's bucket.
    pub(crate) fn line(&mut self, route: Route) -> Arc<Line> {
        let key = self.key(route);
        self.slots.get_mut(&key).expect("`key` makes it").line()
    }

    /// Takes in how a request ended. Says whether it was the one that spent the budget of invalid
    /// requests.
    pub(crate) fn end(&mut self, route: Route, key: Key, ending: Ending, now: Instant) -> bool {
        let Ending::Answered {
            told,
            limited,
            invalid,
        } = ending
        else {
            self.leave(key, matches!(ending, Ending::Lost));
            self.sweep(now);
            return false;
        };
        self.leave(key, false);
        let mut now_in = key;
        if let Some(told) = told {
            let named = (told.bucket, told.limit.max(1));
            if let Some((former, _)) = self.routes.insert(route.name, named)
                && former != told.bucket
            {
                self.keep_closed(former, told.bucket, now);
            }
            now_in = self.key(route);
            self.slot(now_in, |slot| slot.bucket.learn(&told, now));
        }
        match limited {
            Some(Limited {
                scope: Scope::Global,
                wait,
            }) => self.global.close(wait, now),
            Some(Limited { wait, .. }) => {
                now_in = self.key(route);
                self.slot(now_in, |slot| slot.bucket.close(wait, now));
            }
            None => {}
        }
        self.slot(now_in, |slot| slot.line.iter().for_each(|line| line.wake()));
        self.sweep(now);
        invalid && self.invalid.record(now)
    }

    fn current(&self, route: Route) -> Key {
        let bucket = match self.routes.get(route.name) {
            Some((bucket, _)) => *bucket,
            None => BucketId::of_route(route.name),
        };
        Key {
            bucket,
            resource: route.resource,
        }
    }

    /// The key under which the route counts now; its slot exists afterwards. When the bucket has
    /// just got its name, what is in flight moves there from the nameless slot.
    fn key(&mut self, route: Route) -> Key {
        let key = self.current(route);
        if self.slots.contains_key(&key) {
            return key;
        }
        let limit = self.routes.get(route.name).map(|(_, limit)| *limit);
        let mut slot = Slot {
            bucket: Bucket::new(limit),
            moved_to: None,
            line: None,
        };
        let nameless = Key {
            bucket: BucketId::of_route(route.name),
            resource: route.resource,
        };
        if let Entry::Occupied(mut before) = self.slots.entry(nameless)
            && before.get().moved_to.is_none()
        {
            let old = before.get_mut();
            slot.bucket.adopt(&old.bucket);
            slot.line = old.line.take();
            old.moved_to = Some(key);
        }
        self.slots.insert(key, slot);
        key
    }

    /// A bucket has another name now: who was told to wait under the old one still waits.
    fn keep_closed(&mut self, former: BucketId, bucket: BucketId, now: Instant) {
        let closed = self.slots.iter().filter(|(key, _)| key.bucket == former);
        let closed =
            closed.filter_map(|(key, slot)| Some((key.resource, slot.bucket.closed_until(now)?)));
        let closed: Vec<_> = closed.collect();
        for (resource, until) in closed {
            let key = Key { bucket, resource };
            let slot = self.slots.entry(key).or_insert_with(|| Slot {
                bucket: Bucket::new(None),
                moved_to: None,
                line: None,
            });
            slot.bucket.close_until(until);
        }
    }

    fn slot(&mut self, key: Key, act: impl FnOnce(&mut Slot)) {
        if let Some(slot) = self.slots.get_mut(&key) {
            act(slot);
        }
    }

    fn leave(&mut self, key: Key, spent: bool) {
        let mut next = Some(key);
        // At most two steps: a nameless slot moves once, and a named one never does.
        while let Some(key) = next.take() {
            self.slot(key, |slot| {
                slot.bucket.leave(spent);
                slot.line.iter().for_each(|line| line.wake());
                next = slot.moved_to;
            });
        }
    }

    /// Forgets what says nothing any more: channels come and go by the thousand.
    fn sweep(&mut self, now: Instant) {
        if self.slots.len() < self.sweep_at {
            return;
        }
        self.slots.retain(|_, slot| {
            let waited_for = slot
                .line
                .as_ref()
                .is_some_and(|line| Arc::strong_count(line) > 1);
            waited_for || !slot.bucket.is_fresh(now)
        });
        self.sweep_at = (self.slots.len() * 2).max(BUCKETS_SWEPT_AT);
    }
}

impl Slot {
    fn line(&mut self) -> Arc<Line> {
        Arc::clone(self.line.get_or_insert_default())
    }
}

#[cfg(test)]
mod tests;
