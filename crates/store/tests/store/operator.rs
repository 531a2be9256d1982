//! What the store tells operators, and keeps for them.

use cordboard_lifecycle::{Event, Stage, conformance};
use cordboard_store::{Location, Store, limits};

use crate::life::{Life, open};

#[tokio::test]
async fn debts_are_listed_in_pages_with_their_number_by_stage() {
    let life = Life::of(Store::open(&Location::Memory).await.unwrap()).await;
    let mut expected = life.each_stage().await;
    expected.retain(|row| row.stage.is_open());
    let (mut rows, mut last) = (Vec::new(), None);
    loop {
        let page = life.store.debts(last, 3).await.unwrap();
        assert_eq!(page.counts.values().sum::<u64>(), 8);
        for (stage, _) in conformance::stages() {
            let count = page.counts.get(stage.name()).copied().unwrap_or_default();
            assert_eq!(count, u64::from(stage.is_open()), "{}", stage.name());
        }
        assert!(page.rows.len() <= 3);
        let Some(row) = page.rows.last() else { break };
        last = Some(row.attempt);
        rows.extend(page.rows);
    }
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn a_page_of_debts_has_a_bound_whatever_is_asked_for() {
    let life = Life::of(Store::open(&Location::Memory).await.unwrap()).await;
    let more = limits::DEBTS_PAGE_MAX as u64 + 10;
    futures_util::future::join_all((0..more).map(|number| life.plan(number))).await;
    let page = life.store.debts(None, usize::MAX).await.unwrap();
    assert_eq!(page.rows.len(), limits::DEBTS_PAGE_MAX);
    assert_eq!(page.counts.get("planned"), Some(&more));
}

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
