//! Roles go as fast when the record of it is the daybook, on a disk that takes its time.

use cordboard_store::{Daybook, DaybookRoles, Location, Settings};
use cordboard_upkeep::roles::{JournalError, RoleRow};
use twilight_model::id::marker::GuildMarker;

use super::*;

/// What a commit takes: a fast disk, and as little as the clock can tell.
const COMMIT: Duration = Duration::from_millis(1);

/// What a commit takes on a disk of the cloud.
const SLOW_COMMIT: Duration = Duration::from_millis(11);

/// The daybook on a disk that takes its time.
#[derive(Debug)]
struct Slow {
    roles: DaybookRoles,
    commit: Duration,
}

// === impl Slow ===

impl RoleJournal for Slow {
    async fn begin(&self, rows: Vec<RoleRow>) -> Result<(), JournalError> {
        sleep(self.commit).await;
        self.roles.begin(rows).await
    }

    async fn step(&self, rows: Vec<RoleRow>) -> Result<(), JournalError> {
        sleep(self.commit).await;
        self.roles.step(rows).await
    }

    async fn rows(
        &self,
        guild_id: Id<GuildMarker>,
        settled_since_ms: u64,
    ) -> Result<Vec<RoleRow>, JournalError> {
        self.roles.rows(guild_id, settled_since_ms).await
    }

    async fn hold(
        &self,
        guild_id: Id<GuildMarker>,
        now_ms: u64,
        until_ms: u64,
    ) -> Result<bool, JournalError> {
        sleep(self.commit).await;
        self.roles.hold(guild_id, now_ms, until_ms).await
    }

    async fn release(&self, guild_id: Id<GuildMarker>) -> Result<(), JournalError> {
        sleep(self.commit).await;
        self.roles.release(guild_id).await
    }
}

/// As [`removal`], on record in a daybook in a file.
fn removal_in_daybook(config: Config, roles: usize, commit: Duration) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Path(folder.path().join("cordboard.db"));
    removal_on_record(config, roles, async || {
        let daybook = Daybook::open(&location, Settings::default()).await;
        Slow {
            roles: daybook.unwrap().roles("a test"),
            commit,
        }
    })
}

#[test]
fn two_hundred_roles_on_record_go_as_fast_as_all_requests_together_may() {
    for commit in [COMMIT, Duration::from_millis(4)] {
        let config = guild(200).with_limits().with_latency_ms(10);
        let took = removal_in_daybook(config, 200, commit);
        let permitted = Duration::from_secs(200 / 50);
        println!("a commit in {commit:?}: {took:?} instead of {permitted:?}");
        assert!(permitted >= took.mul_f64(0.95), "{took:?}");
    }
}

#[test]
fn two_hundred_roles_on_record_take_one_commit_and_an_answer_each() {
    // How: both take so long that the limits do not.
    let took = removal_in_daybook(
        guild(200).with_limits().with_latency_ms(20),
        200,
        SLOW_COMMIT,
    );
    let each = SLOW_COMMIT + Duration::from_millis(20);
    println!("{took:?} instead of {:?}", each * 200);
    assert!(each * 200 >= took.mul_f64(0.9), "{took:?}");
    let took = removal_in_daybook(
        guild(200).with_limits().with_latency_ms(10),
        200,
        SLOW_COMMIT,
    );
    let permitted = Duration::from_secs(200 / 50);
    println!("{took:?} instead of {permitted:?}");
    assert!(permitted >= took.mul_f64(0.9), "{took:?}");
}

#[test]
fn two_hundred_roles_on_record_go_as_fast_as_a_bucket_of_their_own_lets_them() {
    let mut config = guild(200).with_limits().with_latency_ms(100);
    let five = WindowLimit {
        limit: 5,
        window_ms: 5_000,
    };
    config.limits.routes.insert(DELETE_ROLE.to_owned(), five);
    let took = removal_in_daybook(config, 200, COMMIT);
    let permitted = Duration::from_secs(200);
    println!("{took:?} instead of {permitted:?}");
    assert!(permitted >= took.mul_f64(0.95), "{took:?}");
}
