//! What was due, who does it, and what came of it: so that each due time is served once.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;

use crate::{Failure, limits::DIARY_KEPT_MS};

/// What was due, who does it, and what came of it. Shared by all processes that may do it.
///
/// A due time is served once: whoever claims it first has it, and a claim that is not renewed in time is
/// open to others again. All times are in milliseconds since 1970.
pub trait Diary: Send + Sync + 'static {
    /// Writes down the schedule that `job` keeps to. If another one is on record it changes now: nothing
    /// that is due before `now_ms` is made up for. For whoever begins to keep it, or has heard
    /// of a change: two that keep it by different schedules would change it each time that they ask.
    fn keep_to(
        &self,
        job: &str,
        schedule: &str,
        now_ms: u64,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// How `job` stands at `now_ms`. Its beginning is written down when it is asked for the first time:
    /// nothing that was due before that is made up for. One that lies ahead was written by a clock that was
    /// wrong: `now_ms` is put in its place.
    fn standing(
        &self,
        job: &str,
        now_ms: u64,
    ) -> impl Future<Output = Result<Standing, Failure>> + Send;

    /// Claims a due time until `until_ms`. `Unknown`: it may be ours, and is open again when that time
    /// has passed. Nobody holds one for longer than whoever asks now would: what is on record beyond that was
    /// written before the clock was put back, perhaps by somebody who has died.
    fn claim(
        &self,
        job: &str,
        due_ms: u64,
        now_ms: u64,
        until_ms: u64,
    ) -> impl Future<Output = Result<Claim, Failure>> + Send;

    /// Holds it for longer. `false` when somebody else has taken it, because its time had passed: what
    /// it was for must end.
    fn renew(
        &self,
        job: &str,
        due_ms: u64,
        holder: u64,
        until_ms: u64,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Writes down what came of it: it is done. `false` when somebody else has taken it.
    fn finish(
        &self,
        job: &str,
        due_ms: u64,
        holder: u64,
        outcome: &str,
        now_ms: u64,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The latest due time on record, or the job's beginning, or the last change of its schedule if that is
    /// later. Never later than now: a clock that was
    /// wrong once does not keep a job from running.
    pub since_ms: u64,
    /// The due time at `since_ms` if it is claimed and not done, and until when it is held.
    pub open: Option<Open>,
}

/// A due time that somebody has claimed and not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// The due time.
    pub due_ms: u64,
    /// Who holds it is taken for dead from then on.
    pub until_ms: u64,
}

/// What a claim came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is ours.
    Ours {
        /// Who we are in it: no other claim of it has this number.
        holder: u64,
        /// Somebody has had it before and is taken for dead: look what was done of it.
        again: bool,
    },
    /// Somebody else does it, until then unless they hold it for longer.
    Held {
        /// When it may be asked for again.
        until_ms: u64,
    },
    /// It is done.
    Done,
}

/// A diary in memory: for one process, and gone with it.
#[derive(Clone, Debug, Default)]
pub struct MemoryDiary(Arc<Mutex<BTreeMap<String, Job>>>);

#[derive(Debug)]
struct Job {
    began_ms: u64,
    schedule: Option<String>,
    changed_ms: u64,
    dues: BTreeMap<u64, Due>,
}

#[derive(Debug)]
struct Due {
    holder: u64,
    until_ms: u64,
    outcome: Option<String>,
}

// === impl Job ===

impl Job {
    const fn begun(began_ms: u64) -> Self {
        Self {
            began_ms,
            schedule: None,
            changed_ms: 0,
            dues: BTreeMap::new(),
        }
    }
}

// === impl MemoryDiary ===

impl MemoryDiary {
    /// What came of each due time of `job`, oldest first; `None`: it is not done.
    #[must_use]
    pub fn outcomes(&self, job: &str) -> Vec<(u64, Option<String>)> {
        let jobs = self.0.lock();
        let dues = jobs.get(job).into_iter().flat_map(|job| &job.dues);
        dues.map(|(due_ms, due)| (*due_ms, due.outcome.clone()))
            .collect()
    }

    /// Calls `change` if the claim is still this holder's.
    fn held(&self, job: &str, due_ms: u64, holder: u64, change: impl FnOnce(&mut Due)) -> bool {
        let mut jobs = self.0.lock();
        let due = jobs.get_mut(job).and_then(|job| job.dues.get_mut(&due_ms));
        let ours = due.filter(|due| due.holder == holder && due.outcome.is_none());
        ours.map(change).is_some()
    }
}

impl Diary for MemoryDiary {
    async fn keep_to(&self, job: &str, schedule: &str, now_ms: u64) -> Result<(), Failure> {
        let mut jobs = self.0.lock();
        let job = jobs.entry(job.to_owned());
        let job = job.or_insert_with(|| Job::begun(now_ms));
        let before = job.schedule.replace(schedule.to_owned());
        if before.is_some_and(|before| before != schedule) {
            job.changed_ms = now_ms;
        }
        Ok(())
    }

    async fn standing(&self, job: &str, now_ms: u64) -> Result<Standing, Failure> {
        let mut jobs = self.0.lock();
        let job = jobs
            .entry(job.to_owned())
            .or_insert_with(|| Job::begun(now_ms));
        // One that is ahead is a clock's that was wrong: it is now.
        job.began_ms = job.began_ms.min(now_ms);
        job.changed_ms = job.changed_ms.min(now_ms);
        let last = job.dues.range(..=now_ms).next_back();
        Ok(Standing {
            since_ms: last
                .map_or(job.began_ms, |(due_ms, _)| *due_ms)
                .max(job.changed_ms),
            open: last
                .filter(|(_, due)| due.outcome.is_none())
                .map(|(due_ms, due)| Open {
                    due_ms: *due_ms,
                    until_ms: due.until_ms,
                }),
        })
    }

    async fn claim(
        &self,
        job: &str,
        due_ms: u64,
        now_ms: u64,
        until_ms: u64,
    ) -> Result<Claim, Failure> {
        let mut jobs = self.0.lock();
        let job = jobs
            .entry(job.to_owned())
            .or_insert_with(|| Job::begun(now_ms));
        let kept_from = now_ms.saturating_sub(DIARY_KEPT_MS).min(due_ms);
        job.dues = job.dues.split_off(&kept_from);
        let holder = match job.dues.get_mut(&due_ms) {
            None => 1,
            Some(due) if due.outcome.is_some() => return Ok(Claim::Done),
            Some(due) if due.until_ms > now_ms => {
                due.until_ms = due.until_ms.min(until_ms);
                return Ok(Claim::Held {
                    until_ms: due.until_ms,
                });
            }
            Some(due) => due.holder + 1,
        };
        job.dues.insert(
            due_ms,
            Due {
                holder,
                until_ms,
                outcome: None,
            },
        );
        Ok(Claim::Ours {
            holder,
            again: holder > 1,
        })
    }

    async fn renew(
        &self,
        job: &str,
        due_ms: u64,
        holder: u64,
        until_ms: u64,
    ) -> Result<bool, Failure> {
        Ok(self.held(job, due_ms, holder, |due| due.until_ms = until_ms))
    }

    async fn finish(
        &self,
        job: &str,
        due_ms: u64,
        holder: u64,
        outcome: &str,
        _: u64,
    ) -> Result<bool, Failure> {
        Ok(self.held(job, due_ms, holder, |due| {
            due.outcome = Some(outcome.to_owned());
        }))
    }
}
