//! Guilds that are full, and creations that Discord does not want for a while.

use std::time::Duration;

use cordboard_lifecycle::{Condition, Lease, Observed, OpenError, Opening, Quota, Shown};
use cordboard_simulator::{ChannelConfig, Config, Fault, Scope};
use futures_util::{StreamExt as _, future::join_all, stream::FuturesUnordered};
use tokio::time::{Instant, sleep, timeout};
use twilight_model::id::Id;

use super::floor::{CREATE, World, opening, shown};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// A guild for so many channels, its default channel among them.
fn guild(channels_max: usize) -> Config {
    let mut config = Config::default();
    config.guild.channels_max = channels_max;
    config
}

const fn quota(channels_max: usize, reserve: usize) -> Quota {
    Quota {
        channels_max,
        reserve,
        category_channels_max: 50,
    }
}

async fn open(world: &World, patience: Duration) -> Result<Lease, OpenError> {
    world.channels().open(opening(patience)).await
}

pub(super) fn is(world: &World, condition: Condition) -> bool {
    let conditions = world.channels().conditions();
    conditions.iter().any(|(now, _)| *now == condition)
}

#[tokio::test(start_paused = true)]
async fn a_full_guild_serves_tenants_in_turn_as_channels_go_and_refuses_no_request() {
    // How: four channels are ours to fill, and are filled. One tenant waits for ten more, another one,
    // who comes last, for one. Whoever gets a channel lets go of one.
    let world = World::with(guild(5), |world| {
        world.quota = quota(7, 2);
        world.delete_after = Some(Duration::ZERO);
    })
    .await;
    let channels = world.channels();
    let conversation = async |tenant: &str| {
        let opening = Opening {
            tenant: tenant.to_owned(),
            ..opening(HOUR)
        };
        (tenant.to_owned(), channels.open(opening).await.unwrap())
    };
    let mut waiting = FuturesUnordered::new();
    for _ in 0..14 {
        waiting.push(conversation("busy"));
    }
    let mut held = Vec::new();
    while held.len() < 4 {
        held.extend(waiting.next().await);
    }
    waiting.push(conversation("modest"));
    let nobody = timeout(MINUTE, waiting.next()).await;
    assert!(nobody.is_err(), "{nobody:?}");
    assert!(is(&world, Condition::Full));
    let mut served = Vec::new();
    while !waiting.is_empty() {
        drop(held.swap_remove(0));
        let (tenant, lease) = waiting.next().await.unwrap();
        held.push((tenant.clone(), lease));
        served.push(tenant);
    }
    assert_eq!(served[..3], ["busy", "modest", "busy"]);
    assert_eq!((world.created(), world.requests(CREATE)), (15, 15));
    drop((waiting, held));
    channels.settled().await;
    sleep(MINUTE).await;
    assert!(!is(&world, Condition::Full));
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_finds_no_room_is_told_when_a_deletion_is_due() {
    let world = World::with(guild(9), |world| {
        world.quota = quota(3, 1);
        world.delete_after = Some(Duration::from_secs(50));
    })
    .await;
    let lease = world.open().await.unwrap();
    let refused = async || match open(&world, Duration::from_secs(2)).await {
        Err(OpenError::Full { wait }) => wait.as_secs(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused().await, 30, "a guess: it is in use");
    drop(lease);
    assert!((49..=52).contains(&refused().await));
    assert_eq!((world.requests(CREATE), world.counts().not_created), (1, 0));
    drop(open(&world, MINUTE).await.unwrap());
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn discords_word_that_the_guild_is_full_is_believed_for_a_minute() {
    let world = World::new().await;
    world
        .discord
        .fault(Fault::status(CREATE, 400).code(30013).always());
    let began = Instant::now();
    let refused = join_all((0..20).map(|_| world.open())).await;
    assert!(
        refused
            .iter()
            .all(|refused| matches!(refused, Err(OpenError::Full { .. }))),
        "{refused:?}"
    );
    assert!(began.elapsed() < MINUTE);
    assert_eq!(world.requests(CREATE), 20, "they were under way already");
    assert!(is(&world, Condition::Full));
    let refused = join_all((0..20).map(|_| open(&world, 3 * MINUTE))).await;
    assert!(refused.iter().all(Result::is_err));
    assert!(world.requests(CREATE) <= 24, "one a minute tries");
    world.discord.clear_faults();
    let opened = join_all((0..20).map(|_| open(&world, 2 * MINUTE))).await;
    assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    assert!(!is(&world, Condition::Full));
    drop(opened);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_count_that_is_too_low_costs_one_request_for_each_channel_that_goes() {
    // How: the guild is full, and nothing we know says so.
    let world = World::with(guild(5), |world| world.delete_after = Some(Duration::ZERO)).await;
    let conversation = async || {
        let lease = open(&world, 10 * MINUTE).await.unwrap();
        sleep(Duration::from_secs(1)).await;
        drop(lease);
    };
    join_all((0..20).map(|_| conversation())).await;
    assert_eq!(world.created(), 20);
    let requests = world.requests(CREATE);
    assert!(requests <= 20 + 16 + 16, "{requests}");
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_deletes_a_channel_makes_room() {
    // How: people have filled the guild; one channel goes and the gateway says so, another one goes
    // and nobody says so.
    let world = World::with(guild(4), |_| ()).await;
    let theirs = ["a", "b", "c"].map(|name| world.discord.create_channel(name));
    let helpful = async |told: bool, channel_id: u64| {
        sleep(Duration::from_secs(10)).await;
        world.discord.delete_channel(channel_id);
        if told {
            let deleted = Observed::Deleted(Id::new(channel_id));
            world.channels().observe(deleted);
        }
    };
    let began = Instant::now();
    let (first, ()) = tokio::join!(open(&world, 3 * MINUTE), helpful(true, theirs[0]));
    let first = first.unwrap();
    assert_eq!(began.elapsed().as_secs(), 10);
    let (second, ()) = tokio::join!(open(&world, 3 * MINUTE), helpful(false, theirs[1]));
    drop((first, second.unwrap()));
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn what_the_gateway_tells_counts() {
    // How: a guild that arrives with six of its channels hidden, and one that is created.
    let world = World::with(Config::default(), |world| world.quota = quota(10, 0)).await;
    let channels = world.channels();
    let hidden = (1..=6).map(|channel_id| Shown {
        is_hidden: true,
        ..shown(channel_id)
    });
    let first = shown(world.discord.default_channel_id());
    channels.observe(Observed::Arrived(hidden.chain([first]).collect()));
    let theirs = world.discord.create_channel("theirs");
    channels.observe(Observed::Created(shown(theirs)));
    sleep(Duration::from_secs(5)).await;
    let leases = [world.open().await.unwrap(), world.open().await.unwrap()];
    assert!(*channels.is_nearly_full().borrow());
    let refused = open(&world, MINUTE).await;
    assert!(
        matches!(refused, Err(OpenError::Full { .. })),
        "{refused:?}"
    );
    assert_eq!(world.requests(CREATE), 2);
    drop(leases);
    let mut nearly_full = channels.is_nearly_full();
    nearly_full.wait_for(|nearly| !nearly).await.unwrap();
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_creation_whose_answer_was_lost_counts_for_a_minute() {
    // How: Discord has never acted on two, and the audit log shows nothing of them.
    let world = World::with(Config::default(), |world| world.quota = quota(4, 0)).await;
    world.discord.fault(Fault::hang_up(CREATE).times(2));
    drop(world.open().await.unwrap_err());
    assert_eq!(world.counts().unknown, 2);
    let lease = world.open().await.unwrap();
    let refused = open(&world, Duration::from_secs(20)).await;
    assert!(
        matches!(refused, Err(OpenError::Full { .. })),
        "{refused:?}"
    );
    sleep(Duration::from_mins(2)).await;
    drop((lease, world.open().await.unwrap()));
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_former_life_left_takes_its_room_until_it_is_gone() {
    let mut world = World::with(guild(3), |world| world.quota = quota(3, 0)).await;
    let leases = [world.open().await.unwrap(), world.open().await.unwrap()];
    world.kill().await;
    drop(leases);
    world.start().await;
    // The first look at the guild is over.
    sleep(Duration::from_secs(1)).await;
    let lease = world.open().await.unwrap();
    assert_eq!((world.created(), world.requests(CREATE)), (3, 3));
    drop(lease);
    world.settle().await;
}

/// Two categories.
pub(super) fn categories(category_channels_max: usize) -> (Config, [u64; 2]) {
    let ids = [71, 72];
    let mut config = Config::default();
    config.guild.category_channels_max = category_channels_max;
    config.guild.channels.extend(ids.map(|id| ChannelConfig {
        id,
        kind: 4,
        ..ChannelConfig::default()
    }));
    (config, ids)
}

/// How many of our channels are in each.
pub(super) fn filled(world: &World, category_ids: [u64; 2]) -> [usize; 2] {
    let channels = world.discord.truth().channels;
    category_ids.map(|id| {
        let inside = |one: &&_| {
            let one: &cordboard_simulator::ChannelTruth = one;
            one.alive && one.parent_id == Some(id)
        };
        channels.iter().filter(inside).count()
    })
}

#[tokio::test(start_paused = true)]
async fn categories_are_filled_evenly_and_to_their_brim() {
    // How: once with a quota that knows their size, once with one that has to be told by Discord.
    for known in [3, 50] {
        let (config, ids) = categories(3);
        let world = World::with(config, |world| {
            world.category_ids = ids.to_vec();
            world.quota.category_channels_max = known;
            world.delete_after = Some(Duration::ZERO);
        })
        .await;
        let mut leases = Vec::new();
        for _ in 0..3 {
            leases.push(world.open().await.unwrap());
            leases.push(world.open().await.unwrap());
            assert_eq!(filled(&world, ids), [leases.len() / 2; 2]);
        }
        let began = Instant::now();
        let one_goes = async {
            sleep(Duration::from_secs(10)).await;
            drop(leases.swap_remove(1));
        };
        let (seventh, ()) = tokio::join!(world.open(), one_goes);
        let seventh = seventh.unwrap();
        assert!((10..20).contains(&began.elapsed().as_secs()));
        assert_eq!(filled(&world, ids), [3, 3]);
        let refused = world.requests(CREATE) - world.created();
        assert!(refused <= if known == 3 { 0 } else { 2 }, "{refused}");
        drop((leases, seventh));
        world.settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn while_discord_wants_no_creations_nobody_asks_and_nobody_waits_in_vain() {
    let world = World::new().await;
    world
        .discord
        .fault(Fault::rate_limited(CREATE, Scope::User, HOUR));
    let began = Instant::now();
    for _ in 0..50 {
        match world.open().await {
            Err(OpenError::NotDone {
                wait: Some(wait), ..
            }) => assert!((3_599..=3_600).contains(&wait.as_secs())),
            other => panic!("{other:?}"),
        }
    }
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!((world.requests(CREATE), world.counts().not_created), (1, 1));
    assert!(is(&world, Condition::CreationClosed));
    // How: those with the patience of an hour are served once it is over, after one has tried.
    let opened = join_all((0..20).map(|_| open(&world, 2 * HOUR))).await;
    assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    assert!(began.elapsed() >= HOUR && began.elapsed() < HOUR + MINUTE);
    assert_eq!(world.requests(CREATE), 21);
    assert!(!is(&world, Condition::CreationClosed));
    drop(opened);
    world.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_short_rate_limit_closes_nothing() {
    let world = World::new().await;
    let wait = Duration::from_secs(3);
    world
        .discord
        .fault(Fault::rate_limited(CREATE, Scope::User, wait));
    let opened = join_all((0..20).map(|_| world.open())).await;
    assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    assert!(!is(&world, Condition::CreationClosed));
    drop(opened);
    world.settle().await;
}
