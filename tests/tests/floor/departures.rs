//! Clients that leave. The harness asserts that no channel stays.

use std::time::Duration;

use cordboard_simulator::{Config, Fault, Script};
use cordboard_tests::{MODEL, Setup, World, sim, sim_with};
use tokio::time::{sleep, timeout};

const CREATE: &str = "POST /guilds/{guild_id}/channels";
const POST: &str = "POST /channels/{channel_id}/messages";

/// Waits, on the virtual clock, until the bot user of the proxy has created a channel.
async fn channel_created(world: &World) {
    while world.channels_created() == 0 {
        sleep(Duration::from_millis(1)).await;
    }
}

#[test]
fn a_client_that_leaves_in_the_middle_of_a_stream_leaves_no_channel() {
    // How: read until the first content, then drop the connection.
    sim(async |world| {
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        while let Some(event) = answer.event().await.unwrap() {
            if event.contains("\"content\":\"") && !event.contains("\"content\":\"\"") {
                break;
            }
        }
        drop(answer);
        sleep(Duration::from_mins(1)).await;
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_client_that_leaves_before_the_first_byte_leaves_no_channel() {
    // How: the bot never speaks; the client of a whole answer goes once the channel is there.
    let setup = Setup::with_discord(Config::default().with_bots([Script::silent()]));
    sim_with(setup, async |world| {
        let client = world.client();
        tokio::select! {
            answer = client.ask(MODEL, "Hello") => panic!("nobody answers: {answer:?}"),
            () = channel_created(world) => {}
        }
        sleep(Duration::from_mins(1)).await;
        assert_eq!((world.channels_created(), world.channels_alive()), (1, 0));
    });
}

#[test]
fn a_client_that_leaves_while_the_channel_is_being_created_leaves_no_channel() {
    // How: the creation's answer takes two seconds, the client waits one.
    sim(async |world| {
        world
            .discord
            .fault(Fault::slow_answer(CREATE, Duration::from_secs(2)));
        let left = timeout(Duration::from_secs(1), world.client().ask(MODEL, "Hello")).await;
        assert!(left.is_err(), "the client left first");
        sleep(Duration::from_mins(1)).await;
        assert_eq!((world.channels_created(), world.channels_alive()), (1, 0));
    });
}

#[test]
fn a_client_that_leaves_while_the_prompt_is_being_posted_leaves_no_channel() {
    // How: the same, at the post.
    sim(async |world| {
        world
            .discord
            .fault(Fault::slow_answer(POST, Duration::from_secs(2)));
        let left = timeout(
            Duration::from_secs(1),
            world.client().stream(MODEL, "Hello"),
        )
        .await;
        assert!(left.is_err(), "the client left first");
        sleep(Duration::from_mins(1)).await;
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_hundred_clients_that_leave_at_any_moment_leave_no_channel() {
    // How: each leaves after another number of virtual milliseconds, from 0 to 2 s.
    sim(async |world| {
        for wait in (0..2_000).step_by(20) {
            let (client, body) = (
                world.client(),
                serde_json::json!({
                    "model": MODEL, "stream": wait % 40 == 0,
                    "messages": [{"role": "user", "content": "Hello"}],
                }),
            );
            let ask = client.complete(&body);
            if let Ok(Ok(answer)) = timeout(Duration::from_millis(wait), ask).await {
                drop(answer);
            }
        }
        sleep(Duration::from_mins(1)).await;
        assert_eq!(world.channels_alive(), 0);
        assert!(world.channels_created() > 50);
    });
}
