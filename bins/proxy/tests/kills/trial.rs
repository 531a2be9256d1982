//! An operator's trial: 500 conversations, of which a third hang up, ten kills, and then the truth.

use std::{future::ready, net::SocketAddr, time::Duration};

use fastrand::Rng;
use futures_util::{StreamExt as _, future::join, stream};
use serde_json::Value;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::{life::Life, load, seed, world::World};

const CONVERSATIONS: u64 = 500;

/// Conversations at the same time.
const CLIENTS: usize = 16;

/// One conversation in so many is left by its client.
const HANG_UP_EVERY: u64 = 3;

const KILLS: u64 = 10;

/// The longest time in milliseconds until a client hangs up, or a process is killed: about as long as
/// a conversation takes while 15 others do.
const MOMENT_MS_MAX: u64 = 500;

/// Each kind of fault strikes one request in so many. There are six kinds for a creation and five for
/// a deletion, so that one in five and one in six goes wrong.
const WRONG_ONE_IN: f64 = 30.0;

/// As [`WRONG_ONE_IN`], in the last life. Deletions that go wrong one after the other are tried less
/// and less often, as seldom as once a minute after the fourth: no channel should meet with that.
const WRONG_AT_LAST_ONE_IN: f64 = 100.0;

/// Channels without which the trial proves nothing: a hang-up or a kill may come before a channel.
const CREATED_MIN: usize = 300;

/// How soon after the last start no channel may be left.
const SETTLED_WITHIN: Duration = Duration::from_mins(1);

/// So long it has to stay so: creations of the last life but one may come late.
const SETTLED_FOR: Duration = Duration::from_secs(2);

/// How often the truth is asked for.
const ASK_EVERY: Duration = Duration::from_millis(250);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_killed_ten_times_in_500_conversations_leaves_no_channel_and_touches_no_other() {
    let seed = seed("trial");
    let began = Instant::now();
    let mut world = World::new(seed).await;
    let (_, foreign) = channels(&world.discord.truth().await);
    world.discord.keep_going_wrong(WRONG_ONE_IN);
    world.discord.keep_refusing(WRONG_ONE_IN);
    let (address, addresses) = watch::channel(None);
    let (started, _) = watch::channel(0);
    let mut dice = world.dice.fork();
    let conversations = converse(&addresses, &started, &mut dice);
    let ((), left) = join(kill(&mut world, &address, &started), conversations).await;
    let alive = world.discord.alive();

    // A refusal is for a person to take back, and is not tried again within the minute. All that
    // passes by itself goes on.
    world.discord.keep_going_wrong(WRONG_AT_LAST_ONE_IN);
    let start = Instant::now();
    let mut life = Life::start(&mut world.command());
    assert!(life.ready().await.is_some(), "it does not start again");
    let start = start.elapsed();
    let (truth, took) = settled(&world).await;
    life.terminate();
    let end = life.ended().await;
    assert!(end.status.success(), "{end:#?}");
    world.check();
    let (ours, others) = channels(&truth);
    assert_eq!(others, foreign, "channels of other people");
    println!(
        "{CONVERSATIONS} conversations, {left} of them left, {KILLS} kills, {} channels, {} faults; \
         the last start found {alive} channels, was ready after {:.1} s, and they were gone {:.1} s \
         later; {:.1} s in all",
        ours.len(),
        truth["counters"]["faults"],
        start.as_secs_f64(),
        took.as_secs_f64(),
        began.elapsed().as_secs_f64()
    );
    assert!(ours.len() >= CREATED_MIN, "only {} channels", ours.len());
}

/// Holds all conversations, each with the process that lives when it begins. How many were left by
/// their clients.
async fn converse(
    addresses: &watch::Receiver<Option<SocketAddr>>,
    started: &watch::Sender<u64>,
    dice: &mut Rng,
) -> usize {
    let conversations = (0..CONVERSATIONS).map(|number| {
        let patience = (number % HANG_UP_EVERY == 0).then(|| moment(dice));
        let (mut addresses, mut dice) = (addresses.clone(), dice.fork());
        async move {
            let address = *addresses.wait_for(Option::is_some).await.expect("a sender");
            started.send_modify(|started| *started += 1);
            load::take_part(address.expect("it is one"), patience, &mut dice).await
        }
    });
    stream::iter(conversations)
        .buffer_unordered(CLIENTS)
        .filter(|is_left| ready(*is_left))
        .count()
        .await
}

/// Starts the process and kills it, at a random moment of each fifty conversations, and the last time
/// when all have begun.
async fn kill(
    world: &mut World,
    address: &watch::Sender<Option<SocketAddr>>,
    started: &watch::Sender<u64>,
) {
    const SHARE: u64 = CONVERSATIONS / KILLS;
    let mut started = started.subscribe();
    for kill in 1..=KILLS {
        let mut life = Life::start(&mut world.command());
        let ready = life.ready().await;
        if ready.is_some() {
            address.send_replace(ready);
            let early = world.dice.u64(..SHARE) * u64::from(kill < KILLS);
            let is_time = |started: &u64| *started >= kill * SHARE - early;
            drop(started.wait_for(is_time).await.expect("a sender"));
            sleep(moment(&mut world.dice)).await;
            address.send_replace(None);
            life.kill();
        }
        let end = life.ended().await;
        assert!(end.is_killed(), "it ended by itself: {end:#?}");
    }
}

fn moment(dice: &mut Rng) -> Duration {
    Duration::from_millis(dice.u64(..=MOMENT_MS_MAX))
}

/// Asks for the truth until no channel of the proxy's bot has been there for a while. The truth, and
/// how long it took them to go.
///
/// # Panics
/// When it takes them too long.
async fn settled(world: &World) -> (Value, Duration) {
    let began = Instant::now();
    let mut last_seen = began;
    loop {
        let truth = world.discord.truth().await;
        let (ours, _) = channels(&truth);
        let alive = ours.iter().filter(|channel| channel["alive"] == true);
        let alive = alive.count();
        if alive > 0 {
            last_seen = Instant::now();
        }
        let took = last_seen - began;
        assert!(took <= SETTLED_WITHIN, "{alive} channels after {took:?}");
        if last_seen.elapsed() >= SETTLED_FOR {
            return (truth, took);
        }
        sleep(ASK_EVERY).await;
    }
}

/// The channels that the proxy's bot has created, and all others.
fn channels(truth: &Value) -> (Vec<Value>, Vec<Value>) {
    let channels = truth["channels"].as_array().expect("a list").clone();
    let is_ours = |channel: &Value| channel["creator_id"] == truth["user_id"];
    channels.into_iter().partition(is_ours)
}
