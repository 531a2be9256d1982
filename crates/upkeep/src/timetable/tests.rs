use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::{FutureExt as _, future::BoxFuture, stream};
use tokio::{
    task::LocalSet,
    time::{Instant, timeout},
};

use super::*;
use crate::{MemoryDiary, Schedule};

const DAY: Duration = Duration::from_hours(24);

/// A clock that goes with tokio's.
#[derive(Clone, Debug)]
struct Paused(Instant);

impl Clock for Paused {
    fn now_ms(&self) -> u64 {
        1_767_225_600_000 + u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }
}

/// Notes its turns, and takes a while for each.
struct Noted {
    name: &'static str,
    schedule: Schedule,
    takes: Duration,
    turns: Arc<Mutex<Vec<Turn>>>,
    at_once: Arc<AtomicUsize>,
    /// It leaves all of it to somebody else.
    leaves: bool,
}

impl Noted {
    fn daily(name: &'static str, takes: Duration) -> Arc<Self> {
        Arc::new(Self {
            name,
            schedule: Schedule::new("0 9 * * *", "UTC", Duration::from_mins(30)).unwrap(),
            takes,
            turns: Arc::default(),
            at_once: Arc::default(),
            leaves: false,
        })
    }

    fn leaving(name: &'static str) -> Arc<Self> {
        let mut noted = Arc::into_inner(Self::daily(name, Duration::ZERO)).unwrap();
        noted.leaves = true;
        Arc::new(noted)
    }

    fn turns(&self) -> Vec<Turn> {
        self.turns.lock().clone()
    }
}

impl Job for Noted {
    fn name(&self) -> &str {
        self.name
    }

    fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    fn run(&self, turn: Turn) -> BoxFuture<'_, Ended> {
        async move {
            self.turns.lock().push(turn);
            assert_eq!(
                self.at_once.fetch_add(1, Ordering::Relaxed),
                0,
                "two at once"
            );
            sleep(self.takes).await;
            self.at_once.fetch_sub(1, Ordering::Relaxed);
            if self.leaves {
                return Ended::Left;
            }
            Ended::Done("well".to_owned())
        }
        .boxed()
    }
}

fn table(
    diary: &MemoryDiary,
    clock: &Paused,
    jobs: &[&Arc<Noted>],
) -> Timetable<MemoryDiary, Paused> {
    let jobs = jobs.iter().map(|&job| Arc::clone(job) as Arc<dyn Job>);
    let (sender, receiver) = watch::channel(jobs.collect());
    drop(sender);
    Timetable::new(diary.clone(), clock.clone(), receiver)
}

#[tokio::test(start_paused = true)]
async fn several_timetables_over_one_diary_do_each_thing_once() {
    // How: three of them for a month, over jobs that take longer than a claim holds.
    let (diary, clock) = (MemoryDiary::default(), Paused(Instant::now()));
    let (one, other) = (
        Noted::daily("one", Duration::from_mins(10)),
        Noted::daily("other", Duration::from_millis(1)),
    );
    let tables: Vec<_> = (0..3)
        .map(|_| table(&diary, &clock, &[&one, &other]))
        .collect();
    let running = stream::iter(&tables).for_each_concurrent(None, |table| table.run(pending()));
    drop(timeout(30 * DAY, running).await);
    for job in [&one, &other] {
        let turns = job.turns();
        assert_eq!(turns.len(), 30);
        assert!(
            turns.iter().all(|turn| !turn.again && turn.missed == 0),
            "{turns:?}"
        );
        assert!(
            turns
                .windows(2)
                .all(|pair| pair[1].due_ms - pair[0].due_ms == 86_400_000)
        );
        assert!(
            diary
                .outcomes(job.name)
                .iter()
                .all(|(_, outcome)| outcome.is_some())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_process_has_begun_is_taken_up_by_looking() {
    let (diary, clock) = (MemoryDiary::default(), Paused(Instant::now()));
    let job = Noted::daily("job", Duration::from_mins(2));
    // Killed in the middle of it: the future is dropped, and nothing is given back.
    drop(
        timeout(
            Duration::from_hours(9),
            table(&diary, &clock, &[&job]).run(pending()),
        )
        .await,
    );
    let due = job.schedule.next_after(clock.now_ms() - 3_600_000).unwrap();
    let fires = Duration::from_millis(job.schedule.fires_at("job", due) + 60_000 - clock.now_ms());
    drop(timeout(fires, table(&diary, &clock, &[&job]).run(pending())).await);
    assert_eq!(job.turns().len(), 1);
    job.at_once.store(0, Ordering::Relaxed);
    drop(
        timeout(
            Duration::from_hours(1),
            table(&diary, &clock, &[&job]).run(pending()),
        )
        .await,
    );
    let turns = job.turns();
    assert_eq!(turns.len(), 2);
    assert!(turns[1].again);
    assert_eq!(turns[1].due_ms, turns[0].due_ms);
    assert_eq!(diary.outcomes("job"), [(due, Some("well".to_owned()))]);
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_process_holds_until_a_time_that_a_wrong_clock_gave_is_taken_up_soon() {
    let (diary, clock) = (MemoryDiary::default(), Paused(Instant::now()));
    let job = Noted::daily("job", Duration::ZERO);
    let start_ms = clock.now_ms();
    diary.standing("job", start_ms).await.unwrap();
    let due_ms = job.schedule.next_after(start_ms).unwrap();
    tokio::time::advance(Duration::from_hours(10)).await;
    let (now_ms, day_ms) = (clock.now_ms(), millis(DAY));
    let claimed = diary.claim("job", due_ms, now_ms + day_ms, now_ms + 2 * day_ms);
    assert!(matches!(claimed.await, Ok(Claim::Ours { .. })));
    let table = table(&diary, &clock, &[&job]);
    drop(timeout(2 * CLAIM_HOLDS, table.run(pending())).await);
    let again = Turn {
        due_ms,
        missed: 0,
        again: true,
    };
    assert_eq!(job.turns(), [again]);
}

#[tokio::test(start_paused = true)]
async fn what_is_told_to_stop_gives_back_what_it_holds() {
    let (diary, clock) = (MemoryDiary::default(), Paused(Instant::now()));
    let job = Noted::daily("job", Duration::from_mins(2));
    let due = job.schedule.next_after(clock.now_ms()).unwrap();
    let fires = Duration::from_millis(job.schedule.fires_at("job", due) + 60_000 - clock.now_ms());
    table(&diary, &clock, &[&job]).run(sleep(fires)).await;
    job.at_once.store(0, Ordering::Relaxed);
    table(&diary, &clock, &[&job])
        .run(sleep(Duration::from_millis(5)))
        .await;
    assert_eq!(job.turns().len(), 2, "at once");
    assert!(job.turns()[1].again);
}

#[tokio::test(start_paused = true)]
async fn what_one_gives_back_another_that_runs_takes_up_soon() {
    let (diary, clock) = (MemoryDiary::default(), Paused(Instant::now()));
    let job = Noted::daily("job", Duration::from_mins(2));
    let due = job.schedule.next_after(clock.now_ms()).unwrap();
    let fires = Duration::from_millis(job.schedule.fires_at("job", due) - clock.now_ms());
    let stop = fires + Duration::from_secs(5);
    let (one, other) = (
        table(&diary, &clock, &[&job]),
        table(&diary, &clock, &[&job]),
    );
    let first = async {
        one.run(sleep(stop)).await;
        job.at_once.store(0, Ordering::Relaxed);
    };
    tokio::join!(first, other.run(sleep(stop + Duration::from_mins(1))));
    let turns = job.turns();
    assert_eq!(turns.len(), 2);
    assert!(turns[1].again);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_was_there_for_is_done_once_and_counted() {
    let (diary, clock) = (MemoryDiary::default(), Paused(Instant::now()));
    let job = Noted::daily("job", Duration::ZERO);
    table(&diary, &clock, &[&job])
        .run(sleep(Duration::from_secs(1)))
        .await;
    assert!(
        job.turns().is_empty(),
        "what was due before the beginning is not made up for"
    );
    sleep(10 * DAY + DAY / 2).await;
    table(&diary, &clock, &[&job])
        .run(sleep(Duration::from_secs(1)))
        .await;
    let turns = job.turns();
    assert_eq!((turns.len(), turns[0].missed), (1, 10));
}

#[tokio::test(start_paused = true)]
async fn jobs_come_and_go_and_change_while_it_runs() {
    let (diary, clock) = (MemoryDiary::default(), Paused(Instant::now()));
    let (one, other) = (
        Noted::daily("one", Duration::ZERO),
        Noted::daily("other", Duration::ZERO),
    );
    let list = |jobs: &[&Arc<Noted>]| -> Jobs {
        jobs.iter()
            .map(|&job| Arc::clone(job) as Arc<dyn Job>)
            .collect()
    };
    let (sender, receiver) = watch::channel(list(&[&one]));
    let local = LocalSet::new();
    let timetable = Timetable::new(diary, clock, receiver);
    local.spawn_local(async move { timetable.run(pending()).await });
    local
        .run_until(async {
            sleep(2 * DAY).await;
            sender.send_replace(list(&[&one, &other]));
            sleep(2 * DAY).await;
            assert_eq!((one.turns().len(), other.turns().len()), (4, 2));
            sender.send_replace(list(&[&other]));
            sleep(2 * DAY).await;
            assert_eq!((one.turns().len(), other.turns().len()), (4, 4));
            sender.send_replace(list(&[&one, &other]));
            sleep(DAY).await;
            assert_eq!((one.turns().len(), other.turns().len()), (6, 5));
        })
        .await;
    let fifth = one.turns()[4];
    assert_eq!(
        fifth.missed, 1,
        "it was away for two days: the latest, and one that was missed"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_left_to_another_is_done_by_him_and_is_not_lost_without_him() {
    // How: one process can never do it; the other one comes on the second day.
    let (diary, clock) = (MemoryDiary::default(), Paused(Instant::now()));
    let (leaving, doing) = (Noted::leaving("job"), Noted::daily("job", Duration::ZERO));
    let left = table(&diary, &clock, &[&leaving]);
    drop(timeout(DAY, left.run(pending())).await);
    assert!(leaving.turns().len() > 100, "it looks again and again");
    assert_eq!(diary.outcomes("job")[0].1, None);
    let tables = [left, table(&diary, &clock, &[&doing])];
    let running = stream::iter(&tables).for_each_concurrent(None, |table| table.run(pending()));
    drop(timeout(10 * DAY, running).await);
    let outcomes = diary.outcomes("job");
    assert_eq!(outcomes.len(), 11, "each day");
    assert!(
        outcomes.iter().all(|(_, outcome)| outcome.is_some()),
        "{outcomes:?}"
    );
    assert_eq!(doing.turns().len(), 11, "each once");
}

#[tokio::test(start_paused = true)]
async fn a_schedule_that_changes_while_nobody_runs_makes_up_for_nothing() {
    // How: midnight; done at nine, changed to ten o'clock at eight in the evening.
    let (diary, clock) = (MemoryDiary::default(), Paused(Instant::now()));
    let nine = Noted::daily("job", Duration::ZERO);
    let mut ten = Arc::into_inner(Noted::daily("job", Duration::ZERO)).unwrap();
    ten.schedule = Schedule::new("0 10 * * *", "UTC", Duration::ZERO).unwrap();
    let ten = Arc::new(ten);
    let evening = Duration::from_hours(20);
    table(&diary, &clock, &[&nine]).run(sleep(evening)).await;
    assert_eq!(nine.turns().len(), 1);
    let table = table(&diary, &clock, &[&ten]);
    table.run(sleep(Duration::from_hours(3))).await;
    assert_eq!(ten.turns(), [], "today's is over");
    table.run(sleep(DAY)).await;
    assert_eq!(ten.turns().len(), 1);
}
