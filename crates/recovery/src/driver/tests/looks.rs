//! Lists of archived threads that Discord does not give.

use parking_lot::Mutex;

use super::*;
use crate::{Archive, Gap, GapQuery, GapReason, MessageLog as _, limits::ARCHIVES_TIMEOUT};

/// A thread that nobody has heard of yet.
const ASLEEP: Id<ChannelMarker> = Id::new(300);

/// What Discord does with one request after the other, and at last with all others.
type Answers = Vec<Answer>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Given,
    CutOff,
    Refused503,
    Hidden,
    Never,
}

/// A guild with a channel, in which a thread was opened, written to and archived.
#[derive(Debug)]
struct Outage {
    lists: Mutex<Answers>,
    archives: Mutex<Answers>,
}

impl Outage {
    fn next(answers: &Mutex<Answers>) -> Answer {
        let mut answers = answers.lock();
        let last = answers[answers.len() - 1];
        if answers.len() > 1 {
            answers.remove(0)
        } else {
            last
        }
    }

    async fn answer(answers: &Mutex<Answers>) -> Result<Answer, Failure> {
        match Self::next(answers) {
            answer @ (Answer::Given | Answer::CutOff) => Ok(answer),
            Answer::Refused503 => Err(Failure::NotDone {
                wait: None,
                source: "503".into(),
            }),
            Answer::Hidden => Err(Failure::Never {
                source: "50001".into(),
            }),
            Answer::Never => std::future::pending().await,
        }
    }
}

fn head(id: Id<ChannelMarker>, is_thread: bool) -> Head {
    Head {
        id,
        guild_id: GUILD,
        parent_id: is_thread.then_some(HERE),
        is_thread,
        is_forum: false,
        is_archived: is_thread,
        last_message_id: Some(message_id(NOW_MS + 60_000)),
    }
}

impl History for Outage {
    async fn after(
        &self,
        _: Id<ChannelMarker>,
        _: Option<Id<MessageMarker>>,
    ) -> Result<Vec<Message>, Failure> {
        std::future::pending().await
    }
}

impl ChannelDirectory for Outage {
    fn now_ms(&self) -> Option<u64> {
        None
    }

    async fn channels(&self, _: Id<GuildMarker>) -> Result<Vec<Head>, Failure> {
        Self::answer(&self.lists).await?;
        Ok(vec![head(HERE, false)])
    }

    async fn archived(&self, _: Id<ChannelMarker>, _: u64, _: bool) -> Result<Archive, Failure> {
        let is_cut_off = Self::answer(&self.archives).await? == Answer::CutOff;
        Ok(Archive {
            threads: vec![head(ASLEEP, true)],
            is_cut_off,
        })
    }

    async fn message(
        &self,
        _: Id<ChannelMarker>,
        _: Id<MessageMarker>,
    ) -> Result<Option<Message>, Failure> {
        Ok(None)
    }
}

/// What comes of gaps at these times: when the last one is looked through, the thread's channel on record,
/// and what is on record as missing.
async fn outage(
    (lists, archives): (Answers, Answers),
    gaps_at: &[Duration],
) -> (Duration, bool, Vec<Gap>) {
    let record = MemoryInbox::default();
    let channel = Channel {
        id: HERE,
        guild_id: GUILD,
        parent_id: None,
        is_thread: false,
        is_forum: false,
        settled_id: None,
        scrubbed_ms: NOW_MS,
        unseen_ms: None,
        dirty: None,
    };
    let batch = crate::Batch {
        channels: vec![channel],
        watermark_ms: Some(NOW_MS),
        ..crate::Batch::default()
    };
    record.commit(batch).await.unwrap();
    let settings = Settings {
        scrub: false,
        ..Settings::new(GUILD)
    };
    let discord = Outage {
        lists: Mutex::new(lists),
        archives: Mutex::new(archives),
    };
    let (recovery, driver, _) = recovery(discord, record.clone(), settings).await.unwrap();
    let (stop, began) = (CancellationToken::new(), Instant::now());
    let living = async {
        let mut standing = recovery.standing();
        for (number, at) in gaps_at.iter().enumerate() {
            tokio::time::sleep_until(began + *at).await;
            assert!(!standing.borrow().is_covered, "it was to come later");
            for observed in [ready(1, &number.to_string()), Observed::Lapsed] {
                recovery.observe(observed).await.unwrap();
            }
        }
        let covered = standing.wait_for(|standing| standing.is_covered);
        let covered = timeout(Duration::from_hours(2), covered).await;
        drop(covered.expect("it ends some time").unwrap());
        stop.cancel();
        began.elapsed()
    };
    let (ended, took) = join!(driver.run(stop.clone()), living);
    ended.unwrap();
    let query = GapQuery {
        channel_id: None,
        after: 0,
        limit: 10,
    };
    let gaps = record.gaps(query).await.unwrap();
    let channels = record.load(0).await.unwrap().channels;
    let is_known = channels.iter().any(|channel| channel.id == ASLEEP);
    (took, is_known, gaps.into_iter().map(|it| it.gap).collect())
}

/// So many times this, and then that.
fn first(count: usize, answer: Answer, then: Answer) -> Answers {
    let mut answers = vec![answer; count];
    answers.push(then);
    answers
}

fn given_up(gaps: &[Gap]) -> bool {
    let [gap] = gaps else { return false };
    (gap.channel_id, gap.reason) == (HERE, GapReason::Unlisted)
        && (gap.after, gap.to) == (crate::snowflake::just_before(NOW_MS), None)
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_all_lists_does_not_count_against_those_of_archived_threads() {
    let answers = (
        first(20, Answer::Refused503, Answer::Given),
        first(3, Answer::Refused503, Answer::Given),
    );
    let (_, is_known, gaps) = outage(answers, &[Duration::ZERO]).await;
    assert_eq!((is_known, gaps), (true, vec![]));
}

#[tokio::test(start_paused = true)]
async fn what_failed_before_a_gap_does_not_count_after_it() {
    let answers = (
        vec![Answer::Given],
        first(12, Answer::Refused503, Answer::Given),
    );
    let gaps_at = [Duration::ZERO, Duration::from_mins(2)];
    let (_, is_known, gaps) = outage(answers, &gaps_at).await;
    assert_eq!((is_known, gaps), (true, vec![]));
}

#[tokio::test(start_paused = true)]
async fn lists_of_archived_threads_that_cannot_be_had_are_a_gap() {
    let answers = (vec![Answer::Given], vec![Answer::Refused503]);
    let (took, is_known, gaps) = outage(answers, &[Duration::ZERO]).await;
    assert!(!is_known && given_up(&gaps), "{gaps:?}");
    assert!(took > Duration::from_mins(2), "{took:?}: that was too soon");
    assert!(took < ARCHIVES_TIMEOUT, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn lists_of_archived_threads_that_do_not_come_hold_nothing_up_for_long() {
    let answers = (vec![Answer::Given], vec![Answer::Never]);
    let (took, is_known, gaps) = outage(answers, &[Duration::ZERO]).await;
    assert!(!is_known && given_up(&gaps), "{gaps:?}");
    assert!(took < ARCHIVES_TIMEOUT + Duration::from_mins(2), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn archived_threads_that_are_too_many_to_be_listed_are_a_gap_beside_those_that_are() {
    let answers = (vec![Answer::Given], vec![Answer::CutOff]);
    let (_, is_known, gaps) = outage(answers, &[Duration::ZERO]).await;
    assert!(is_known && given_up(&gaps), "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_first_run_begins_when_there_is_something_to_see() {
    // How: the bot is not in the guild yet. What was said there until it is is not new.
    let (record, discord) = (
        MemoryInbox::default(),
        Outage {
            lists: Mutex::new(first(3, Answer::Hidden, Answer::Given)),
            archives: Mutex::new(vec![Answer::Given]),
        },
    );
    let settings = Settings {
        scrub: false,
        ..Settings::new(GUILD)
    };
    let (recovery, driver, _) = recovery(discord, record.clone(), settings).await.unwrap();
    let stop = CancellationToken::new();
    let living = async {
        for observed in [ready(1, "first"), Observed::Lapsed] {
            recovery.observe(observed).await.unwrap();
        }
        let mut standing = recovery.standing();
        let covered = standing.wait_for(|standing| standing.is_covered);
        let covered = timeout(Duration::from_hours(2), covered).await;
        drop(covered.expect("it begins some time").unwrap());
        stop.cancel();
    };
    let (ended, ()) = join!(driver.run(stop.clone()), living);
    ended.unwrap();
    let channels = record.load(0).await.unwrap().channels;
    let here = channels.iter().find(|channel| channel.id == HERE);
    let here = here.expect("it is watched");
    assert_eq!(here.dirty, None, "it is not read from its beginning");
}
