//! What is forgotten, and what never is.

use cordboard_lifecycle::{Event, Registry as _, Row};
use cordboard_store::{Location, Pruned, Store, limits};

use crate::life::{DAY_MS, GUILD, Life, NOW_MS, attempt, by_hand, open};

/// The first moment at which rows and steps of the tests are old enough.
const LATER_MS: u64 = NOW_MS + limits::PRUNED_AFTER_MS + 2;

/// Plans another row, late enough for Discord's time to be this one.
async fn hear(life: &Life, discord_ms: u64) {
    let row = Row {
        not_before_ms: discord_ms,
        since_ms: discord_ms,
        ..life.planned(discord_ms)
    };
    assert!(life.insert(row).await);
}

#[tokio::test]
async fn settled_rows_are_forgotten_after_their_time_and_open_and_kept_ones_never() {
    let life = Life::of(Store::open(&Location::Memory).await.unwrap()).await;
    let rows = life.each_stage().await;
    hear(&life, LATER_MS).await;
    let early = life.store.prune(LATER_MS - 2).await.unwrap();
    assert_eq!(early, Pruned::default(), "all of it is still young");
    let pruned = life.store.prune(LATER_MS).await.unwrap();
    assert_eq!(pruned.rows, 3);
    assert!(pruned.lines > 20, "{pruned:?}");
    for (number, row) in (0..).zip(rows) {
        let forgotten = matches!(row.stage.name(), "not_created" | "abandoned" | "gone");
        let step = life.step(number, Event::Claimed);
        let found = life.store.registry().step(step).await;
        assert_eq!(found.is_err(), forgotten, "{}", row.stage.name());
        let lines = life.store.journal(row.attempt).await.unwrap();
        assert_eq!(lines, [], "its lines are as old");
    }
    let again = life.store.prune(LATER_MS).await.unwrap();
    assert_eq!(again, Pruned::default());
}

#[tokio::test]
async fn more_than_a_batch_is_forgotten_while_others_write() {
    let life = Life::of(Store::open(&Location::Memory).await.unwrap()).await;
    let count = 3 * limits::PRUNE_ROWS_MAX + 1;
    let settled = (0..count).map(async |number| {
        life.plan(number).await;
        life.take(number, Event::Refused).await;
    });
    futures_util::future::join_all(settled).await;
    hear(&life, LATER_MS).await;
    let others = (0..49).map(|number| life.plan(count + number));
    let (pruned, _) = tokio::join!(
        life.store.prune(LATER_MS),
        futures_util::future::join_all(others)
    );
    let pruned = pruned.unwrap();
    assert_eq!(pruned.rows, count);
    let open = life.store.registry().open(None, 100).await.unwrap();
    assert_eq!(open.len(), 50);
}

#[tokio::test]
async fn a_forgotten_attempt_does_not_inherit_a_history() {
    let life = Life::of(Store::open(&Location::Memory).await.unwrap()).await;
    life.plan(1).await;
    life.take(1, Event::Refused).await;
    hear(&life, LATER_MS).await;
    life.store.prune(LATER_MS).await.unwrap();
    life.plan(1).await;
    assert_eq!(life.store.journal(attempt(1)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_hand_can_forget_no_more_than_pruning_would() {
    let folder = tempfile::tempdir().unwrap();
    let life = Life::of(open(&folder).await).await;
    life.plan(1).await;
    life.take(1, Event::Refused).await;
    let database = by_hand(&folder);
    for table in ["channel", "journal"] {
        let young = database.execute(&format!("DELETE FROM {table}"), []);
        assert!(young.is_err(), "{table}");
    }
    let much_later_ms = LATER_MS + 3_600_000;
    hear(&life, much_later_ms).await;
    life.store.prune(much_later_ms).await.unwrap();
    let entry = cordboard_lifecycle::Entry {
        instance: 1,
        guild_id: GUILD,
        at_ms: LATER_MS,
    };
    let horizon = life.store.registry().enter(entry).await.unwrap().horizon;
    assert_eq!(
        (horizon.inserted, horizon.asked),
        (1, 0),
        "only the last one"
    );
    let left = "SELECT (SELECT count(*) FROM channel) + (SELECT count(*) FROM journal)
        + (SELECT count(*) FROM hour)";
    let left: i64 = database.query_row(left, [], |row| row.get(0)).unwrap();
    assert_eq!(left, 3, "each has what the last one left");
}

#[tokio::test]
async fn a_clock_that_is_years_ahead_forgets_nothing() {
    // How: all that is known of Discord's time is that it was planned in; then a row is planned later.
    let life = Life::of(Store::open(&Location::Memory).await.unwrap()).await;
    life.each_stage().await;
    let years_ahead_ms = NOW_MS + 20 * limits::PRUNED_AFTER_MS;
    for discord_ms in [NOW_MS + 1, LATER_MS - 2] {
        hear(&life, discord_ms).await;
        let pruned = life.store.prune(years_ahead_ms).await.unwrap();
        assert_eq!(pruned, Pruned::default());
    }
    hear(&life, LATER_MS).await;
    let pruned = life.store.prune(years_ahead_ms).await.unwrap();
    assert_eq!(pruned.rows, 3, "it was long ago for Discord as well");
}

#[tokio::test]
async fn a_row_whose_clock_was_years_behind_is_kept_for_its_time() {
    // How: its times are 1970's; Discord's, when it was planned, was a day ago.
    let life = Life::of(Store::open(&Location::Memory).await.unwrap()).await;
    let row = Row {
        since_ms: 1,
        ..life.planned(1)
    };
    assert!(life.insert(row).await);
    let refused = cordboard_lifecycle::Step {
        at_ms: 2,
        ..life.step(1, Event::Refused)
    };
    life.store.registry().step(refused).await.unwrap();
    hear(&life, NOW_MS + DAY_MS).await;
    let pruned = life.store.prune(NOW_MS + DAY_MS).await.unwrap();
    assert_eq!(pruned.rows, 0);
    hear(&life, LATER_MS).await;
    let pruned = life.store.prune(LATER_MS).await.unwrap();
    assert_eq!(pruned.rows, 1);
}
