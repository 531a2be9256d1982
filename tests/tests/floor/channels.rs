//! Channels under faults of Discord. The harness asserts that none stays and none but ours goes.

use std::time::Duration;

use cordboard_simulator::Fault;
use cordboard_store::sabotage::{stall_until, work_at_once};
use cordboard_tests::{MODEL, Setup, sim, sim_with};
use tokio::time::{Instant, sleep, timeout};

const CREATE: &str = "POST /guilds/{guild_id}/channels";
const DELETE: &str = "DELETE /channels/{channel_id}";

#[test]
fn a_lost_create_answer_leaves_no_channel() {
    // How: the simulator creates the channel, then hangs up before answering.
    sim(async |world| {
        world.discord.fault(Fault::act_then_hang_up(CREATE));
        let (status, body) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200, "a second attempt serves the client: {body}");
        sleep(Duration::from_mins(1)).await;
        assert_eq!((world.channels_created(), world.channels_alive()), (2, 0));
    });
}

#[test]
fn a_creation_that_fails_after_acting_leaves_no_channel() {
    // How: 500, 502 and 504 after the channel exists.
    sim(async |world| {
        for status in [500, 502, 504] {
            world.discord.fault(Fault::status_after(CREATE, status));
            let (status, body) = world.client().ask(MODEL, "Hello").await.unwrap();
            assert!(status == 200 || status == 503, "{status}: {body}");
        }
        sleep(Duration::from_mins(1)).await;
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_creation_that_happens_long_after_its_request_leaves_no_channel() {
    // How: the request is answered by nobody; five minutes later the channel appears.
    sim(async |world| {
        world
            .discord
            .fault(Fault::late(CREATE, Duration::from_mins(5)));
        let _ = world.client().ask(MODEL, "Hello").await.unwrap();
        sleep(Duration::from_mins(30)).await;
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_refused_creation_is_an_honest_503_and_creates_nothing() {
    // How: Discord says for a while that the guild is full (30013).
    sim(async |world| {
        world
            .discord
            .fault(Fault::status(CREATE, 400).code(30013).always());
        let (status, body) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 503, "{body}");
        assert_eq!(body["error"]["type"], "server_error");
        assert_eq!(world.channels_created(), 0);
        world.discord.clear_faults();
    });
}

#[test]
fn a_deletion_is_repeated_until_discord_proves_it() {
    // How: 503, a lost answer, a time-out, then it works.
    sim(async |world| {
        world.discord.fault(Fault::status(DELETE, 503).times(3));
        world.discord.fault(Fault::hang_up(DELETE).nth(4));
        world.discord.fault(Fault::hang(DELETE).nth(5));
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
        sleep(Duration::from_mins(30)).await;
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_forbidden_deletion_is_tried_again_when_the_permission_may_be_back() {
    // How: 50013 for the first hour; the harness's day has to see the channel gone.
    sim(async |world| {
        world
            .discord
            .fault(Fault::status(DELETE, 403).code(50013).always());
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
        sleep(Duration::from_hours(1)).await;
        assert_eq!(world.channels_alive(), 1);
        world.discord.clear_faults();
    });
}

#[test]
fn channels_stay_for_delete_after_and_no_longer() {
    // How: an hour, looked at before and after.
    sim_with(
        Setup::default().set("CORDBOARD__CHANNELS__DELETE_AFTER", "1h"),
        async |world| {
            let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
            assert_eq!(status, 200);
            sleep(Duration::from_secs(3_500)).await;
            assert_eq!(world.channels_alive(), 1);
            sleep(Duration::from_secs(200)).await;
            assert_eq!(world.channels_alive(), 0);
        },
    );
}

#[test]
fn each_conversation_has_a_channel_of_its_own() {
    // How: twenty at once.
    sim(async |world| {
        let client = world.client();
        let asks = (0..20).map(|_| client.ask(MODEL, "Hello"));
        for answer in futures_util::future::join_all(asks).await {
            assert_eq!(answer.unwrap().0, 200);
        }
        assert_eq!(world.channels_created(), 20);
    });
}

#[test]
fn nobody_waits_until_the_name_of_their_channel_is_on_record() {
    // How: the disk falls silent while Discord creates the channel, and is silent still when the whole
    // answer is there.
    sim(async |world| {
        world.stop_proxy().await;
        work_at_once(true);
        world.start_proxy().await;
        world
            .discord
            .fault(Fault::slow_answer(CREATE, Duration::from_secs(2)));
        let client = world.client();
        let silent = Duration::from_secs(8);
        let falls_silent = async {
            sleep(Duration::from_secs(1)).await;
            stall_until(Some(Instant::now() + silent));
        };
        let answer = timeout(silent, client.ask(MODEL, "Hello"));
        let (answer, ()) = tokio::join!(answer, falls_silent);
        let (status, body) = answer.expect("it does not wait for the disk").unwrap();
        assert_eq!(status, 200, "{body}");
        assert_eq!(
            world.channels_alive(),
            1,
            "deleted by what is on record only"
        );
        sleep(Duration::from_mins(1)).await;
        assert_eq!(world.channels_alive(), 0);
        stall_until(None);
        work_at_once(false);
    });
}
