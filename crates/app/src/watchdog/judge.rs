//! Who is stuck: pure, so that it can be read and tested.

use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use super::{Bounds, pulse::Pulse};

/// Compares what it sees with what it saw.
#[derive(Debug)]
pub(super) struct Judge {
    bounds: Bounds,
    watched: Vec<Watched>,
}

/// What one look comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Everything gets on.
    Fresh,
    /// Something does not; it may still come back.
    Stuck(Stuck),
    /// It will not.
    Lost(Stuck),
}

/// What is stuck, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stuck {
    task: &'static str,
    how: How,
    since: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// One poll does not return: it holds its thread.
    Poll,
    /// It should have come round again.
    Round,
}

#[derive(Debug)]
struct Watched {
    pulse: Weak<Pulse>,
    polls: Still,
    rounds: Still,
}

/// A counter, and for how long it has stood still.
#[derive(Debug)]
struct Still {
    count: u64,
    since: Duration,
}

// === impl Judge ===

impl Judge {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            watched: Vec::new(),
        }
    }

    /// Watches over these as well, from now on.
    pub(super) fn take(&mut self, pulses: &mut Vec<Weak<Pulse>>) {
        for pulse in pulses.drain(..) {
            let Some(alive) = pulse.upgrade() else {
                continue;
            };
            self.watched.push(Watched {
                polls: Still::at(alive.polls()),
                rounds: Still::at(alive.rounds()),
                pulse,
            });
        }
    }

    /// Looks at all of them, so long after the last look. The worst one decides; a held thread is named
    /// first, since others may stand still because of it.
    pub(super) fn look(&mut self, passed: Duration) -> Verdict {
        let Bounds {
            stuck_after,
            ends_after,
        } = self.bounds;
        let mut worst = Duration::ZERO;
        let mut named: Option<((bool, Duration), Stuck)> = None;
        self.watched.retain_mut(|watched| {
            let Some(pulse) = watched.pulse.upgrade() else {
                // The task has ended, and whoever holds it knows.
                return false;
            };
            for (how, since, max) in watched.signs(&pulse, passed, stuck_after) {
                let Some(over) = since.checked_sub(max) else {
                    continue;
                };
                worst = worst.max(over);
                let rank = (how == How::Poll, over);
                if named.as_ref().is_none_or(|(highest, _)| rank > *highest) {
                    let task = pulse.name;
                    named = Some((rank, Stuck { task, how, since }));
                }
            }
            true
        });
        match named {
            None => Verdict::Fresh,
            Some((_, stuck)) if worst < ends_after => Verdict::Stuck(stuck),
            Some((_, stuck)) => Verdict::Lost(stuck),
        }
    }
}

// === impl Watched ===

impl Watched {
    /// How long each sign has stood still although it should not, and how long it may.
    fn signs(
        &mut self,
        pulse: &Arc<Pulse>,
        passed: Duration,
        poll_max: Duration,
    ) -> impl Iterator<Item = (How, Duration, Duration)> {
        let polls = pulse.polls();
        let poll = self.polls.look(polls, passed);
        // Between two polls a task waits for something, and may.
        let is_under_way = polls % 2 == 1;
        let poll = is_under_way.then_some((How::Poll, poll, poll_max));
        let round = self.rounds.look(pulse.rounds(), passed);
        let round = pulse.round_max.map(|max| (How::Round, round, max));
        poll.into_iter().chain(round)
    }
}

// === impl Still ===

impl Still {
    const fn at(count: u64) -> Self {
        Self {
            count,
            since: Duration::ZERO,
        }
    }

    fn look(&mut self, count: u64, passed: Duration) -> Duration {
        if count == self.count {
            self.since = self.since.saturating_add(passed);
        } else {
            *self = Self::at(count);
        }
        self.since
    }
}

// === impl Stuck ===

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { task, how, since } = self;
        let seconds = since.as_secs();
        match how {
            How::Poll => write!(f, "{task} has held its thread for {seconds} s"),
            How::Round => write!(f, "{task} has not come round for {seconds} s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::poll_fn,
        task::{Context, Poll, Waker},
    };

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const BOUNDS: Bounds = Bounds {
        stuck_after: Duration::from_secs(10),
        ends_after: Duration::from_secs(20),
    };

    fn judge(pulses: &[&Arc<Pulse>]) -> Judge {
        let mut judge = Judge::new(BOUNDS);
        judge.take(&mut pulses.iter().map(|pulse| Arc::downgrade(pulse)).collect());
        judge
    }

    /// The verdicts of so many looks, a second apart, in one word each.
    fn looks(judge: &mut Judge, count: usize) -> Vec<&'static str> {
        let word = |verdict| match verdict {
            Verdict::Fresh => "fresh",
            Verdict::Stuck(_) => "stuck",
            Verdict::Lost(_) => "lost",
        };
        (0..count).map(|_| word(judge.look(SECOND))).collect()
    }

    #[test]
    fn a_poll_that_does_not_return_is_stuck_and_then_lost() {
        // How: the looks are taken from within the poll.
        let pulse = Arc::new(Pulse::new("a task", None));
        let mut judge = judge(&[&pulse]);
        let mut poll = Box::pin(pulse.watch(poll_fn(|_| {
            Poll::Ready({
                let seen = looks(&mut judge, 31);
                (seen, judge.look(SECOND))
            })
        })));
        let polled = poll.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready((seen, last)) = polled else {
            panic!("it is ready");
        };
        // The first look sees the poll for the first time.
        assert_eq!(seen[..10], ["fresh"; 10]);
        assert_eq!(seen[10..30], ["stuck"; 20]);
        assert_eq!(seen[30], "lost");
        let Verdict::Lost(stuck) = last else {
            panic!("it is lost");
        };
        assert_eq!(stuck.to_string(), "a task has held its thread for 31 s");
        drop(poll);
        assert_eq!(judge.look(SECOND), Verdict::Fresh, "it returned");
    }

    #[test]
    fn a_task_that_waits_between_two_polls_is_not_stuck_however_long() {
        let pulse = Arc::new(Pulse::new("a task", None));
        let mut judge = judge(&[&pulse]);
        assert_eq!(looks(&mut judge, 1_000), ["fresh"; 1_000]);
    }

    #[test]
    fn a_loop_that_does_not_come_round_is_stuck_until_it_does() {
        let pulse = Arc::new(Pulse::new("a loop", Some(Duration::from_mins(1))));
        let mut judge = judge(&[&pulse]);
        assert_eq!(looks(&mut judge, 59), ["fresh"; 59]);
        assert_eq!(looks(&mut judge, 20), ["stuck"; 20]);
        pulse.round();
        assert_eq!(looks(&mut judge, 60), ["fresh"; 60]);
        assert_eq!(looks(&mut judge, 21)[20], "lost");
    }

    #[test]
    fn what_has_ended_is_not_watched_any_more() {
        let pulse = Arc::new(Pulse::new("a loop", Some(SECOND)));
        let mut judge = judge(&[&pulse]);
        assert_eq!(looks(&mut judge, 2)[1], "stuck");
        drop(pulse);
        assert_eq!(judge.look(SECOND), Verdict::Fresh);
        assert!(judge.watched.is_empty());
    }

    #[test]
    fn the_worst_one_decides() {
        let slow = Arc::new(Pulse::new("slow", Some(Duration::from_mins(1))));
        let quick = Arc::new(Pulse::new("quick", Some(SECOND)));
        let mut judge = judge(&[&slow, &quick]);
        assert_eq!(looks(&mut judge, 21)[20], "lost");
        quick.round();
        let Verdict::Fresh = judge.look(SECOND) else {
            panic!("the slow one has its minute");
        };
    }
}
