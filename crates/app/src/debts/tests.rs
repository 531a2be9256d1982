use cordboard_discord::Discord;
use cordboard_lifecycle::{Isolation, MarkKey, Quota, lifecycle};
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
