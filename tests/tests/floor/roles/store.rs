//! Roles go as fast when the record of it is the daybook, on a disk that takes its time.

use cordboard_store::{Daybook, DaybookRoles, Location, Settings};
use cordboard_upkeep::roles::{JournalError, RoleRow};
use twilight_model::id::marker::GuildMarker;

use super::*;

/// What a commit takes: a fast disk, and as little as the clock can tell.
const COMMIT: Duration = Duration::from_millis(1);

/// The daybook on a disk that takes its time.
#[derive(Debug)]
struct Slow(DaybookRoles);

// === impl Slow ===

impl RoleJournal for Slow {
    async fn begin(&self, rows: Vec<RoleRow>) -> Result<(), JournalError> {
        sleep(COMMIT).await;
        self.0.begin(rows).await
    }

    async fn step(&self, row: RoleRow) -> Result<(), JournalError> {
        sleep(COMMIT).await;
        self.0.step(row).await
    }

    async fn rows(
        &self,
        guild_id: Id<GuildMarker>,
        settled_since_ms: u64,
    ) -> Result<Vec<RoleRow>, JournalError> {
        self.0.rows(guild_id, settled_since_ms).await
    }

    async fn hold(
        &self,
        guild_id: Id<GuildMarker>,
        now_ms: u64,
        until_ms: u64,
    ) -> Result<bool, JournalError> {
        sleep(COMMIT).await;
        self.0.hold(guild_id, now_ms, until_ms).await
    }

    async fn release(&self, guild_id: Id<GuildMarker>) -> Result<(), JournalError> {
        sleep(COMMIT).await;
        self.0.release(guild_id).await
    }
}

/// As [`removal`], on record in a daybook in a file.
fn removal_in_daybook(config: Config, roles: usize) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Path(folder.path().join("cordboard.db"));
    removal_on_record(config, roles, async || {
        let daybook = Daybook::open(&location, Settings::default()).await;
        Slow(daybook.unwrap().roles("a test"))
    })
}

#[test]
fn two_hundred_roles_on_record_go_as_fast_as_all_requests_together_may() {
    let took = removal_in_daybook(guild(200).with_limits().with_latency_ms(10), 200);
    let permitted = Duration::from_secs(200 / 50);
    println!("{took:?} instead of {permitted:?}");
    assert!(permitted >= took.mul_f64(0.95), "{took:?}");
}

#[test]
fn two_hundred_roles_on_record_go_as_fast_as_a_bucket_of_their_own_lets_them() {
    let mut config = guild(200).with_limits().with_latency_ms(100);
    let five = WindowLimit {
        limit: 5,
        window_ms: 5_000,
    };
    config.limits.routes.insert(DELETE_ROLE.to_owned(), five);
    let took = removal_in_daybook(config, 200);
    let permitted = Duration::from_secs(200);
    println!("{took:?} instead of {permitted:?}");
    assert!(permitted >= took.mul_f64(0.95), "{took:?}");
}
