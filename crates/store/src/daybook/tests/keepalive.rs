//! What is on record of schedules and of keeping bots alive.

use std::time::Duration;

use cordboard_lifecycle::Clock;
use cordboard_upkeep::{Attempt, InChannel, Ledger as _, Outcome, Report, Tried};

use super::*;

/// A clock that stands still.
#[derive(Debug)]
struct Still(u64);

impl Clock for Still {
    fn now_ms(&self) -> u64 {
        self.0
    }
}

#[tokio::test]
async fn the_diary_conforms() {
    // How: other processes have handles with connections of their own.
    let folders = parking_lot::Mutex::new(Vec::new());
    let fresh = async || {
        let folder = tempfile::tempdir().unwrap();
        let daybook = open(&folder).await;
        folders.lock().push(folder);
        daybook
    };
    let shared = async |_: &Daybook| {
        let location = {
            let folders = folders.lock();
            Location::Path(folders.last().unwrap().path().join("store.db"))
        };
        Daybook::open(&location, Settings::default()).await.unwrap()
    };
    cordboard_upkeep::conformance::suite(fresh, shared).await;
}

#[tokio::test]
async fn old_acts_are_forgotten_by_whoever_keeps_a_bot_alive_some_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let daybook = open(&folder).await;
    let old = crate::limits::ACTS_FADE_MAX + 10;
    for at_ms in 1..=old {
        daybook.intend(act(at_ms)).await.unwrap();
    }
    let now_ms = crate::limits::ACTS_KEPT_MS + old + 1;
    let ledger = daybook.keepalives(Still(now_ms), Id::new(7), "a test");
    for (channel, left) in [(9, 10), (10, 0)] {
        let attempt = Attempt {
            job: "keepalive/bot".to_owned(),
            due_ms: now_ms,
            bot: "bot".to_owned(),
            channel_id: Id::new(channel),
            after: Id::new(1),
        };
        ledger.begin(&attempt).await.unwrap();
        let acts = daybook.acts().await.unwrap();
        let faded = acts.iter().filter(|acted| acted.act.at_ms <= old);
        assert_eq!(faded.count(), left);
    }
}

#[tokio::test]
async fn what_was_tried_comes_back_as_it_was_written_and_is_an_act() {
    let folder = tempfile::tempdir().unwrap();
    let daybook = open(&folder).await;
    let ledger = daybook.keepalives(Still(5), Id::new(7), "a test");
    let attempt = Attempt {
        job: "keepalive/bot".to_owned(),
        due_ms: 4,
        bot: "bot".to_owned(),
        channel_id: Id::new(9),
        after: Id::new(1),
    };
    ledger.begin(&attempt).await.unwrap();
    let mut tried = Tried {
        attempt: attempt.clone(),
        message_id: None,
        outcome: None,
    };
    let found = open(&folder)
        .await
        .keepalives(Still(5), Id::new(7), "another");
    assert_eq!(
        found.tried("keepalive/bot", 4).await.unwrap(),
        [tried.clone()]
    );
    assert!(found.tried("keepalive/bot", 3).await.unwrap().is_empty());
    assert_eq!(daybook.acts().await.unwrap()[0].outcome, None);
    ledger.posted(&attempt, Id::new(12)).await.unwrap();
    let act = daybook.acts().await.unwrap().remove(0);
    assert_eq!(
        (act.act.action.as_str(), act.act.subject.as_str()),
        ("message.create", "9")
    );
    assert_eq!(act.outcome.as_deref(), Some("message 12"));

    let why = || "no answer".to_owned();
    for outcome in [
        Outcome::Answered {
            latency: Duration::from_millis(1_500),
        },
        Outcome::LimitReached,
        Outcome::WrongAnswer,
        Outcome::Silent,
        Outcome::Upstream { why: why() },
        Outcome::Forbidden,
        Outcome::NoChannel { why: why() },
    ] {
        ledger.settle(&attempt, &outcome).await.unwrap();
        tried.message_id = Some(Id::new(12));
        tried.outcome = Some(outcome.clone());
        assert_eq!(
            ledger.tried("keepalive/bot", 4).await.unwrap(),
            [tried.clone()]
        );
        let report = Report {
            bot: "bot".to_owned(),
            outcome: outcome.clone(),
            channels: vec![InChannel {
                channel_id: Some(Id::new(9)),
                outcome: outcome.clone(),
            }],
        };
        ledger.conclude("keepalive/bot", 4, &report).await.unwrap();
        let kept = daybook.kept_alive("bot", 1).await.unwrap();
        assert_eq!(kept[0].outcome, outcome);
        assert_eq!((kept[0].at_ms, kept[0].channel_id), (5, Some(Id::new(9))));
    }
    // One time is one time, whoever has died before he could say that it is done.
    assert_eq!(daybook.kept_alive("bot", 100).await.unwrap().len(), 1);
    assert!(daybook.kept_alive("another", 100).await.unwrap().is_empty());
}
