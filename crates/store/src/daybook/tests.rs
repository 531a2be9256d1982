use twilight_model::id::Id;

use super::*;

async fn open(folder: &tempfile::TempDir) -> Daybook {
    let location = Location::Path(folder.path().join("store.db"));
    Daybook::open(&location, Settings::default()).await.unwrap()
}

fn act(at_ms: u64) -> Act {
    Act {
        at_ms,
        actor: "a test".to_owned(),
        action: "role.delete".to_owned(),
        guild_id: Id::new(7),
        subject: "8".to_owned(),
        reason: "nobody needs it".to_owned(),
    }
}

#[tokio::test]
async fn two_processes_share_one_daybook() {
    // How: two handles, each with a connection of its own, as two processes have.
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = tokio::join!(open(&folder), open(&folder));
    let id = one.intend(act(5)).await.unwrap();
    assert_eq!(other.acts().await.unwrap()[0].outcome, None);
    other.acted(id, "gone".to_owned()).await.unwrap();
    let acts = one.acts().await.unwrap();
    assert_eq!(acts.len(), 1);
    assert_eq!(acts[0].act, act(5));
    assert_eq!(acts[0].outcome.as_deref(), Some("gone"));
}

#[tokio::test]
async fn what_is_old_enough_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let daybook = open(&folder).await;
    daybook.intend(act(1)).await.unwrap();
    let later = crate::limits::ACTS_KEPT_MS + 2;
    daybook.intend(act(later)).await.unwrap();
    let acts = daybook.acts().await.unwrap();
    assert_eq!(
        acts.iter().map(|acted| acted.act.at_ms).collect::<Vec<_>>(),
        [later]
    );
}

#[tokio::test]
async fn a_lease_has_one_holder_until_it_is_given_back_or_its_time_has_passed() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (open(&folder).await, open(&folder).await);
    let lease = one.lease("work", 0, 10).await.unwrap().unwrap();
    assert!(other.lease("work", 9, 20).await.unwrap().is_none());
    assert!(other.lease("other work", 9, 20).await.unwrap().is_some());
    assert!(lease.renew(15).await.unwrap());
    assert!(other.lease("work", 12, 20).await.unwrap().is_none());

    let taken = other.lease("work", 15, 30).await.unwrap().unwrap();
    assert!(!lease.renew(40).await.unwrap(), "its time had passed");
    lease.give_back().await.unwrap();
    assert!(one.lease("work", 16, 20).await.unwrap().is_none());

    taken.give_back().await.unwrap();
    assert!(one.lease("work", 16, 20).await.unwrap().is_some());
}

#[tokio::test]
async fn a_daybook_of_a_newer_program_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder).await);
    let location = Location::Path(folder.path().join("store.db"));
    let path = Daybook::path(&location).unwrap();
    let newer = DAYBOOK.version() + 1;
    let raw = Connection::open(&path).unwrap();
    raw.pragma_update(None, "user_version", newer).unwrap();
    drop(raw);
    let refused = Daybook::open(&location, Settings::default()).await;
    assert!(matches!(refused, Err(StoreError::Newer { found, .. }) if found == newer));
}

/// A clock that stands still.
#[derive(Debug)]
struct Still(u64);

impl cordboard_lifecycle::Clock for Still {
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
async fn what_was_tried_comes_back_as_it_was_written_and_is_an_act() {
    use std::time::Duration;

    use cordboard_upkeep::{Attempt, InChannel, Ledger as _, Outcome, Report, Tried};

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
    assert_eq!(daybook.kept_alive("bot", 100).await.unwrap().len(), 7);
    assert!(daybook.kept_alive("another", 100).await.unwrap().is_empty());
}
