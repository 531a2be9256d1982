//! Keeps jobs to their schedules.
//!
//! ```text
//!   jobs ──watch──► Timetable ──one future a job──► waits ─► claims ─► runs, renewing ─► finishes
//!                                                     ▲         └──────── Diary ────────┘
//!                                                     └───────────────── again ─────────┘
//! ```

use std::{collections::HashSet, fmt, pin::pin, time::Duration};

use cordboard_lifecycle::Clock;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use parking_lot::Mutex;
use tokio::{
    sync::{Semaphore, watch},
    time::sleep,
};

use crate::{
    Claim, Diary, Ended, Failure, Job, Jobs, Open, Schedule, Standing, Turn,
    limits::{
        CLAIM_HOLDS, CLAIM_LOOKED_AT_EVERY, CLAIM_RENEWED_EVERY, DIARY_RETRY, LEFT_PAUSE,
        LOOK_EVERY, RUNS_MAX,
    },
};

/// Keeps jobs to their schedules, side by side; several of it over one diary, in as many processes, do
/// each thing once.
pub struct Timetable<D, C> {
    diary: D,
    clock: C,
    jobs: watch::Receiver<Jobs>,
    permits: Semaphore,
    /// What we hold at the moment.
    held: Mutex<HashSet<(String, u64, u64)>>,
}

/// What is to be done about a job next.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Do(Turn),
    /// Nothing before then.
    Wait(u64),
}

impl<D, C> fmt::Debug for Timetable<D, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let jobs = self.jobs.borrow();
        let names = jobs.iter().map(|job| job.name());
        f.debug_list().entries(names).finish()
    }
}

// === impl Timetable ===

impl<D: Diary, C: Clock> Timetable<D, C> {
    /// A timetable of these jobs, whatever they change to: a job that runs goes on as it was begun.
    pub fn new(diary: D, clock: C, jobs: watch::Receiver<Jobs>) -> Self {
        Self {
            diary,
            clock,
            jobs,
            permits: Semaphore::new(RUNS_MAX),
            held: Mutex::default(),
        }
    }

    /// Keeps them until `stop`. What is under way then is given back, for the next process to go on with.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = stop => {}
            () = self.keep_all() => {}
        }
        let held = std::mem::take(&mut *self.held.lock());
        for (job, due_ms, holder) in held {
            // If that fails it is open again when its time has passed.
            drop(
                self.diary
                    .renew(&job, due_ms, holder, self.clock.now_ms())
                    .await,
            );
        }
    }

    async fn keep_all(&self) {
        let mut jobs = self.jobs.clone();
        let (mut names, mut keeping) = (HashSet::new(), FuturesUnordered::new());
        loop {
            let listed: Vec<String> = jobs
                .borrow_and_update()
                .iter()
                .map(|job| job.name().to_owned())
                .collect();
            for name in listed {
                if names.insert(name.clone()) {
                    keeping.push(self.keep(name));
                }
            }
            tokio::select! {
                Some(name) = keeping.next() => {
                    names.remove(&name);
                }
                changed = jobs.changed() => if changed.is_err() {
                    // Nobody is left to change them.
                    while keeping.next().await.is_some() {}
                    return;
                },
            }
        }
    }

    /// Keeps the job of this name, as long as there is one.
    async fn keep(&self, name: String) -> String {
        let mut jobs = self.jobs.clone();
        let mut schedule = None::<Schedule>;
        loop {
            let job = jobs
                .borrow_and_update()
                .iter()
                .find(|job| job.name() == name)
                .cloned();
            let Some(job) = job else {
                return name;
            };
            if schedule.as_ref() != Some(job.schedule()) {
                let (kept, now_ms) = (job.schedule().to_string(), self.clock.now_ms());
                if let Err(failure) = self.diary.keep_to(&name, &kept, now_ms).await {
                    self.diary_failed(&name, failure).await;
                    continue;
                }
                schedule = Some(job.schedule().clone());
            }
            let next = match self.diary.standing(&name, self.clock.now_ms()).await {
                Ok(standing) => next(&*job, standing, self.clock.now_ms()),
                Err(failure) => {
                    self.diary_failed(&name, failure).await;
                    continue;
                }
            };
            let wait = match next {
                Next::Do(turn) => self.turn(&*job, turn).await,
                Next::Wait(until_ms) => Some(until_ms),
            };
            if let Some(until_ms) = wait {
                tokio::select! {
                    () = self.wait(until_ms) => {}
                    // There may be no job of this name any more, or another schedule.
                    Ok(()) = jobs.changed() => {}
                }
            }
        }
    }

    /// Waits by the wall clock, which may be set meanwhile. When it was put back, something else may be due
    /// before that time comes again.
    async fn wait(&self, until_ms: u64) {
        let mut seen_ms = self.clock.now_ms();
        while seen_ms < until_ms {
            let left = Duration::from_millis(until_ms - seen_ms);
            sleep(left.min(LOOK_EVERY)).await;
            let now_ms = self.clock.now_ms();
            if now_ms < seen_ms {
                return;
            }
            seen_ms = now_ms;
        }
    }

    /// Claims a turn and takes it. If it is left to somebody else, nothing is to be done before the time that
    /// it gives.
    async fn turn(&self, job: &dyn Job, turn: Turn) -> Option<u64> {
        let _permit = self.permits.acquire().await.ok()?;
        let (name, now_ms) = (job.name(), self.clock.now_ms());
        let until_ms = now_ms + millis(CLAIM_HOLDS);
        let mut left_until_ms = None;
        match self.diary.claim(name, turn.due_ms, now_ms, until_ms).await {
            Ok(Claim::Ours { holder, again }) => {
                let turn = Turn { again, ..turn };
                if turn.missed > 0 {
                    tracing::warn!(job = name, missed = turn.missed, "nobody was there in time");
                }
                let held = (name.to_owned(), turn.due_ms, holder);
                self.held.lock().insert(held.clone());
                match self.hold(job, turn, holder, until_ms).await {
                    Some(Ended::Done(outcome)) => self.finish(name, turn, holder, &outcome).await,
                    Some(Ended::Left) => left_until_ms = Some(self.leave(name, turn, holder).await),
                    None => tracing::warn!(
                        job = name,
                        due_ms = turn.due_ms,
                        "somebody else has taken it over"
                    ),
                }
                self.held.lock().remove(&held);
            }
            // It says so when it is asked how the job stands.
            Ok(Claim::Held { .. } | Claim::Done) => {}
            Err(failure) => self.diary_failed(name, failure).await,
        }
        left_until_ms
    }

    /// Gives a turn back, for somebody else to take, and says when it may be looked at again.
    async fn leave(&self, name: &str, turn: Turn, holder: u64) -> u64 {
        let now_ms = self.clock.now_ms();
        tracing::info!(job = name, due_ms = turn.due_ms, "left to somebody else");
        // If that fails it is open when its time has passed.
        drop(self.diary.renew(name, turn.due_ms, holder, now_ms).await);
        now_ms + millis(LEFT_PAUSE)
    }

    /// Runs a job while its claim is renewed; `None` when that was lost.
    async fn hold(&self, job: &dyn Job, turn: Turn, holder: u64, until_ms: u64) -> Option<Ended> {
        let mut run = pin!(job.run(turn));
        let mut until_ms = until_ms;
        loop {
            tokio::select! {
                outcome = &mut run => return Some(outcome),
                () = sleep(CLAIM_RENEWED_EVERY) => {}
            }
            let now_ms = self.clock.now_ms();
            let wanted_ms = now_ms + millis(CLAIM_HOLDS);
            match self
                .diary
                .renew(job.name(), turn.due_ms, holder, wanted_ms)
                .await
            {
                Ok(true) => until_ms = wanted_ms,
                Ok(false) => return None,
                Err(failure) => {
                    tracing::warn!(
                        job = job.name(),
                        error = failure.reason(),
                        "the diary failed"
                    );
                    if now_ms >= until_ms {
                        return None;
                    }
                }
            }
        }
    }

    /// If it cannot be written down, it is taken up again, by looking.
    async fn finish(&self, name: &str, turn: Turn, holder: u64, outcome: &str) {
        let now_ms = self.clock.now_ms();
        let finished = self
            .diary
            .finish(name, turn.due_ms, holder, outcome, now_ms);
        match finished.await {
            Ok(true) => tracing::info!(job = name, due_ms = turn.due_ms, outcome, "done"),
            Ok(false) => tracing::warn!(job = name, due_ms = turn.due_ms, outcome, "done by two"),
            Err(failure) => self.diary_failed(name, failure).await,
        }
    }

    async fn diary_failed(&self, job: &str, failure: Failure) {
        tracing::warn!(job, error = failure.reason(), "the diary failed");
        let told = match failure {
            Failure::NotDone { wait, .. } => wait,
            _ => None,
        };
        sleep(told.unwrap_or(DIARY_RETRY)).await;
    }
}

/// What is to be done about a job that stands like this.
fn next(job: &dyn Job, Standing { since_ms, open }: Standing, now_ms: u64) -> Next {
    let (schedule, name) = (job.schedule(), job.name());
    let is_held = |open: &Open| open.until_ms > now_ms;
    if let Some(open) = open.filter(is_held) {
        if open.until_ms > now_ms + millis(CLAIM_HOLDS) {
            // From before the clock was put back, perhaps by somebody who has died: a claim in vain makes it
            // end in time.
            return Next::Do(open.again());
        }
        // Somebody is at it. If they were to die, it is open again by then; if they stop, before that.
        let look_ms = now_ms.saturating_add(millis(CLAIM_LOOKED_AT_EVERY));
        return Next::Wait(open.until_ms.min(look_ms));
    }
    // What is due later goes before what somebody has begun and not finished.
    if let Some(ripe) = schedule.ripe(name, since_ms, now_ms) {
        return Next::Do(Turn {
            due_ms: ripe.due_ms,
            missed: ripe.missed,
            again: false,
        });
    }
    if let Some(open) = open {
        return Next::Do(open.again());
    }
    let next = schedule.next_after(since_ms);
    let fires = next.map(|due_ms| schedule.fires_at(name, due_ms));
    // What was looked at a moment ago is not looked at again at once.
    Next::Wait(fires.unwrap_or(u64::MAX).max(now_ms + 1))
}

impl Open {
    /// It is taken up again.
    fn again(self) -> Turn {
        Turn {
            due_ms: self.due_ms,
            missed: 0,
            again: true,
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
