use cordboard_discord::Discord;
use cordboard_lifecycle::{Entry, Isolation, Kind, MarkKey, Quota, Registry as _, lifecycle};
use cordboard_store::Location;
use twilight_model::id::Id;

use super::*;

/// Debts over a store in memory, with a lifecycle that nobody drives.
async fn debts() -> OpenDebts {
    crate::install_tls();
    let store = Store::open(&Location::Memory).await.unwrap();
    let discord = Discord::new(&cordboard_discord::Settings::new("token".into())).unwrap();
    let clock = WallClock::reading(|| Duration::from_hours(1));
    let settings = cordboard_lifecycle::Settings {
        guild_id: Id::new(1),
        category_ids: Vec::new(),
        isolation: Isolation::Channel,
        quota: Quota::default(),
        bot_id: Id::new(2),
        name_prefix: "cord".to_owned(),
        delete_after: None,
        protected: std::collections::HashSet::new(),
        namespace: "tests".to_owned(),
    };
    let key = MarkKey::new([7; 32]);
    let (channels, _) = lifecycle(discord, store.registry(), key, clock.clone(), settings);
    OpenDebts::new(store, channels, clock)
}

/// Writes so many rows that are in quarantine since the clock's beginning.
async fn quarantine(debts: &OpenDebts, rows: u64) {
    let registry = debts.store.registry();
    let entry = Entry {
        instance: 1,
        guild_id: Id::new(1),
        at_ms: 0,
    };
    let owner = registry.enter(entry).await.unwrap().owner;
    for number in 1..=rows {
        let row = Row {
            attempt: AttemptId::from_bytes(u128::from(number).to_be_bytes()),
            request_id: String::new(),
            guild_id: entry.guild_id,
            kind: Kind::Text,
            owner,
            stage: Stage::Quarantined(Id::new(number)),
            since_ms: 0,
            not_before_ms: 0,
            deadline_at_ms: 0,
            next_at_ms: 0,
            tries: 0,
            reason: None,
        };
        assert!(registry.insert(row).await.unwrap());
    }
}

#[tokio::test]
async fn all_debts_are_counted_once_however_many_readings_they_take() {
    let debts = debts().await;
    let rows = 2 * DEBTS_READ_ROWS as u64 + 10;
    quarantine(&debts, rows).await;
    let (mut after, mut listed) = (None, 0);
    loop {
        let query = DebtQuery {
            after,
            limit: 400,
            stage: None,
        };
        let page = debts.page(query).await.unwrap();
        assert_eq!(
            page.counts,
            BTreeMap::from([(DebtStage::Quarantined, rows)])
        );
        listed += page.debts.len() as u64;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, rows);
}

#[tokio::test]
async fn an_older_request_to_allow_deletions_does_not_undo_a_newer_one_to_stop_them() {
    // How: the older one waits for its commit when the newer one comes.
    let debts = debts().await;
    let (allowed, stopped) = tokio::join!(
        biased;
        debts.set_deletions(true),
        debts.set_deletions(false),
    );
    allowed.unwrap();
    stopped.unwrap();
    assert!(debts.store.deletions_held().await.unwrap());
    assert!(debts.channels.deletions_held());
}
