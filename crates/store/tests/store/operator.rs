//! What the store tells operators, and keeps for them.

use cordboard_lifecycle::{Event, Stage, conformance};
use cordboard_store::{Location, Store, limits};

use crate::life::{Life, open};

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
