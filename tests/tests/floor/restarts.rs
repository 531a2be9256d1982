//! Processes that die. Everything that was created is on record, and the next start pulls it.

use std::time::Duration;

use cordboard_simulator::{Config, Fault, Script};
use cordboard_tests::{MODEL, Setup, sim, sim_with};
use tokio::time::{sleep, timeout};

const CREATE: &str = "POST /guilds/{guild_id}/channels";

#[test]
fn a_proxy_killed_in_the_middle_of_a_reply_leaves_no_channel() {
    // How: kill it once the first content is there, start it again.
    sim(async |world| {
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        world.kill_proxy().await;
        sleep(Duration::from_mins(1)).await;
        assert_eq!(world.channels_alive(), 1, "nobody could delete it");
        world.start_proxy().await;
        sleep(Duration::from_mins(1)).await;
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_proxy_killed_while_it_creates_leaves_no_channel() {
    // How: the creation's answer is on its way for ten seconds when the process dies.
    sim(async |world| {
        world
            .discord
            .fault(Fault::slow_answer(CREATE, Duration::from_secs(10)));
        let client = world.client();
        let _ = timeout(Duration::from_secs(1), client.ask(MODEL, "Hello")).await;
        world.kill_proxy().await;
        assert_eq!(world.channels_created(), 1);
        world.start_proxy().await;
        sleep(Duration::from_mins(2)).await;
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_proxy_killed_at_any_moment_leaves_no_channel() {
    // How: forty lives, each a little longer than the one before.
    sim(async |world| {
        for life in (0..2_000).step_by(50) {
            let client = world.client();
            let ask = client.ask(MODEL, "Hello");
            let _ = timeout(Duration::from_millis(life), ask).await;
            world.kill_proxy().await;
            world.start_proxy().await;
        }
        sleep(Duration::from_mins(5)).await;
        assert_eq!(world.channels_alive(), 0);
        assert!(world.channels_created() > 30);
    });
}

#[test]
fn a_proxy_that_is_told_to_stop_lets_streams_end() {
    // How: SIGTERM in the middle of a reply; the client still gets all of it.
    sim(async |world| {
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        let (transcript, ()) = tokio::join!(answer.transcript(), world.stop_proxy());
        let transcript = transcript.unwrap();
        assert_eq!(transcript.text, world.discord.replies()[0].text);
        assert!(transcript.done);
        world.start_proxy().await;
    });
}

#[test]
fn a_proxy_that_is_told_to_stop_does_not_wait_for_ever() {
    // How: a bot that never answers; the grace ends, the process with it, the next start deletes.
    let setup = Setup::with_discord(Config::default().with_bots([Script::silent()]));
    sim_with(setup, async |world| {
        let client = world.client();
        let mut answer = client.stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        timeout(Duration::from_secs(40), world.stop_proxy())
            .await
            .expect("it ends within its grace");
        drop(answer);
        world.start_proxy().await;
        sleep(Duration::from_mins(1)).await;
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_lost_store_is_made_up_for_by_the_audit_log() {
    // How: kill it in the middle of a reply and delete its database; the key is still there.
    sim(async |world| {
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        world.kill_proxy().await;
        world.lose_store();
        assert_eq!(world.channels_alive(), 1);
        world.start_proxy().await;
        sleep(Duration::from_mins(10)).await;
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_store_that_is_in_use_is_refused_to_a_second_proxy() {
    // How: start another one over the same file while the first runs.
    sim(async |world| {
        let failed = world
            .start_another_proxy()
            .await
            .expect_err("one store, one proxy");
        assert_eq!(failed.exit_code(), 73, "{}", failed.chain());
    });
}
