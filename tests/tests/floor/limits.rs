//! Discord's limits. The harness asserts that no call goes out against a closed one.

use std::time::Duration;

use cordboard_simulator::{Config, Fault};
use cordboard_tests::{MODEL, Setup, sim_with};
use futures_util::future::join_all;
use tokio::time::sleep;

fn limited() -> Setup {
    Setup::with_discord(Config::default().with_limits())
}

#[test]
fn sixty_conversations_at_once_obey_the_limits_and_all_are_answered() {
    // How: all limits of real life are on, the global 50 a second among them.
    sim_with(limited(), async |world| {
        let client = world.client();
        for answer in join_all((0..60).map(|_| client.ask(MODEL, "Hello"))).await {
            let (status, body) = answer.unwrap();
            assert_eq!(status, 200, "{body}");
        }
        sleep(Duration::from_mins(2)).await;
        assert_eq!(world.channels_alive(), 0);
        // Limits are learnt from headers, not by running into them.
        assert!(world.discord.counters().rate_limited < 5);
    });
}

#[test]
fn a_global_429_is_waited_out() {
    // How: the first creation meets one of three seconds.
    sim_with(limited(), async |world| {
        world.discord.fault(Fault::rate_limited(
            "POST /guilds/{guild_id}/channels",
            cordboard_simulator::Scope::Global,
            Duration::from_secs(3),
        ));
        let (status, body) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200, "{body}");
    });
}

#[test]
fn a_429_of_hours_is_an_honest_503_with_the_time_to_wait() {
    // How: channel creation is closed for ten hours, as Discord's daily limit would close it.
    sim_with(limited(), async |world| {
        world.discord.fault(
            Fault::rate_limited(
                "POST /guilds/{guild_id}/channels",
                cordboard_simulator::Scope::User,
                Duration::from_hours(10),
            )
            .always(),
        );
        let body = serde_json::json!({
            "model": MODEL, "messages": [{"role": "user", "content": "Hello"}],
        });
        let answer = world.client().complete(&body).await.unwrap();
        assert_eq!(answer.status, 503);
        let wait: u64 = answer.headers["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        // Rounded up twice: by Discord to whole seconds, by us once more.
        assert!((35_000..=36_001).contains(&wait), "{wait}");
        world.discord.clear_faults();
    });
}
