//! An outbox in memory, for tests and for programs that need no other.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;

use super::{
    Alarm, Claimed, Delivery, DeliveryStanding, Kind, Noted, Outbox, Outcome, Overview, Owed,
    Settlement, Standing, State, Target, Told,
    alarm::subject_of,
    limits::{
        ALARMS_KEPT_MS, ALARMS_MAX, CLAIM_HOLDS_MS, DAMPED_WITHIN_MS, DELIVERIES_KEPT_MS,
        DELIVERY_AGE_MAX_MS, PUT_OFF_MAX_MS, SHOWN_MAX, WAITING_MAX,
    },
    owed,
};
use crate::Failure;

/// An outbox in memory; a handle that is cheap to clone. What is in it is lost with the process.
#[derive(Clone, Debug, Default)]
pub struct MemoryOutbox(Arc<Mutex<Kept>>);

type Key = (Kind, String);

#[derive(Debug, Default)]
struct Kept {
    alarms: BTreeMap<Key, Standing>,
    /// What each target was told last of each alarm, when, and what it was not told since.
    told: BTreeMap<(String, Key), (State, u64, u64)>,
    /// In the order in which they are delivered.
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    told: Delivery,
    next_at_ms: u64,
    claimed_until_ms: u64,
    trouble: Option<String>,
    settled: Option<(Settlement, u64)>,
}

impl Outbox for MemoryOutbox {
    async fn raise(
        &self,
        alarm: &Alarm,
        targets: &[Target],
        now_ms: u64,
    ) -> Result<Noted, Failure> {
        let mut kept = self.0.lock();
        kept.prune(now_ms);
        let key = (alarm.kind, alarm.subject.clone());
        let former = kept.alarms.remove(&key);
        if former.is_none() && u64::try_from(kept.alarms.len()).unwrap_or(u64::MAX) >= ALARMS_MAX {
            let source = "there are too many alarms".into();
            return Err(Failure::NotDone { wait: None, source });
        }
        let is_new = former.as_ref().is_none_or(|former| !former.is_open());
        let standing = match former {
            Some(former) => former.said(alarm, now_ms),
            None => Standing::begun(alarm, now_ms),
        };
        kept.alarms.insert(key.clone(), standing);
        Ok(kept.note(&key, targets, is_new, now_ms))
    }

    async fn clear(
        &self,
        kind: Kind,
        subject: &str,
        targets: &[Target],
        now_ms: u64,
    ) -> Result<Noted, Failure> {
        let mut kept = self.0.lock();
        let key = (kind, subject_of(subject));
        let Some(standing) = kept.alarms.get_mut(&key) else {
            return Ok(Noted::default());
        };
        let is_new = standing.is_open();
        *standing = standing.clone().ended(now_ms);
        Ok(kept.note(&key, targets, is_new, now_ms))
    }

    async fn claim(&self, targets: &[Target], now_ms: u64) -> Result<Claimed, Failure> {
        let mut kept = self.0.lock();
        let keys: Vec<Key> = kept.alarms.keys().cloned().collect();
        for key in &keys {
            kept.note(key, targets, false, now_ms);
        }
        Ok(Claimed {
            given_up: kept.give_up(now_ms),
            deliveries: targets
                .iter()
                .filter_map(|target| kept.claim(&target.name, now_ms))
                .collect(),
        })
    }

    async fn settle(
        &self,
        delivery: &Delivery,
        outcome: &Outcome,
        now_ms: u64,
    ) -> Result<(), Failure> {
        let mut kept = self.0.lock();
        let mut waiting = kept.rows.iter_mut().filter(|row| row.settled.is_none());
        let Some(row) = waiting.find(|row| row.told.id == delivery.id) else {
            return Ok(());
        };
        let is_ours = row.told.attempt == delivery.attempt;
        match outcome {
            Outcome::Delivered => row.settled = Some((Settlement::Delivered, now_ms)),
            Outcome::Failed { next_at_ms, why } if is_ours => {
                (row.next_at_ms, row.claimed_until_ms) = (*next_at_ms, 0);
                row.trouble = Some(why.clone());
            }
            Outcome::GivenUp { why } if is_ours => {
                row.settled = Some((Settlement::GivenUp, now_ms));
                row.trouble = Some(why.clone());
            }
            Outcome::Failed { .. } | Outcome::GivenUp { .. } => {}
        }
        Ok(())
    }

    async fn overview(&self) -> Result<Overview, Failure> {
        let kept = self.0.lock();
        let alarms = kept.alarms.values().filter(|alarm| alarm.is_open());
        let (settled, waiting): (Vec<&Row>, Vec<&Row>) = kept
            .rows
            .iter()
            .rev()
            .partition(|row| row.settled.is_some());
        let rows = waiting.into_iter().chain(settled);
        let shown = usize::try_from(SHOWN_MAX).unwrap_or(usize::MAX);
        Ok(Overview {
            alarms: alarms.cloned().collect(),
            deliveries: rows.take(shown).map(Row::standing).collect(),
        })
    }
}

// === impl Kept ===

impl Kept {
    /// Writes down what is owed to these targets of one alarm.
    fn note(&mut self, key: &Key, targets: &[Target], is_new: bool, now_ms: u64) -> Noted {
        let wanting = targets.iter().filter(|target| target.wants(key.0, &key.1));
        let told = wanting.filter_map(|target| self.tell(key, target, is_new, now_ms));
        Noted {
            deliveries: told.collect(),
            is_new,
        }
    }

    fn tell(&mut self, key: &Key, target: &Target, is_new: bool, now_ms: u64) -> Option<String> {
        let alarm = self.alarms.get(key)?;
        let place = (target.name.clone(), key.clone());
        let last = self.told.get(&place).copied();
        let told = last.map(|(state, at_ms, _)| Told {
            state,
            at_ms,
            lately: self.lately(&place, now_ms),
        });
        let mut owed = owed(alarm, told, target.remind_after_ms(), now_ms);
        if matches!(owed, Owed::Tell(_)) && self.waiting(&target.name) >= WAITING_MAX {
            owed = Owed::Later;
        }
        match owed {
            Owed::Nothing => None,
            Owed::Later => {
                if let Some(last) = self.told.get_mut(&place).filter(|_| is_new) {
                    last.2 += 1;
                }
                None
            }
            Owed::Tell(state) => {
                let untold = last.map_or(0, |last| last.2);
                let row = Row::of(alarm, &target.name, state, untold, now_ms);
                let id = row.told.id.clone();
                self.rows.push(row);
                self.told.insert(place, (state, now_ms, 0));
                Some(id)
            }
        }
    }

    fn lately(&self, (target, key): &(String, Key), now_ms: u64) -> u32 {
        let since_ms = now_ms.saturating_sub(DAMPED_WITHIN_MS);
        let lately = self.rows.iter().filter(|row| {
            let told = &row.told;
            told.target == *target
                && (told.kind, &told.subject) == (key.0, &key.1)
                && told.at_ms > since_ms
        });
        u32::try_from(lately.count()).unwrap_or(u32::MAX)
    }

    fn waiting(&self, target: &str) -> u64 {
        let waiting = self.rows.iter();
        let waiting = waiting.filter(|row| row.settled.is_none() && row.told.target == target);
        u64::try_from(waiting.count()).unwrap_or(u64::MAX)
    }

    fn give_up(&mut self, now_ms: u64) -> u64 {
        let mut given_up = 0;
        let waiting = self.rows.iter_mut().filter(|row| row.settled.is_none());
        for row in waiting.filter(|row| row.claimed_until_ms <= now_ms) {
            if now_ms.saturating_sub(row.told.at_ms) > DELIVERY_AGE_MAX_MS {
                row.settled = Some((Settlement::GivenUp, now_ms));
                given_up += 1;
            }
        }
        given_up
    }

    fn claim(&mut self, target: &str, now_ms: u64) -> Option<Delivery> {
        let mut waiting = self.rows.iter_mut().filter(|row| row.settled.is_none());
        let first = waiting.find(|row| row.told.target == target)?;
        // What lies further ahead than anything is put there was put by a clock that was wrong.
        let is_free = first.claimed_until_ms <= now_ms
            || first.claimed_until_ms > now_ms.saturating_add(CLAIM_HOLDS_MS);
        let is_due =
            first.next_at_ms <= now_ms || first.next_at_ms > now_ms.saturating_add(PUT_OFF_MAX_MS);
        if !is_free || !is_due {
            return None;
        }
        first.claimed_until_ms = now_ms.saturating_add(CLAIM_HOLDS_MS);
        first.told.attempt += 1;
        Some(first.told.clone())
    }

    fn prune(&mut self, now_ms: u64) {
        let is_young = |at_ms: u64, kept_ms| now_ms.saturating_sub(at_ms) <= kept_ms;
        self.rows.retain(|row| {
            row.settled
                .is_none_or(|(_, at_ms)| is_young(at_ms, DELIVERIES_KEPT_MS))
        });
        self.alarms
            .retain(|_, alarm| is_young(alarm.ended_ms.unwrap_or(alarm.said_ms), ALARMS_KEPT_MS));
        let alarms = &self.alarms;
        self.told.retain(|(_, key), _| alarms.contains_key(key));
    }
}

// === impl Row ===

impl Row {
    fn of(alarm: &Standing, target: &str, state: State, untold: u64, now_ms: u64) -> Self {
        let told = Delivery {
            id: Delivery::draw_id(),
            target: target.to_owned(),
            kind: alarm.kind,
            subject: alarm.subject.clone(),
            text: alarm.text.clone(),
            fix: alarm.fix.clone(),
            state,
            at_ms: now_ms,
            count: alarm.count,
            untold,
            attempt: 0,
        };
        Self {
            told,
            next_at_ms: now_ms,
            claimed_until_ms: 0,
            trouble: None,
            settled: None,
        }
    }

    fn standing(&self) -> DeliveryStanding {
        DeliveryStanding {
            id: self.told.id.clone(),
            target: self.told.target.clone(),
            kind: self.told.kind,
            subject: self.told.subject.clone(),
            state: self.told.state,
            at_ms: self.told.at_ms,
            attempts: self.told.attempt,
            next_at_ms: self.next_at_ms,
            trouble: self.trouble.clone(),
            settled: self.settled.map(|(settlement, _)| settlement),
        }
    }
}
