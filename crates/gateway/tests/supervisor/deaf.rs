//! Connections that answer and tell nothing.

use std::time::Duration;

use cordboard_gateway::{Delivery, LapseReason};
use cordboard_simulator::{GatewayCommand, HumanAct, OutageAnswer};
use tokio::time::{Instant, sleep, timeout};
use twilight_model::id::Id;

use crate::world::{Heard, World, connected, hear_all, said};

/// Posts as the bot would, and says so to the hub.
async fn post(world: &World, content: &str) {
    let since = Instant::now();
    world.say(content);
    sleep(Duration::from_millis(80)).await;
    world.hub.expect(Id::new(world.simulator.guild_id()), since);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_does_not_tell_what_was_posted_is_left_for_a_new_session() {
    connected(async |world| {
        let mut here = world.subscribe();
        post(world, "heard").await;
        sleep(Duration::from_hours(1)).await;
        assert_eq!(world.counts(), (1, 0, 1), "what was heard is no cause");

        let deaf = Instant::now();
        world
            .simulator
            .gateway(GatewayCommand::Withhold { seconds: 36_000.0 });
        sleep(Duration::from_mins(10)).await;
        assert!(world.hub.health().state.is_ready(), "nothing was expected");
        let posted = Instant::now();
        post(world, "unheard").await;
        let Some(Delivery::Dispatch(_)) = here.next().await else {
            panic!("the first post")
        };
        let lapse = timeout(Duration::from_mins(5), here.next()).await.unwrap();
        let Some(Delivery::Lapse(lapse)) = lapse else {
            panic!("no lapse: {lapse:?}")
        };
        assert_eq!(lapse.reason, LapseReason::NewSession);
        assert!(lapse.since < deaf, "from the last event on");
        // A minute, and at most until the next heartbeat is answered.
        let found = lapse.at.duration_since(posted);
        assert!((60..103).contains(&found.as_secs()), "{found:?}");
        assert_eq!(world.counts(), (2, 0, 2));
        world.say("again");
        assert_eq!(hear_all(&mut here).await, said(["again"]));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_new_session_that_tells_nothing_either_is_put_up_with_for_half_an_hour() {
    connected(async |world| {
        for _ in 0..240 {
            // Whatever session there is.
            world
                .simulator
                .gateway(GatewayCommand::Withhold { seconds: 36_000.0 });
            post(world, "unheard").await;
            sleep(Duration::from_mins(1)).await;
        }
        let (identifies, resumes, _) = world.counts();
        // Four hours.
        assert!((7..=9).contains(&identifies), "{identifies}");
        assert_eq!(resumes, 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_guild_in_an_outage_is_not_expected_to_be_heard_of() {
    connected(async |world| {
        let outage = HumanAct::BeginOutage {
            answer: OutageAnswer::ServerError,
        };
        world.simulator.try_act(outage).unwrap();
        sleep(Duration::from_secs(5)).await;
        let guild = Id::new(world.simulator.guild_id());
        world.hub.expect(guild, Instant::now());
        sleep(Duration::from_mins(10)).await;
        assert_eq!(world.counts(), (1, 0, 1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_lost_meanwhile_is_not_blamed() {
    connected(async |world| {
        let mut here = world.subscribe();
        world
            .simulator
            .gateway(GatewayCommand::Withhold { seconds: 36_000.0 });
        post(world, "replayed").await;
        sleep(Duration::from_secs(30)).await;
        world.simulator.gateway(GatewayCommand::Drop);
        assert_eq!(hear_all(&mut here).await, [Heard::Said("replayed".into())]);
        sleep(Duration::from_mins(10)).await;
        assert_eq!(world.counts(), (1, 1, 2));
    })
    .await;
}
