//! The record of messages from a shell: beside a running proxy, and without one.

mod unwatched;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use cordboard_app::maintenance::{
    CommandError, Progress,
    messages::{From, Span, To},
};
use cordboard_simulator::{Fault, GatewayCommand};
use cordboard_tests::{Setup, World, sim, sim_with};
use hyper::Method;
use parking_lot::Mutex;
use tokio::time::sleep;
use twilight_model::id::Id;

const HISTORY: &str = "GET /channels/{channel_id}/messages";

fn recorded() -> Setup {
    Setup::default().set("CORDBOARD__RELAY__CHANNELS", "all")
}

/// What an export of everything holds: the contents, in order.
async fn exported(world: &World, span: Span) -> Vec<String> {
    let maintenance = world.maintenance("messages export");
    let mut pages = maintenance.export(span).await.unwrap();
    let mut contents = Vec::new();
    while let Some(page) = pages.page().await.unwrap() {
        for line in page {
            let message: serde_json::Value =
                serde_json::from_str(line.message.unwrap().get()).unwrap();
            contents.push(message["content"].as_str().unwrap().to_owned());
        }
    }
    contents
}

async fn backfills_what_was_said_before(world: &World, channel_id: u64, is_proxy: bool) {
    assert!(
        exported(world, Span::default()).await.is_empty(),
        "it began to record now"
    );
    if !is_proxy {
        world.stop_proxy().await;
    }
    let told = Arc::new(Mutex::new(Vec::new()));
    let (tell, shown) = (Arc::clone(&told), Mutex::new(String::new()));
    let maintenance = world
        .maintenance("messages backfill")
        .telling(move |what| tell.lock().push(what.to_owned()));
    let channels = BTreeSet::from([Id::new(channel_id)]);
    let show = |progress: Progress| *shown.lock() = progress.message;
    let done = maintenance
        .backfill(channels, From::Beginning, None, &show)
        .await
        .unwrap();
    assert_eq!((done.done, done.recorded), (vec![Id::new(channel_id)], 250));
    assert_eq!(*shown.lock(), "channels read; 250 messages recorded");
    let who = if is_proxy {
        "waiting for whoever holds the store"
    } else {
        "nobody holds the store, so it is done from here"
    };
    let expected = ["reading 1 channel again, a page at a time", who];
    assert_eq!(*told.lock(), expected);
    let contents = exported(world, Span::default()).await;
    let expected: Vec<String> = (0..250).map(|index| format!("line {index}")).collect();
    assert_eq!(contents, expected);
    let cursors = maintenance.cursors().await.unwrap();
    assert!(
        cursors.channels.iter().all(|line| line.dirty.is_none()),
        "{cursors:?}"
    );
    if !is_proxy {
        world.start_proxy().await;
    }
}

/// A channel in which 250 lines were said before anything was recorded, and these.
async fn said(world: &World) -> (u64, Vec<u64>) {
    world.stop_proxy().await;
    let channel_id = world.discord.introduction().default_channel_id;
    let mut lines = Vec::new();
    for index in 0..250 {
        lines.push(world.discord.say(channel_id, &format!("line {index}")));
        sleep(Duration::from_millis(20)).await;
    }
    world.set("CORDBOARD__RELAY__CHANNELS", "all");
    world.start_proxy().await;
    sleep(Duration::from_mins(2)).await;
    (channel_id, lines)
}

#[test]
fn what_was_said_before_is_filled_in_through_a_running_proxy() {
    sim(async |world| {
        let (channel_id, _) = said(world).await;
        backfills_what_was_said_before(world, channel_id, true).await;
    });
}

#[test]
fn what_was_said_before_is_filled_in_without_a_proxy() {
    sim(async |world| {
        let (channel_id, _) = said(world).await;
        backfills_what_was_said_before(world, channel_id, false).await;
    });
}

#[test]
fn a_backfill_that_is_interrupted_is_finished_by_whoever_comes_next() {
    sim(async |world| {
        let (channel_id, _) = said(world).await;
        world.stop_proxy().await;
        let slow = Fault::slow_answer(HISTORY, Duration::from_secs(5));
        world.discord.fault(slow.always());
        let maintenance = world.maintenance("messages backfill");
        let channels = BTreeSet::from([Id::new(channel_id)]);
        let filling = maintenance.backfill(channels, From::Beginning, None, &|_| ());
        let cut = tokio::time::timeout(Duration::from_secs(8), filling).await;
        assert!(cut.is_err(), "three pages take longer than that");
        world.discord.clear_faults();
        world.start_proxy().await;
        sleep(Duration::from_mins(2)).await;
        assert_eq!(exported(world, Span::default()).await.len(), 250);
    });
}

#[test]
fn a_backfill_with_an_end_reads_no_further_and_what_comes_is_on_record_all_the_same() {
    // How: of three pages one is asked for; what is said meanwhile comes as events.
    sim(async |world| {
        let (channel_id, lines) = said(world).await;
        let before = world.discord.requests(Some(HISTORY)).len();
        let maintenance = world.maintenance("messages backfill");
        let channels = BTreeSet::from([Id::new(channel_id)]);
        let to = Some(To::Message(Id::new(lines[50])));
        let filling = maintenance.backfill(channels.clone(), From::Beginning, to, &|_| ());
        assert_eq!(filling.await.unwrap().done, [Id::new(channel_id)]);
        assert_eq!(world.discord.requests(Some(HISTORY)).len(), before + 1);
        world.discord.say(channel_id, "later");
        sleep(Duration::from_mins(1)).await;
        let contents = exported(world, Span::default()).await;
        assert_eq!(contents.len(), 101, "{contents:?}");
        assert_eq!(contents[100], "later");
        // The other way round makes no sense.
        let nothing =
            maintenance.backfill(channels, From::Message(Id::new(lines[50])), to, &|_| ());
        let nothing = nothing.await;
        assert!(
            matches!(nothing, Err(CommandError::Usage(_))),
            "{nothing:?}"
        );
    });
}

#[test]
fn an_export_keeps_to_its_channels_and_its_span() {
    sim_with(recorded(), async |world| {
        let (one, other) = (
            world.discord.introduction().default_channel_id,
            world.discord.create_channel("other"),
        );
        sleep(Duration::from_secs(1)).await;
        let ids: Vec<u64> = (0..4)
            .map(|index| world.discord.say(one, &format!("one {index}")))
            .collect();
        world.discord.say(other, "other");
        sleep(Duration::from_secs(10)).await;
        assert_eq!(exported(world, Span::default()).await.len(), 5);
        let span = Span {
            channel_ids: vec![Id::new(one)],
            after: Some(Id::new(ids[0])),
            before: Some(Id::new(ids[3])),
            ..Span::default()
        };
        assert_eq!(exported(world, span).await, ["one 1", "one 2"]);
        let twice = Span {
            channel_ids: vec![Id::new(other), Id::new(other)],
            ..Span::default()
        };
        assert_eq!(exported(world, twice).await, ["other"]);
        world.discord.delete_channel(other);
    });
}

#[test]
fn a_channel_that_is_neither_on_record_nor_in_the_guild_is_no_empty_export() {
    sim_with(recorded(), async |world| {
        sleep(Duration::from_secs(10)).await;
        let maintenance = world.maintenance("messages export");
        let of = |channel_id: u64| Span {
            channel_ids: vec![Id::new(channel_id)],
            ..Span::default()
        };
        let mistyped = maintenance.export(of(77)).await;
        let Err(CommandError::Usage(why)) = mistyped else {
            panic!("{mistyped:?}");
        };
        assert!(why.contains("77 is neither on record"), "{why}");

        // One in which nobody has said anything, and one that nobody can look up.
        let silent = world.discord.introduction().default_channel_id;
        let mut exported = maintenance.export(of(silent)).await.unwrap();
        assert!(exported.page().await.unwrap().is_none());
        assert_eq!(
            exported.notes,
            [format!("no message of {silent} is on record")]
        );
        let away = Fault::status("GET /channels/{channel_id}", 503);
        world.discord.fault(away.always());
        let exported = maintenance.export(of(78)).await.unwrap();
        world.discord.clear_faults();
        assert!(
            exported.notes[1].contains("could not be looked up"),
            "{:?}",
            exported.notes
        );

        // What is on record is exported, though the channel is gone.
        let gone = world.discord.create_channel("gone");
        sleep(Duration::from_secs(1)).await;
        world.discord.say(gone, "heard");
        sleep(Duration::from_secs(10)).await;
        world.discord.delete_channel(gone);
        sleep(Duration::from_secs(10)).await;
        let mut span = of(gone);
        span.with_deleted = true;
        let exported = maintenance.export(span).await.unwrap();
        assert!(exported.notes.is_empty(), "{:?}", exported.notes);
    });
}

#[test]
fn a_channel_that_is_not_watched_cannot_be_read_again() {
    let only = Setup::default().set("CORDBOARD__RELAY__CHANNELS", r#"["77"]"#);
    sim_with(only, async |world| {
        let maintenance = world.maintenance("messages cursors set");
        let refused = maintenance
            .set_cursors(BTreeSet::from([Id::new(78)]), From::Time(5))
            .await;
        let Err(CommandError::Refused(why)) = refused else {
            panic!("{refused:?}");
        };
        assert!(why.contains("relay.channels"), "{why}");
    });
    sim(async |world| {
        let maintenance = world.maintenance("messages cursors set");
        let refused = maintenance
            .set_cursors(BTreeSet::from([Id::new(78)]), From::Time(5))
            .await;
        assert!(
            matches!(refused, Err(CommandError::Refused(_))),
            "{refused:?}"
        );
    });
}

#[test]
fn of_channels_of_which_one_is_not_watched_none_is_read_again() {
    sim_with(recorded(), async |world| {
        let channel_id = world.discord.introduction().default_channel_id;
        world.discord.say(channel_id, "hello");
        sleep(Duration::from_secs(10)).await;
        let reads = || world.discord.requests(Some(HISTORY)).len();
        let before = reads();
        let maintenance = world.maintenance("messages backfill");
        let both = BTreeSet::from([Id::new(channel_id), Id::new(78)]);
        let refused = maintenance
            .backfill(both, From::Beginning, None, &|_| ())
            .await;
        let Err(CommandError::Refused(why)) = refused else {
            panic!("{refused:?}");
        };
        assert!(why.contains("relay.channels): 78;"), "{why}");
        sleep(Duration::from_mins(1)).await;
        assert_eq!(reads(), before, "nothing is half-recorded");
        // One that is watched may be without gaps; of another one that would say nothing.
        let gaps = maintenance.gaps(Some(Id::new(channel_id))).await.unwrap();
        assert!(gaps.gaps.is_empty(), "{gaps:?}");
        let unknown = maintenance.gaps(Some(Id::new(78))).await;
        assert!(
            matches!(unknown, Err(CommandError::Usage(_))),
            "{unknown:?}"
        );
    });
}

/// Begins to read the relay under a name, and leaves.
async fn read_as(world: &World, name: &str) {
    let client = world.client().with_key("sk-relay");
    let path = format!("/relay/v1/stream?consumer={name}");
    let stream = client.send(Method::GET, &path, "").await.unwrap();
    assert_eq!(stream.status, 200);
}

#[test]
fn a_consumer_can_be_sent_back_and_forgotten_and_a_plan_changes_nothing() {
    let setup = Setup {
        toml: "[[keys]]\nname = \"relay\"\nsecret = \"sk-relay\"\nscopes = [\"relay\"]\n"
            .to_owned(),
        ..recorded()
    };
    sim_with(setup, async |world| {
        for index in 0..4 {
            let channel_id = world.discord.introduction().default_channel_id;
            world.discord.say(channel_id, &format!("line {index}"));
        }
        sleep(Duration::from_secs(10)).await;
        let maintenance = world.maintenance("messages consumers reset");
        let acknowledged = async || {
            let consumers = maintenance.consumers().await.unwrap().consumers;
            let at = consumers.into_iter();
            at.map(|line| (line.name, line.acknowledged))
                .collect::<Vec<_>>()
        };
        read_as(world, "mybot").await;
        let mybot = |at| vec![("mybot".to_owned(), at)];
        assert_eq!(acknowledged().await, mybot(4));

        let plan = maintenance.plan_reset("mybot", Some(1)).await.unwrap();
        assert_eq!(acknowledged().await, mybot(4), "a plan changes nothing");
        let reset = maintenance.reset_consumer(plan).await.unwrap();
        assert_eq!(reset.plan.consumer.acknowledged, 4);
        assert_eq!(reset.consumers[0].acknowledged, 1);

        let plan = maintenance.plan_reset("mybot", None).await.unwrap();
        assert_eq!(acknowledged().await, mybot(1), "a plan changes nothing");
        let reset = maintenance.reset_consumer(plan.clone()).await.unwrap();
        assert!(reset.consumers.is_empty(), "{reset:?}");
        let again = maintenance.reset_consumer(plan).await;
        assert!(matches!(again, Err(CommandError::Refused(_))), "{again:?}");
    });
}

#[test]
fn a_consumer_whose_name_is_mistyped_is_not_made_and_those_that_are_there_are_named() {
    let setup = Setup {
        toml: "[[keys]]\nname = \"relay\"\nsecret = \"sk-relay\"\nscopes = [\"relay\"]\n"
            .to_owned(),
        ..recorded()
    };
    sim_with(setup, async |world| {
        let maintenance = world.maintenance("messages consumers reset");
        for (to, known) in [(Some(3), "there are none"), (None, "there are: mybot")] {
            let unknown = maintenance.plan_reset("mybto", to).await;
            let Err(CommandError::Usage(why)) = unknown else {
                panic!("{unknown:?}");
            };
            assert!(why.contains("\"mybto\"") && why.contains(known), "{why}");
            read_as(world, "mybot").await;
        }
        let consumers = maintenance.consumers().await.unwrap().consumers;
        assert_eq!(consumers.len(), 1, "{consumers:?}");
    });
}

#[test]
fn gaps_are_listed_and_read_again_once_they_can_be() {
    // How: the bot may not read a channel's history while the gateway is away; then it may again.
    sim_with(recorded(), async |world| {
        let channel_id = world.discord.create_channel("room");
        sleep(Duration::from_secs(1)).await;
        world.discord.say(channel_id, "heard");
        sleep(Duration::from_secs(10)).await;
        let refused = Fault::status(HISTORY, 403).code(50013);
        world.discord.fault(refused.always());
        let lost = GatewayCommand::Invalidate { resumable: false };
        world.discord.gateway(lost);
        world.discord.say(channel_id, "unheard");
        sleep(Duration::from_mins(5)).await;
        let maintenance = world.maintenance("messages gaps");
        let gaps = maintenance
            .gaps(Some(Id::new(channel_id)))
            .await
            .unwrap()
            .gaps;
        assert_eq!(gaps.len(), 1, "{gaps:?}");
        assert_eq!(gaps[0].reason, "refused");
        world.discord.clear_faults();
        let retried = maintenance.retry_gaps(None).await.unwrap().gaps;
        assert_eq!(
            retried.len(),
            maintenance.gaps(None).await.unwrap().gaps.len()
        );
        sleep(Duration::from_mins(1)).await;
        let span = Span {
            channel_ids: vec![Id::new(channel_id)],
            ..Span::default()
        };
        assert_eq!(exported(world, span).await, ["heard", "unheard"]);
        world.discord.delete_channel(channel_id);
    });
}
