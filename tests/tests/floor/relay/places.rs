//! What readers of a few channels are told of the others.

use super::*;

/// Reads one channel under a name for a minute, as the bot of `docs/RELAY.md` does: acknowledges each event,
/// and each place that comes without one but the first.
async fn read_quiet(world: &World, channel_id: u64) -> usize {
    let client = world.client().with_key(KEY);
    let path = format!("/relay/v1/stream?consumer=quiet&channel_id={channel_id}");
    let mut stream = client.send(Method::GET, &path, "").await.unwrap();
    assert_eq!(stream.status, 200);
    let until = tokio::time::Instant::now() + Duration::from_mins(1);
    let (mut heard, mut is_first) = (0, true);
    while let Ok(Ok(Some(block))) = tokio::time::timeout_at(until, stream.event()).await {
        let Some(place) = block.lines().find_map(|line| line.strip_prefix("id: ")) else {
            continue;
        };
        if std::mem::take(&mut is_first) {
            continue;
        }
        heard += usize::from(block.contains("data: "));
        let done = format!("{{\"sequence\":{place}}}");
        let path = "/relay/v1/consumers/quiet/ack";
        let acked = client.send(Method::POST, path, done).await.unwrap();
        assert_eq!(acked.status, 200);
    }
    heard
}

#[test]
fn who_reads_one_channel_and_acknowledges_the_place_is_not_behind_and_loses_nothing_elsewhere() {
    // How: one message in a quiet channel and more than is kept in another.
    let setup = setup().set("CORDBOARD__RELAY__KEEP_BYTES", "65536");
    sim_with(setup, async |world| {
        let [quiet, busy] = ["quiet", "busy"].map(|name| world.discord.create_channel(name));
        sleep(Duration::from_mins(2)).await;
        assert_eq!(read_quiet(world, quiet).await, 0);
        world.discord.say(quiet, "hello");
        for _ in 0..40 {
            world.discord.say(busy, &"\u{6f22}".repeat(2_000));
            sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(read_quiet(world, quiet).await, 1);
        let consumers = get(world, "/relay/v1/consumers").await;
        assert_eq!(consumers["data"][0]["lag"], 0, "{consumers}");
        sleep(Duration::from_hours(2)).await;
        let oldest = get(world, &format!("/relay/v1/messages?channel_id={busy}")).await;
        assert!(
            oldest["data"].as_array().unwrap().len() < 40,
            "not all are kept"
        );
        assert_eq!(get(world, "/relay/v1/gaps").await["data"], json!([]));
    });
}
