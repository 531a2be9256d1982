//! Threads instead of channels.

use std::{collections::HashSet, time::Duration};

use cordboard_conversation::MessageApi;
use cordboard_discord::{Code, NewThread, Trouble};
use cordboard_lifecycle::{ChannelApi, Failure, GuildApi, Presence};
use cordboard_recovery::ChannelDirectory as _;
use cordboard_simulator::{Config, Fault};
use twilight_model::{channel::thread::AutoArchiveDuration, id::Id};

use crate::{
    mark::mark,
    world::{World, post, simulated},
};

const START: &str = "POST /channels/{channel_id}/threads";
const SECONDS: Duration = Duration::from_secs(10);

fn thread<'a>(world: &World, reason: &'a str) -> NewThread<'a> {
    NewThread {
        parent_id: world.channel_id(),
        name: "cord-test",
        auto_archive: AutoArchiveDuration::Hour,
        reason,
        timeout: SECONDS,
    }
}

#[tokio::test(start_paused = true)]
async fn a_thread_is_started_in_its_parent_with_its_reason() {
    simulated(Config::default(), async |world| {
        let mark = mark().to_string();
        let thread = thread(world, &mark);
        let thread_id = world.discord.create_thread(&thread).await.unwrap();
        let requests = world.simulator.requests(Some(START));
        assert_eq!(requests[0].reason, Some(mark));
        assert_eq!(world.discord.look(thread_id).await.unwrap(), Presence::Here);
        let report = world.discord.probe_channel(thread_id).await.unwrap();
        assert_eq!(report.kind, 11);
        world
            .discord
            .post(thread_id, &post("hello", "nonce", SECONDS))
            .await
            .unwrap();
        // A thread is not in the guild's list of channels.
        let listed = world.discord.channels(world.guild_id()).await.unwrap();
        assert!(listed.iter().all(|channel| channel.channel_id != thread_id));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_guild_without_room_for_threads_may_have_room_later() {
    let mut config = Config::default();
    config.guild.threads_max = 1;
    simulated(config, async |world| {
        world
            .discord
            .create_thread(&thread(world, "~b"))
            .await
            .unwrap();
        let failure = world
            .discord
            .create_thread(&thread(world, "~c"))
            .await
            .unwrap_err();
        let Failure::NoRoom { source, .. } = failure else {
            panic!("{failure:?}")
        };
        let refusal = source
            .downcast_ref::<Trouble>()
            .and_then(Trouble::refusal)
            .unwrap();
        assert_eq!(refusal.code, Code::ThreadsFull);
        assert!(refusal.is_full());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_thread_whose_answer_is_lost_is_unknown_and_is_not_repeated() {
    simulated(Config::default(), async |world| {
        for fault in [
            Fault::act_then_hang_up(START),
            Fault::act_then_hang(START),
            Fault::cut_body(START),
            Fault::garbage(START),
            Fault::status_after(START, 500),
        ] {
            let (before, text) = (world.received(START), format!("{fault:?}"));
            world.simulator.fault(fault);
            let failure = world
                .discord
                .create_thread(&thread(world, &mark().to_string()))
                .await
                .unwrap_err();
            assert!(
                matches!(failure, Failure::Unknown { .. }),
                "{text}: {failure:?}"
            );
            assert_eq!(world.received(START), before + 1, "{text}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_parent_that_takes_no_threads_is_for_an_operator() {
    simulated(Config::default(), async |world| {
        let gone = world.simulator.create_channel("gone");
        world.simulator.delete_channel(gone);
        let orphan = NewThread {
            parent_id: Id::new(gone),
            ..thread(world, "~a")
        };
        let failure = world.discord.create_thread(&orphan).await.unwrap_err();
        assert!(matches!(failure, Failure::Never { .. }), "{failure:?}");
        world.simulator.fault(Fault::status(START, 400).code(50024));
        let failure = world
            .discord
            .create_thread(&thread(world, "~e"))
            .await
            .unwrap_err();
        let Failure::Never { source } = failure else {
            panic!("{failure:?}")
        };
        let refusal = source
            .downcast_ref::<Trouble>()
            .and_then(Trouble::refusal)
            .unwrap();
        assert_eq!(refusal.code, Code::WrongChannelType);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn of_too_many_archived_threads_the_youngest_are_listed_and_it_is_said_that_there_are_more() {
    // How: nearly fifty pages, and then more.
    let mut config = Config::default();
    config.limits.enabled = false;
    simulated(config, async |world| {
        let parent = world.simulator.default_channel_id();
        let archive = async |count: usize| {
            for number in 0..count {
                let thread = world
                    .simulator
                    .start_thread(parent, &format!("asleep {number}"));
                world.simulator.set_archived(thread, true);
                // Three at a time, so that pages end between two of one moment.
                if number % 3 == 2 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        };
        let backfill = world.discord.backfill();
        let list = async || {
            let archive = backfill.archived(world.channel_id(), 0, false).await;
            let archive = archive.unwrap();
            let ids: HashSet<_> = archive.threads.iter().map(|head| head.id).collect();
            (ids.len(), archive.is_cut_off)
        };
        archive(4_900).await;
        assert_eq!(list().await, (4_900, false));
        archive(200).await;
        let (listed, is_cut_off) = list().await;
        assert!(listed > 4_900 && is_cut_off, "{listed}");
    })
    .await;
}
