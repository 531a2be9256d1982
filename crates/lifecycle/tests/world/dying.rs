//! Drivers that are killed, and records that are lost.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use cordboard_lifecycle::{
    AttemptId, Clock, Counts, Entry, Kind, LifecycleError, MemoryRegistry, Registry as _,
    RegistryError, Row, Stage,
};
use cordboard_simulator::{Config, Fault};
use futures_util::{FutureExt as _, future::join_all};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use twilight_model::id::Id;

use super::floor::{AUDIT_LOG, CREATE, DELETE, LIST, World};

#[tokio::test(start_paused = true)]
async fn a_life_that_ends_at_any_moment_leaves_no_channel() {
    // How: a hundred lives, each a little longer than the one before; a channel is opened and
    // released in each.
    let mut world = World::new().await;
    world.delete_after = Some(Duration::from_millis(20));
    world
        .discord
        .fault(Fault::slow_answer(CREATE, Duration::from_millis(10)).always());
    for life in 0..100 {
        let short = async {
            drop(world.open().await);
            sleep(Duration::from_secs(10)).await;
        };
        let _ = timeout(Duration::from_millis(life), short).await;
        world.kill().await;
        world.start().await;
    }
    assert!(world.created() > 60);
    sleep(Duration::from_mins(1)).await;
    assert_eq!(world.alive(), 0);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_in_use_is_deleted_by_the_next_life() {
    let mut world = World::new().await;
    let lease = world.open().await.unwrap();
    world.kill().await;
    drop(lease);
    sleep(Duration::from_mins(10)).await;
    assert_eq!(world.alive(), 1, "nobody was there to delete it");
    world.start().await;
    world.channels().settled().await;
    assert_eq!(world.alive(), 0);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_comes_to_pass_after_its_life_leaves_no_channel() {
    let mut world = World::new().await;
    world
        .discord
        .fault(Fault::late(CREATE, Duration::from_secs(30)));
    let _ = timeout(Duration::from_secs(1), world.open()).await;
    world.kill().await;
    world.start().await;
    sleep(Duration::from_secs(20)).await;
    assert_eq!(world.counts().unknown, 1);
    sleep(Duration::from_mins(2)).await;
    assert_eq!((world.created(), world.alive()), (1, 0));
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn the_wait_before_a_deletion_goes_on_over_a_restart() {
    let mut world = World::new().await;
    world.delete_after = Some(Duration::from_hours(1));
    world.kill().await;
    world.start().await;
    drop(world.open().await.unwrap());
    sleep(Duration::from_mins(50)).await;
    world.kill().await;
    world.start().await;
    sleep(Duration::from_mins(9)).await;
    assert_eq!(world.alive(), 1);
    sleep(Duration::from_mins(2)).await;
    assert_eq!(world.alive(), 0);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn channels_of_a_lost_record_are_found_in_the_audit_log() {
    let mut world = World::new().await;
    let foreign = world.discord.create_channel("somebody-elses");
    drop(world.open().await.unwrap());
    sleep(Duration::from_mins(5)).await;
    let leases = [world.open().await.unwrap(), world.open().await.unwrap()];
    world.kill().await;
    drop(leases);
    world.registry = MemoryRegistry::default();
    world.start().await;
    sleep(Duration::from_mins(1)).await;
    assert_eq!((world.alive(), world.counts().gone), (0, 2));
    assert_eq!(world.requests(DELETE), 3, "what was gone is only looked at");
    let channels = world.discord.truth().channels;
    assert!(
        channels
            .iter()
            .any(|channel| channel.id == foreign && channel.alive)
    );
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn kept_channels_of_a_lost_record_are_left_standing_without_a_row() {
    let mut world = World::with(Config::default(), |world| world.delete_after = None).await;
    for _ in 0..3 {
        drop(world.open().await.unwrap());
    }
    sleep(Duration::from_hours(1)).await;
    assert_eq!((world.alive(), world.counts().kept), (3, 3));
    world.kill().await;
    world.registry = MemoryRegistry::default();
    world.start().await;
    let logs = world.requests(AUDIT_LOG);
    sleep(Duration::from_hours(24)).await;
    assert_eq!((world.alive(), world.requests(DELETE)), (3, 0));
    assert_eq!(world.counts(), Counts::default(), "they are nobody's debt");
    let logs = world.requests(AUDIT_LOG) - logs;
    assert!(
        logs <= 24 * 12 + 10,
        "{logs}: nobody asks for them again and again"
    );
    for channel in world.discord.truth().channels {
        if channel.creator_id == world.discord.user_id() {
            world.discord.delete_channel(channel.id);
        }
    }
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn where_channels_are_kept_what_was_given_up_is_not_deleted_when_the_log_is_back() {
    // How: a life ends before its channel is on record, and the next one cannot read the log for an
    // hour. Then it can; or it could never see the guild's list either, so that nothing was sighted.
    for is_unseen in [false, true] {
        let mut world = World::with(Config::default(), |world| world.delete_after = None).await;
        world.discord.fault(Fault::act_then_hang(CREATE));
        drop(timeout(Duration::from_secs(1), world.open()).await);
        world.kill().await;
        let refused = |route| Fault::status(route, 403).code(50013).always();
        world.discord.fault(refused(AUDIT_LOG));
        if is_unseen {
            world.discord.fault(refused(LIST));
        }
        world.start().await;
        sleep(Duration::from_hours(1)).await;
        assert_eq!((world.alive(), world.counts().abandoned), (1, 1));
        world.discord.clear_faults();
        sleep(Duration::from_hours(1)).await;
        world.kill().await;
        world.start().await;
        sleep(Duration::from_hours(24)).await;
        assert_eq!((world.alive(), world.requests(DELETE)), (1, 0));
        assert!(world.channels().conditions().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn where_channels_are_kept_proof_ends_a_quarantine_and_deletes_nothing() {
    // How: a life that deletes channels cannot read the log and puts one into quarantine. The next
    // life keeps channels, and can.
    let mut world = World::new().await;
    let refused = Fault::status(AUDIT_LOG, 403).code(50013);
    world.discord.fault(refused.always());
    world.discord.fault(Fault::act_then_hang(CREATE));
    drop(timeout(Duration::from_secs(1), world.open()).await);
    sleep(Duration::from_hours(1)).await;
    assert_eq!((world.alive(), world.counts().quarantined), (1, 1));
    world.kill().await;
    world.delete_after = None;
    world.discord.clear_faults();
    world.start().await;
    sleep(Duration::from_hours(24)).await;
    assert_eq!((world.alive(), world.requests(DELETE)), (1, 0));
    assert!(world.channels().conditions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_start_tries_a_few_of_what_was_parked_and_all_if_one_of_them_goes() {
    let mut world = World::new().await;
    let leases = join_all((0..20).map(|_| world.open())).await;
    world
        .discord
        .fault(Fault::status(DELETE, 403).code(50013).always());
    drop(leases);
    sleep(Duration::from_mins(1)).await;
    assert_eq!(world.counts().parked, 20);
    for _ in 0..5 {
        let tried = world.requests(DELETE);
        world.kill().await;
        world.start().await;
        sleep(Duration::from_secs(10)).await;
        assert_eq!(world.requests(DELETE), tried + 3);
    }
    world.discord.clear_faults();
    world.kill().await;
    world.start().await;
    sleep(Duration::from_mins(1)).await;
    assert_eq!(world.alive(), 0);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_creation_in_another_guild_keeps_nobody_waiting() {
    // How: a former life died in the middle of a creation, in a guild that is not ours any more.
    let mut world = World::new().await;
    world.kill().await;
    let guild_id = Id::new(77);
    let entry = Entry {
        instance: 1,
        guild_id,
        at_ms: 0,
    };
    let entered = world.registry.enter(entry).await.unwrap();
    let attempt = AttemptId::from_bytes([1; 16]);
    let row = Row {
        attempt,
        request_id: String::new(),
        guild_id,
        kind: Kind::Text,
        owner: entered.owner,
        stage: Stage::Planned,
        since_ms: 0,
        not_before_ms: 0,
        deadline_at_ms: 0,
        next_at_ms: 0,
        tries: 0,
        reason: None,
    };
    assert!(world.registry.insert(row).await.unwrap());
    world.start().await;
    let channels = world.channels();
    let settled = timeout(Duration::from_mins(1), channels.settled()).await;
    settled.expect("nothing is under way");
    assert_eq!(world.counts().unknown, 1);
    let open = world.registry.open(None, 9).await.unwrap();
    assert_eq!((open.len(), open[0].stage), (1, Stage::Unknown));
}

/// A clock that lets another process begin a life on the record while this one takes it over.
struct Meddler {
    registry: MemoryRegistry,
    guild_id: u64,
    reads: AtomicU32,
}

impl Clock for Meddler {
    fn now_ms(&self) -> u64 {
        if self.reads.fetch_add(1, Ordering::Relaxed) == 3 {
            let entry = Entry {
                instance: 2,
                guild_id: Id::new(self.guild_id),
                at_ms: 0,
            };
            let entered = self.registry.enter(entry).now_or_never();
            assert!(entered.is_some_and(|entered| entered.is_ok()));
        }
        0
    }
}

#[tokio::test(start_paused = true)]
async fn a_takeover_that_came_to_no_end_is_not_gone_on_with() {
    let mut world = World::new().await;
    let leases = join_all((0..5).map(|_| world.open())).await;
    world.kill().await;
    drop(leases);
    let meddler = Meddler {
        registry: world.registry.clone(),
        guild_id: world.discord.guild_id(),
        reads: AtomicU32::new(0),
    };
    let (_channels, mut driver) = world.life(meddler);
    let fenced = driver.recover().await;
    assert!(
        matches!(fenced, Err(LifecycleError::Registry(RegistryError::Fenced))),
        "{fenced:?}"
    );
    let again = driver.recover().await;
    assert!(
        matches!(again, Err(LifecycleError::HalfRecovered)),
        "{again:?}"
    );
    let ended = driver.run(CancellationToken::new()).await;
    assert!(
        matches!(ended, Err(LifecycleError::HalfRecovered)),
        "{ended:?}"
    );
    world.start().await;
    world.settle().await;
}
