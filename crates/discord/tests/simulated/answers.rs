//! Lost, late, broken and odd answers: what the caller is told.

use std::time::Duration;

use cordboard_conversation::MessageApi;
use cordboard_discord::{Discord, Settings, Trouble};
use cordboard_lifecycle::{ChannelApi, Failure, Presence};
use cordboard_simulator::{Config, Fault};
use tokio::time::Instant;

use crate::world::{CREATE, LOOK, POST, post, simulated};

const SECONDS: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn a_creation_whose_answer_is_lost_is_unknown_and_is_not_repeated() {
    simulated(Config::default(), async |world| {
        for fault in [
            Fault::act_then_hang_up(CREATE),
            Fault::cut_body(CREATE),
            Fault::garbage(CREATE),
            Fault::status_after(CREATE, 500),
        ] {
            let (before, text) = (world.created(), format!("{fault:?}"));
            world.simulator.fault(fault);
            let failure = world
                .discord
                .create(&world.plan(SECONDS))
                .await
                .unwrap_err();
            assert!(
                matches!(failure, Failure::Unknown { .. }),
                "{text}: {failure:?}"
            );
            assert_eq!(world.created(), before + 1, "{text}");
        }
        assert_eq!(world.received(CREATE), 4);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_may_not_have_happened_is_unknown_too() {
    simulated(Config::default(), async |world| {
        for fault in [
            Fault::hang_up(CREATE),
            Fault::reset(CREATE),
            Fault::status(CREATE, 503),
            Fault::html(CREATE, 502),
            Fault::html(CREATE, 403),
        ] {
            let text = format!("{fault:?}");
            world.simulator.fault(fault);
            let failure = world
                .discord
                .create(&world.plan(SECONDS))
                .await
                .unwrap_err();
            assert!(
                matches!(failure, Failure::Unknown { .. }),
                "{text}: {failure:?}"
            );
        }
        assert_eq!(world.created(), 0);
        assert_eq!(world.received(CREATE), 5);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn silence_ends_at_the_deadline() {
    simulated(Config::default(), async |world| {
        for fault in [
            Fault::hang(CREATE),
            Fault::act_then_hang(CREATE),
            Fault::stall_body(CREATE),
            Fault::late(CREATE, Duration::from_mins(1)),
        ] {
            let text = format!("{fault:?}");
            world.simulator.fault(fault);
            let began = Instant::now();
            let failure = world
                .discord
                .create(&world.plan(SECONDS))
                .await
                .unwrap_err();
            assert!(
                matches!(failure, Failure::Unknown { .. }),
                "{text}: {failure:?}"
            );
            let waited = began.elapsed();
            assert!(
                waited >= SECONDS && waited < SECONDS + Duration::from_millis(10),
                "{text}"
            );
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_is_not_done() {
    // How: a port where nothing ever listens.
    let address = "127.0.0.1:1";
    simulated(Config::default(), async |world| {
        let mut settings = Settings::new("token".into());
        settings.rest_url = Some(format!("http://{address}"));
        let discord = Discord::new(&settings).unwrap();
        let failure = discord.create(&world.plan(SECONDS)).await.unwrap_err();
        let Failure::NotDone { source, .. } = failure else {
            panic!("{failure:?}")
        };
        assert!(
            matches!(source.downcast_ref(), Some(Trouble::NotSent(_))),
            "{source:?}"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_an_operator_must_lift_is_final() {
    simulated(Config::default(), async |world| {
        world.simulator.set_permissions(0);
        let failure = world
            .discord
            .create(&world.plan(SECONDS))
            .await
            .unwrap_err();
        assert!(matches!(failure, Failure::Never { .. }), "{failure:?}");
        assert_eq!(world.received(CREATE), 2);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_full_guild_may_have_room_later() {
    let mut config = Config::default();
    config.guild.channels_max = 1;
    simulated(config, async |world| {
        let failure = world
            .discord
            .create(&world.plan(SECONDS))
            .await
            .unwrap_err();
        assert!(matches!(failure, Failure::NoRoom { .. }), "{failure:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn reads_are_repeated_a_bounded_number_of_times() {
    simulated(Config::default(), async |world| {
        for fault in [
            Fault::status(LOOK, 500),
            Fault::html(LOOK, 502),
            Fault::hang_up(LOOK),
            Fault::cut_body(LOOK),
            Fault::hang(LOOK),
        ] {
            let text = format!("{fault:?}");
            world.simulator.fault(fault);
            let presence = world.discord.look(world.channel_id()).await;
            assert_eq!(presence.unwrap(), Presence::Here, "{text}");
        }
        assert_eq!(world.received(LOOK), 10);
        world.simulator.fault(Fault::html(LOOK, 502).always());
        let failure = world.discord.look(world.channel_id()).await.unwrap_err();
        assert!(matches!(failure, Failure::NotDone { .. }), "{failure:?}");
        assert_eq!(world.received(LOOK), 13);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_post_is_repeated_with_its_nonce_and_appears_once() {
    simulated(Config::default(), async |world| {
        let channel_id = world.channel_id();
        let own_id = world.simulator.user_id().to_string();
        for (place, fault) in [
            Fault::act_then_hang_up(POST),
            Fault::act_then_hang(POST),
            Fault::status_after(POST, 500),
            Fault::stall_body(POST),
            Fault::garbage(POST),
            Fault::hang_up(POST),
            Fault::html(POST, 502),
        ]
        .into_iter()
        .enumerate()
        {
            let text = format!("{fault:?}");
            world.simulator.fault(fault);
            let post = post("hello", &format!("nonce-{place}"), Duration::from_secs(30));
            let message_id = world.discord.post(channel_id, &post).await.expect(&text);
            let messages = world.simulator.messages(channel_id.get());
            let own: Vec<_> = messages
                .iter()
                .filter(|message| message["author"]["id"] == own_id.as_str())
                .collect();
            assert_eq!(own.len(), place + 1, "{text}");
            assert_eq!(own[place]["id"], message_id.to_string(), "{text}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_post_that_no_try_brought_home_is_unknown() {
    simulated(Config::default(), async |world| {
        world
            .simulator
            .fault(Fault::act_then_hang_up(POST).always());
        let post = post("hello", "nonce", Duration::from_secs(30));
        let failure = world
            .discord
            .post(world.channel_id(), &post)
            .await
            .unwrap_err();
        assert!(matches!(failure, Failure::Unknown { .. }), "{failure:?}");
        assert_eq!(world.received(POST), 3);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_unknown_for_a_moment_gets_its_post() {
    simulated(Config::default(), async |world| {
        world.simulator.fault(Fault::status(POST, 404).code(10003));
        let hello = post("hello", "nonce", Duration::from_secs(30));
        world
            .discord
            .post(world.channel_id(), &hello)
            .await
            .unwrap();
        world
            .simulator
            .fault(Fault::status(POST, 404).code(10003).always());
        let failure = world
            .discord
            .post(world.channel_id(), &hello)
            .await
            .unwrap_err();
        assert!(matches!(failure, Failure::Never { .. }), "{failure:?}");
    })
    .await;
}
