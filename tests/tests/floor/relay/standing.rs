//! How the relay stands, as operators are told.

use super::*;

/// The value of a metric.
async fn metric(world: &World, series: &str) -> Option<u64> {
    let metrics = world.metrics().await;
    let mut lines = metrics.lines();
    let value = lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    value.map(|value| value.parse().unwrap())
}

#[test]
fn what_is_left_to_read_is_told_and_keeps_the_proxy_ready() {
    // How: messages are written while the proxy is away, and Discord does not give its history for a while.
    sim_with(setup(), async |world| {
        let discord = &world.discord;
        let room = discord.create_channel("room");
        discord.say(room, "before");
        sleep(Duration::from_mins(2)).await;
        world.kill_proxy().await;
        discord.say(room, "meanwhile");
        sleep(Duration::from_mins(10)).await;
        let history = "GET /channels/{channel_id}/messages";
        discord.fault(Fault::status(history, 503).always());
        world.start_proxy().await;
        sleep(Duration::from_mins(1)).await;
        let dirty = "cordboard_relay_channels{state=\"dirty\"}";
        let relay = async || {
            let health = world.client().send(Method::GET, "/healthz", "").await;
            health.unwrap().json().await.unwrap().1["relay"].clone()
        };
        assert_eq!(metric(world, dirty).await, Some(1));
        assert_eq!(metric(world, "cordboard_relay_covered").await, Some(1));
        assert_eq!(relay().await, "catching_up");
        let ready = world.client().send(Method::GET, "/readyz", "").await;
        let (status, causes) = ready.unwrap().json().await.unwrap();
        assert_eq!(status, 200, "{causes}");
        discord.clear_faults();
        sleep(Duration::from_mins(10)).await;
        assert_eq!(metric(world, dirty).await, Some(0));
        assert_eq!(relay().await, "current");
        let pages = metric(world, "cordboard_relay_pages_total").await;
        assert!(pages >= Some(1), "{pages:?}");
        // By Discord's clock, which is the one that ids tell.
        let now = discord.say(room, "now") >> 22;
        let now = (now + 1_420_070_400_000) / 1_000;
        let watermark = metric(world, "cordboard_relay_watermark_timestamp_seconds").await;
        let behind = now - watermark.unwrap();
        // Nothing was written since, so that the lists have to prove it.
        assert!(behind < 420, "{behind} seconds behind");
    });
}

#[test]
fn how_far_a_reader_is_behind_is_told_from_the_start_on() {
    // How: three messages that a consumer has not acknowledged, and a new process in which nothing was
    // recorded yet.
    sim_with(setup(), async |world| {
        let mut bot = Bot::default();
        bot.read(world).await;
        let channel_id = world.discord.default_channel_id();
        for _ in 0..3 {
            world.discord.say(channel_id, "unread");
        }
        sleep(Duration::from_mins(1)).await;
        for _ in 0..2 {
            let consumers = get(world, "/relay/v1/consumers").await;
            assert_eq!(consumers["data"][0]["lag"], 3, "{consumers}");
            let lag = metric(world, "cordboard_relay_lag{consumer=\"bot\"}").await;
            assert_eq!(lag, Some(3));
            world.stop_proxy().await;
            world.start_proxy().await;
        }
    });
}
