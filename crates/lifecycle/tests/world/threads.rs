//! Threads in place of channels: the same promises.

use std::time::Duration;

use cordboard_lifecycle::{
    Condition, Isolation, Lease, MemoryRegistry, Observed, OpenError, Opening, Quota,
};
use cordboard_simulator::{Config, Fault, Scope};
use futures_util::future::join_all;
use tokio::time::{sleep, timeout};
use twilight_model::id::Id;

use super::floor::{CREATE, DELETE, LOOK, THREAD, World, opening, shown};

const THREADS: &str = "GET /guilds/{guild_id}/threads/active";
const HOUR: Duration = Duration::from_hours(1);

/// `MANAGE_THREADS` (topics/permissions).
const MANAGE_THREADS: u64 = 1 << 34;

/// A world with threads in its default channel.
async fn world(
    config: Config,
    isolation: fn(Id<twilight_model::id::marker::ChannelMarker>) -> Isolation,
) -> World {
    World::with(config, |world| {
        world.isolation = isolation(Id::new(world.discord.default_channel_id()));
    })
    .await
}

fn is_thread(world: &World, lease: &Lease) -> bool {
    let channels = world.discord.truth().channels;
    let id = lease.channel_id().get();
    channels.iter().any(|one| one.id == id && one.kind == 11)
}

#[tokio::test(start_paused = true)]
async fn a_thread_is_created_used_and_deleted_and_its_channel_stays() {
    let world = world(Config::default(), Isolation::Thread).await;
    let lease = world.open().await.unwrap();
    assert!(is_thread(&world, &lease));
    assert_eq!(world.counts().live, 1);
    drop(lease);
    world.channels().settled().await;
    assert_eq!((world.alive(), world.counts().gone), (0, 1));
    assert_eq!((world.requests(CREATE), world.requests(DELETE)), (0, 1));
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_thread_whose_answer_was_lost_is_found_and_goes() {
    let world = world(Config::default(), Isolation::Thread).await;
    // How: both attempts lose their answers; the audit log names the threads.
    world
        .discord
        .fault(Fault::act_then_hang_up(THREAD).times(2));
    let lease = world.open().await.unwrap();
    assert!(is_thread(&world, &lease));
    drop(lease);
    for fault in [
        Fault::act_twice(THREAD),
        Fault::act_then_hang(THREAD),
        Fault::late(THREAD, Duration::from_mins(5)),
        Fault::late(THREAD, HOUR),
        Fault::status_after(THREAD, 504),
        Fault::garbage(THREAD),
    ] {
        world.discord.fault(fault);
        drop(world.open().await);
        world.discord.clear_faults();
    }
    sleep(2 * HOUR).await;
    assert!(world.created() >= 8);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_life_that_ends_at_any_moment_leaves_no_thread() {
    let mut world = world(Config::default(), Isolation::Thread).await;
    world.delete_after = Some(Duration::from_millis(20));
    world
        .discord
        .fault(Fault::slow_answer(THREAD, Duration::from_millis(10)).always());
    for life in 0..50 {
        let short = async {
            drop(world.open().await);
            sleep(Duration::from_secs(10)).await;
        };
        let _ = timeout(Duration::from_millis(life), short).await;
        world.kill().await;
        world.start().await;
    }
    assert!(world.created() > 30);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_fell_asleep_is_deleted_like_any_other() {
    // How: it is silent for longer than Discord keeps it awake, and so makes room for another.
    let mut config = Config::default();
    config.guild.threads_max = 1;
    let world = world(config, Isolation::Thread).await;
    let open = async |patience| {
        let opening = Opening {
            lifetime: 24 * HOUR,
            ..opening(patience)
        };
        world.channels().open(opening).await
    };
    let first = open(HOUR).await.unwrap();
    sleep(2 * HOUR).await;
    let second = open(HOUR).await.unwrap();
    assert_eq!(world.alive(), 2, "asleep is not gone");
    drop((first, second));
    world.channels().settled().await;
    assert_eq!(world.alive(), 0);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn openings_wait_for_a_thread_to_go_when_there_are_too_many() {
    let mut config = Config::default();
    config.guild.threads_max = 2;
    let world = world(config, Isolation::Thread).await;
    let first = world.open().await.unwrap();
    let second = world.open().await.unwrap();
    let patience = Duration::from_secs(20);
    let refused = world.channels().open(opening(patience)).await;
    assert!(
        matches!(refused, Err(OpenError::Full { .. })),
        "{refused:?}"
    );
    let conditions = world.channels().conditions();
    assert_eq!(conditions[0].0, Condition::Full);
    assert_eq!((world.created(), world.requests(THREAD)), (2, 3));
    let one_goes = async { drop(first) };
    let channels = world.channels();
    let (third, ()) = tokio::join!(channels.open(opening(patience)), one_goes);
    drop((second, third.unwrap()));
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn threads_take_over_when_channels_run_out() {
    // How: once our own count says so, once only Discord knows.
    for channels_max in [3, 500] {
        let mut config = Config::default();
        config.guild.channels_max = 3;
        let mut world = world(config, Isolation::ChannelThenThread).await;
        world.quota = Quota {
            channels_max,
            reserve: 0,
            ..Quota::default()
        };
        world.kill().await;
        world.start().await;
        let mut leases = Vec::new();
        for _ in 0..5 {
            leases.push(world.open().await.unwrap());
        }
        let threads = leases.iter().map(|lease| is_thread(&world, lease));
        assert_eq!(
            threads.collect::<Vec<_>>(),
            [false, false, true, true, true]
        );
        assert!(world.channels().conditions().is_empty());
        drop(leases);
        world.channels().settled().await;
        let lease = world.open().await.unwrap();
        assert!(!is_thread(&world, &lease), "channels come first");
        drop(lease);
        world.settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn threads_take_over_while_discord_creates_no_channels() {
    let world = world(Config::default(), Isolation::ChannelThenThread).await;
    world
        .discord
        .fault(Fault::rate_limited(CREATE, Scope::User, HOUR));
    let mut opened = vec![world.open().await];
    opened.extend(join_all((0..20).map(|_| world.open())).await);
    for lease in &opened {
        assert!(is_thread(&world, lease.as_ref().unwrap()));
    }
    assert_eq!(world.requests(CREATE), 1);
    assert!(world.channels().conditions().is_empty());
    // How: then threads are limited too, for a shorter time.
    let four_minutes = Duration::from_mins(4);
    world
        .discord
        .fault(Fault::rate_limited(THREAD, Scope::Shared, four_minutes));
    match world.open().await {
        Err(OpenError::NotDone {
            wait: Some(wait), ..
        }) => assert_eq!(wait.as_secs(), 240),
        other => panic!("{other:?}"),
    }
    let conditions = world.channels().conditions();
    assert_eq!(conditions[0].0, Condition::CreationClosed);
    sleep(four_minutes).await;
    let thread = world.open().await.unwrap();
    assert!(is_thread(&world, &thread));
    sleep(HOUR).await;
    let channel = world.open().await.unwrap();
    assert!(!is_thread(&world, &channel));
    drop((opened, thread, channel));
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn threads_that_went_with_their_channel_are_proved_gone() {
    let world = World::with(Config::default(), |world| {
        let parent_id = world.discord.create_channel("for threads");
        world.isolation = Isolation::Thread(Id::new(parent_id));
    })
    .await;
    let leases = [world.open().await.unwrap(), world.open().await.unwrap()];
    let Isolation::Thread(parent_id) = world.isolation else {
        unreachable!("it was set above");
    };
    world.discord.delete_channel(parent_id.get());
    drop(leases);
    world.channels().settled().await;
    assert_eq!(world.counts().gone, 2);
    let refused = world.open().await;
    assert!(
        matches!(refused, Err(OpenError::Never { .. })),
        "{refused:?}"
    );
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_thread_of_which_two_replicas_know_nothing_is_in_the_list_of_threads() {
    let world = world(Config::default(), Isolation::Thread).await;
    for route in [DELETE, LOOK] {
        world.discord.fault(Fault::status(route, 404).code(10003));
    }
    drop(world.open().await.unwrap());
    sleep(Duration::from_mins(5)).await;
    assert_eq!((world.alive(), world.counts().gone), (0, 1));
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_thread_whose_list_does_not_agree_that_it_is_gone_stays_a_debt() {
    // How: deletions and looks meet replicas that do not know the thread; the list shows it, or is
    // refused.
    for is_refused in [false, true] {
        let world = world(Config::default(), Isolation::Thread).await;
        for route in [DELETE, LOOK] {
            let absent = Fault::status(route, 404).code(10003);
            world.discord.fault(absent.always());
        }
        if is_refused {
            let refused = Fault::status(THREADS, 403).code(50001);
            world.discord.fault(refused.always());
        }
        drop(world.open().await.unwrap());
        sleep(HOUR / 2).await;
        let counts = world.counts();
        assert_eq!((world.alive(), counts.gone, counts.parked), (1, 0, 1));
        if is_refused {
            // It costs little.
            let deletions = world.requests(DELETE);
            sleep(24 * HOUR).await;
            assert_eq!((world.alive(), world.counts().gone), (1, 0));
            let deletions = world.requests(DELETE) - deletions;
            assert!((3..=5).contains(&deletions), "{deletions} in a day");
        }
        world.discord.clear_faults();
        world.settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_thread_of_a_lost_record_is_not_forgotten_by_one_answer() {
    let mut world = world(Config::default(), Isolation::Thread).await;
    let old = world.open().await.unwrap();
    sleep(Duration::from_mins(5)).await;
    let young = world.open().await.unwrap();
    world.kill().await;
    drop((old, young));
    world.registry = MemoryRegistry::default();
    world.discord.fault(Fault::status(LOOK, 404).code(10003));
    world.start().await;
    sleep(Duration::from_mins(5)).await;
    assert_eq!(world.alive(), 0);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn parked_threads_are_tried_again_when_their_channel_changes() {
    let world = world(Config::default(), Isolation::Thread).await;
    let parent_id = world.discord.default_channel_id();
    let lease = world.open().await.unwrap();
    world.discord.set_overwrite(parent_id, 0, MANAGE_THREADS);
    drop(lease);
    sleep(Duration::from_mins(2)).await;
    assert_eq!(world.counts().parked, 1);
    world.discord.clear_overwrite(parent_id);
    world
        .channels()
        .observe(Observed::Updated(shown(parent_id)));
    sleep(Duration::from_secs(20)).await;
    assert_eq!(world.alive(), 0);
    world.settle().await;
}
