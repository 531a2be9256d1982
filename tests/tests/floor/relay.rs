//! The relay: whoever reads it misses nothing, whatever happens to the gateway and to the proxy.

mod dead_letters;
mod pages;
mod places;
mod resets;
mod standing;

use std::time::Duration;

use cordboard_simulator::{Fault, GatewayCommand};
use cordboard_tests::{MODEL, Setup, World, sim_with};
use hyper::Method;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

const KEY: &str = "sk-relay";
const PAGE: &str = "GET /channels/{channel_id}/messages";

/// A world whose relay records all channels.
fn setup() -> Setup {
    let key = "[[keys]]\nname = \"relay\"\nsecret = \"sk-relay\"\nscopes = [\"relay\"]\n";
    Setup {
        toml: key.to_owned(),
        ..Setup::default()
    }
    .set("CORDBOARD__RELAY__CHANNELS", "all")
}

async fn get(world: &World, path: &str) -> Value {
    let client = world.client().with_key(KEY);
    let answer = client.send(Method::GET, path, "");
    let (status, body) = answer.await.unwrap().json().await.unwrap();
    assert_eq!(status, 200, "{body}");
    body
}

/// A bot that reads on where it was, over each loss of its connection.
#[derive(Default)]
struct Bot {
    heard: Vec<Value>,
}

impl Bot {
    /// Reads until nothing has come for a while, or the stream ends; acknowledges each event.
    async fn read(&mut self, world: &World) {
        let client = world.client().with_key(KEY);
        let stream = client.send(Method::GET, "/relay/v1/stream?consumer=bot", "");
        let mut stream = stream.await.unwrap();
        assert_eq!(stream.status, 200);
        while let Ok(Ok(Some(event))) = timeout(Duration::from_mins(1), next(&mut stream)).await {
            let ack = json!({"sequence": event["sequence"]}).to_string();
            self.heard.push(event);
            let path = "/relay/v1/consumers/bot/ack";
            let acked = client.send(Method::POST, path, ack).await.unwrap();
            assert_eq!(acked.status, 200);
        }
    }

    fn contents(&self) -> Vec<&str> {
        let created = self.heard.iter().filter(|event| event["kind"] == "create");
        created
            .map(|event| event["message"]["content"].as_str().unwrap())
            .collect()
    }
}

/// The next event of a stream, heartbeats left out.
async fn next(stream: &mut cordboard_tests::Answer) -> anyhow::Result<Option<Value>> {
    while let Some(event) = stream.event().await? {
        if let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) {
            return Ok(Some(serde_json::from_str(data)?));
        }
    }
    Ok(None)
}

#[test]
fn five_hundred_messages_over_three_cuts_and_a_kill_are_told_once_and_in_order() {
    // How: a bot reads for a while, five times; meanwhile and in between people write, the connection is
    // cut, a session is refused, and the proxy is killed.
    sim_with(setup(), async |world| {
        let channel_id = world.discord.default_channel_id();
        let mut bot = Bot::default();
        bot.read(world).await;
        let say = async |from: usize, to: usize| {
            for number in from..to {
                world.discord.say(channel_id, &format!("message {number}"));
                sleep(Duration::from_millis(50)).await;
            }
        };
        let disturbed = async {
            say(0, 100).await;
            world.discord.gateway(GatewayCommand::Drop);
            say(100, 200).await;
            world
                .discord
                .gateway(GatewayCommand::Invalidate { resumable: false });
            say(200, 300).await;
            world
                .discord
                .gateway(GatewayCommand::Refuse { seconds: 20.0 });
            world
                .discord
                .gateway(GatewayCommand::Invalidate { resumable: false });
            say(300, 400).await;
        };
        let ((), ()) = tokio::join!(bot.read(world), disturbed);
        world.kill_proxy().await;
        say(400, 450).await;
        world.start_proxy().await;
        let ((), ()) = tokio::join!(bot.read(world), say(450, 500));
        bot.read(world).await;
        let expected: Vec<_> = (0..500).map(|number| format!("message {number}")).collect();
        assert_eq!(bot.contents(), expected);
        assert_eq!(get(world, "/relay/v1/gaps").await["data"], json!([]));
    });
}

#[test]
fn what_was_written_while_no_session_could_be_resumed_is_told_with_its_edits_and_deletions() {
    sim_with(setup(), async |world| {
        let discord = &world.discord;
        let room = discord.create_channel("room");
        let said: Vec<_> = (0..3)
            .map(|n| discord.say(room, &format!("before {n}")))
            .collect();
        let mut bot = Bot::default();
        sleep(Duration::from_mins(2)).await;
        bot.read(world).await;
        world.kill_proxy().await;
        // Longer than Discord keeps a session.
        discord.edit(room, said[0], "edited");
        discord.delete_message(room, said[1]);
        discord.say(room, "meanwhile");
        let thread = discord.start_thread(room, "a thread");
        discord.say(thread, "in a thread");
        sleep(Duration::from_mins(10)).await;
        world.start_proxy().await;
        bot.read(world).await;
        let of = |kind: &str| {
            let of_kind = bot.heard.iter().filter(|event| event["kind"] == kind);
            of_kind
                .map(|event| event["message"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(of("update")[0]["content"], "edited");
        assert_eq!(of("delete")[0]["id"], json!(said[1].to_string()));
        let created: Vec<_> = of("create")
            .iter()
            .map(|it| it["content"].clone())
            .collect();
        for content in ["meanwhile", "in a thread"] {
            assert!(created.contains(&json!(content)), "{created:?}");
        }
        let path = format!("/relay/v1/messages?channel_id={room}");
        let listed = get(world, &path).await["data"].clone();
        let listed: Vec<_> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["content"].clone())
            .collect();
        assert_eq!(
            listed[..3],
            [json!("edited"), json!("before 2"), json!("meanwhile")]
        );
    });
}

#[test]
fn a_thread_that_was_opened_and_archived_while_nobody_looked_is_told() {
    // How: its channel has no other threads, and the thread is asleep when the proxy comes back.
    sim_with(setup(), async |world| {
        let discord = &world.discord;
        let room = discord.create_channel("room");
        discord.say(room, "before");
        let mut bot = Bot::default();
        sleep(Duration::from_mins(2)).await;
        bot.read(world).await;
        world.kill_proxy().await;
        let thread = discord.start_thread(room, "a thread");
        discord.say(thread, "in a thread");
        discord.set_archived(thread, true);
        sleep(Duration::from_mins(10)).await;
        world.start_proxy().await;
        bot.read(world).await;
        assert!(
            bot.contents().contains(&"in a thread"),
            "{:?}",
            bot.contents()
        );
        let gaps = get(world, "/relay/v1/gaps").await;
        assert_eq!(gaps["data"], json!([]));
    });
}

#[test]
fn an_event_that_discord_left_out_is_found_by_reading_again() {
    sim_with(setup(), async |world| {
        let channel_id = world.discord.default_channel_id();
        let mut bot = Bot::default();
        bot.read(world).await;
        world.discord.fault(Fault::drop_event("MESSAGE_CREATE"));
        world.discord.say(channel_id, "unheard");
        sleep(Duration::from_mins(20)).await;
        bot.read(world).await;
        assert_eq!(bot.contents(), ["unheard"]);
    });
}

#[test]
fn a_connection_that_tells_nothing_is_noticed_without_a_conversation_and_nothing_is_missed() {
    // How: it acknowledges heartbeats for hours and hands out no event. Nothing is read again to verify.
    let setup = setup().set("CORDBOARD__RELAY__VERIFY", "false");
    sim_with(setup, async |world| {
        let channel_id = world.discord.default_channel_id();
        let mut bot = Bot::default();
        bot.read(world).await;
        let seconds = 6.0 * 3_600.0;
        world.discord.gateway(GatewayCommand::Withhold { seconds });
        world.discord.say(channel_id, "withheld");
        sleep(Duration::from_mins(10)).await;
        bot.read(world).await;
        assert_eq!(bot.contents(), ["withheld"]);
        assert_eq!(world.discord.counters().identifies, 2);
        let asked = world.discord.requests(Some(PAGE)).len();
        world.discord.say(channel_id, "told");
        bot.read(world).await;
        assert_eq!(bot.contents(), ["withheld", "told"]);
        let pages = world.discord.requests(Some(PAGE)).len() - asked;
        assert_eq!(pages, 0, "events flow");
        let gaps = get(world, "/relay/v1/gaps").await;
        assert_eq!(gaps["data"], json!([]));
    });
}

#[test]
fn what_cannot_be_read_is_a_gap_and_is_told_once_it_can() {
    // How: the bot loses the right to read the history while the proxy is away.
    sim_with(setup(), async |world| {
        let discord = &world.discord;
        let room = discord.create_channel("room");
        discord.say(room, "before");
        let mut bot = Bot::default();
        bot.read(world).await;
        sleep(Duration::from_mins(2)).await;
        world.kill_proxy().await;
        let read_history = 1 << 16;
        discord.set_overwrite(room, 0, read_history);
        discord.say(room, "unseen");
        sleep(Duration::from_mins(10)).await;
        world.start_proxy().await;
        bot.read(world).await;
        let gaps = get(world, &format!("/relay/v1/gaps?channel_id={room}")).await;
        assert_eq!(gaps["data"][0]["reason"], "refused", "{gaps}");
        assert!(!bot.contents().contains(&"unseen"));
        // Whoever starts now has heard of no message there that would give the empty page away.
        world.kill_proxy().await;
        world.start_proxy().await;
        sleep(Duration::from_mins(2)).await;
        discord.clear_overwrite(room);
        sleep(Duration::from_mins(2)).await;
        bot.read(world).await;
        assert!(bot.contents().contains(&"unseen"), "{:?}", bot.contents());
    });
}

#[test]
fn what_is_written_in_a_channel_while_it_is_hidden_is_a_gap_and_is_told_once_it_is_shown() {
    // How: in the midst of a session, without the reading that verifies; one channel is shown again, the
    // other one is deleted.
    let setup = setup().set("CORDBOARD__RELAY__VERIFY", "false");
    sim_with(setup, async |world| {
        let discord = &world.discord;
        let rooms = ["shown", "deleted"].map(|name| discord.create_channel(name));
        let mut bot = Bot::default();
        bot.read(world).await;
        for room in rooms {
            discord.hide_channel(room);
            discord.say(room, "unseen");
        }
        // A whole heartbeat interval, and more.
        sleep(Duration::from_mins(10)).await;
        discord.show_channel(rooms[0]);
        discord.delete_channel(rooms[1]);
        sleep(Duration::from_mins(1)).await;
        bot.read(world).await;
        assert_eq!(bot.contents(), ["unseen"]);
        for room in rooms {
            let gaps = get(world, &format!("/relay/v1/gaps?channel_id={room}")).await;
            assert_eq!(gaps["data"][0]["reason"], "refused", "{gaps}");
        }
    });
}

#[test]
fn what_is_written_while_the_bot_is_thrown_out_is_told_once_it_is_back() {
    let setup = setup().set("CORDBOARD__RELAY__VERIFY", "false");
    sim_with(setup, async |world| {
        let discord = &world.discord;
        let room = discord.create_channel("room");
        let mut bot = Bot::default();
        bot.read(world).await;
        discord.kick(discord.user_id());
        discord.say(room, "unseen");
        sleep(Duration::from_mins(5)).await;
        discord.invite(discord.config().proxy.permissions);
        sleep(Duration::from_mins(2)).await;
        bot.read(world).await;
        assert_eq!(bot.contents(), ["unseen"]);
    });
}

#[test]
fn conversations_and_the_relay_share_one_gateway() {
    sim_with(setup(), async |world| {
        let mut bot = Bot::default();
        bot.read(world).await;
        let (status, body) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200, "{body}");
        bot.read(world).await;
        assert!(
            bot.contents()
                .iter()
                .any(|content| content.contains("Hello")),
            "{:?}",
            bot.contents()
        );
    });
}

#[test]
fn without_raw_messages_who_wrote_what_is_kept_and_nothing_else() {
    // How: what came by an event, and what was read of a page while nobody listened.
    sim_with(
        setup().set("CORDBOARD__RELAY__RAW", "false"),
        async |world| {
            let channel_id = world.discord.default_channel_id();
            world.discord.say(channel_id, "heard");
            sleep(Duration::from_secs(5)).await;
            world.kill_proxy().await;
            world.discord.say(channel_id, "read");
            world.start_proxy().await;
            sleep(Duration::from_mins(1)).await;
            let path = format!("/relay/v1/messages?channel_id={channel_id}");
            let kept = get(world, &path).await;
            let kept = kept["data"].as_array().unwrap();
            assert_eq!(kept.len(), 2, "{kept:?}");
            for message in kept {
                assert!(message["author"]["id"].is_string(), "{message}");
                assert!(message["content"].is_string() && message["attachments"].is_array());
                assert!(message.get("nonce").is_none() && message.get("embeds").is_none());
            }
        },
    );
}
