//! What the store tells operators, and keeps for them.

use cordboard_lifecycle::{Event, Stage, conformance};
use cordboard_store::{Location, ProtectedChannel, Store, limits};
use twilight_model::id::Id;

use crate::life::{Life, by_hand, open};

#[tokio::test]
async fn the_hold_on_deletions_survives_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    assert!(!store.deletions_held().await.unwrap());
    store.hold_deletions(true).await.unwrap();
    drop(store);
    let store = open(&folder).await;
    assert!(store.deletions_held().await.unwrap());
    store.hold_deletions(false).await.unwrap();
    drop(store);
    assert!(!open(&folder).await.deletions_held().await.unwrap());
}

#[tokio::test]
async fn the_fingerprint_of_the_key_survives_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    assert_eq!(store.key_fingerprint().await.unwrap(), None);
    let fingerprint = || "00c0ffee".to_owned();
    store.set_key_fingerprint(fingerprint()).await.unwrap();
    drop(store);
    let store = open(&folder).await;
    assert_eq!(store.key_fingerprint().await.unwrap(), Some(fingerprint()));
}

#[tokio::test]
async fn the_history_of_a_row_has_a_bound() {
    let life = Life::of(Store::open(&Location::Memory).await.unwrap()).await;
    life.plan(1).await;
    life.take(1, Event::Named(conformance::CHANNEL)).await;
    life.take(1, Event::Released).await;
    for _ in 0..limits::HISTORY_MAX {
        life.take(1, Event::Asked).await;
    }
    let lines = life.store.journal(crate::life::attempt(1)).await.unwrap();
    assert_eq!(lines.len(), limits::HISTORY_MAX);
    assert_eq!(lines[0].stage, Stage::Planned);
}

#[tokio::test]
async fn what_operators_protect_outlasts_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let channel = |channel_id: u64, reason: &str| ProtectedChannel {
        channel_id: Id::new(channel_id),
        since_ms: 5,
        reason: reason.to_owned(),
    };
    store.protect(channel(8, "the lobby")).await.unwrap();
    store.protect(channel(7, "rules")).await.unwrap();
    store.protect(channel(8, "the hall")).await.unwrap();
    drop(store);
    let store = open(&folder).await;
    let protected = store.protected().await.unwrap();
    assert_eq!(protected, [channel(7, "rules"), channel(8, "the hall")]);
    assert!(store.unprotect(Id::new(7)).await.unwrap());
    assert!(!store.unprotect(Id::new(7)).await.unwrap());
    assert_eq!(store.protected().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_tells_whether_anything_can_be_written_writes() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let beside = by_hand(&folder);
    let version = || beside.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0));
    let before = version().unwrap();
    assert_eq!(version().unwrap(), before, "nobody writes");
    store.touch().await.unwrap();
    assert_ne!(version().unwrap(), before);
}
