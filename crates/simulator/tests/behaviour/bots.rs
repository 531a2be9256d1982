//! Scripted bots: what they answer, and how it grows.

use cordboard_simulator::{Answers, Config, ReplyEnd, ReplyTruth, Says, Script};
use serde_json::{Value, json};

use crate::world::{World, seconds, world};

/// Asks the first bot in the default channel; answers its reply and the messages of the channel
/// after a minute.
async fn ask(script: Script, prompt: &str) -> (ReplyTruth, Vec<Value>) {
    let mut seen = None;
    world(Config::default().with_bots([script]), async |world| {
        let bot = world.discord.bot_ids()[0];
        let channel_id = world.discord.default_channel_id();
        world.discord.say(channel_id, &format!("<@{bot}> {prompt}"));
        seconds(60).await;
        seen = Some((only_reply(&world), world.discord.messages(channel_id)));
    })
    .await;
    seen.unwrap()
}

fn only_reply(world: &World) -> ReplyTruth {
    let replies = world.discord.replies();
    assert_eq!(replies.len(), 1, "{replies:?}");
    replies.into_iter().next().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_friendly_bot_answers_what_was_asked() {
    let (reply, messages) = ask(Script::friendly(), "how much is 19 * 3?").await;
    assert_eq!(reply.end, Some(ReplyEnd::Complete));
    assert_eq!(reply.prompt, "how much is 19 * 3?");
    let answer = &messages[1];
    assert_eq!(answer["content"], reply.text);
    assert!(reply.text.contains("19 * 3 = 57"), "{}", reply.text);
    assert_eq!(answer["type"], 19);
    assert_eq!(answer["message_reference"]["message_id"], messages[0]["id"]);
    assert_eq!(
        answer["components"][0]["components"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert!(!answer["edited_timestamp"].is_null(), "it grew by edits");
    let took_ms = reply.ended_ms.unwrap() - reply.began_ms.unwrap();
    assert!((1_000..2_000).contains(&took_ms), "{took_ms}");
}

#[tokio::test(start_paused = true)]
async fn an_echo_is_exact_whole_or_in_edits() {
    let prompt = "Grüße,\n\n  two lines — and “quotes” 🙂";
    let streamed = Script {
        edits: 9,
        edits_per_second: 3.0,
        ..Script::echo()
    };
    for script in [Script::echo(), streamed] {
        let edits = script.edits;
        let (reply, messages) = ask(script, prompt).await;
        assert_eq!(messages[1]["content"], prompt);
        assert_eq!(reply.text, prompt);
        assert_eq!(messages[1]["edited_timestamp"].is_null(), edits == 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bot_speaks_only_when_it_is_meant() {
    let every = Script {
        answers: Answers::EveryMessage,
        ..Script::instant()
    };
    let config = Config::default().with_bots([Script::instant(), every]);
    world(config, async |world| {
        let [shy, eager] = world.discord.bot_ids()[..] else {
            panic!("two bots")
        };
        let channel_id = world.discord.default_channel_id();
        world.discord.say(channel_id, "hello, everybody");
        seconds(10).await;
        let authors = |world: &World| {
            let replies = world.discord.replies();
            replies.iter().map(|reply| reply.bot_id).collect::<Vec<_>>()
        };
        assert_eq!(authors(&world), [eager], "and no bot answers a bot");
        world.speak(channel_id, &format!("<@{shy}> hello")).await;
        seconds(10).await;
        assert_eq!(authors(&world), [eager, shy, eager]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_goes_on_in_further_messages() {
    let (reply, messages) = ask(Script::paragraphs(), "tell me everything").await;
    assert!(reply.parts.len() > 1);
    assert_eq!(messages.len(), 1 + reply.parts.len());
    let buttons = |message: &Value| {
        message["components"]
            .as_array()
            .is_some_and(|c| !c.is_empty())
    };
    assert!(buttons(messages.last().unwrap()));
    assert!(!buttons(&messages[1]), "buttons mark the end");
    for (message, part) in messages[1..].iter().zip(&reply.parts) {
        assert_eq!(message["content"], part.as_str());
        assert!(part.chars().count() <= 2_000);
    }
}

#[tokio::test(start_paused = true)]
async fn a_prompt_in_several_messages_gets_one_answer() {
    world(
        Config::default().with_bots([Script::echo()]),
        async |world| {
            let bot = world.discord.bot_ids()[0];
            let channel_id = world.discord.default_channel_id();
            let (first, second) = ("a".repeat(1_500), "b".repeat(300));
            world.discord.say(channel_id, &format!("<@{bot}> {first}"));
            world.discord.say(channel_id, &second);
            seconds(10).await;
            let reply = only_reply(&world);
            assert_eq!(reply.prompt, format!("{first}\n{second}"));
            assert_eq!(reply.prompt_ids.len(), 2);
            assert_eq!(reply.end, Some(ReplyEnd::Complete));
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn scripts_end_as_they_say() {
    let table = [
        (Script::silent(), ReplyEnd::Silent, 0),
        (Script::limited(), ReplyEnd::Limited, 1),
        (Script::dying(), ReplyEnd::Died, 1),
        (
            Script {
                deletes_after_ms: Some(500),
                ..Script::instant()
            },
            ReplyEnd::Deleted,
            0,
        ),
        (Script::rewriter(), ReplyEnd::Complete, 1),
    ];
    for (script, end, messages_left) in table {
        let (reply, messages) = ask(script.clone(), "hello").await;
        assert_eq!(reply.end, Some(end), "{script:?}");
        assert_eq!(messages.len() - 1, messages_left, "{script:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dying_bot_leaves_half_an_answer() {
    let (reply, messages) = ask(Script::dying(), "hello").await;
    let written = messages[1]["content"].as_str().unwrap();
    assert!(written.len() < reply.text.len() && !written.is_empty());
    assert_eq!(reply.parts, [written]);
}

#[tokio::test(start_paused = true)]
async fn embeds_and_files_come_with_the_last_edit() {
    let (_, messages) = ask(Script::embeds(), "hello").await;
    assert_eq!(messages[1]["embeds"][0]["title"], "In short");

    let script = Script {
        says: Says::Text("the answer".to_owned()),
        ..Script::attachments()
    };
    world(Config::default().with_bots([script]), async |world| {
        let bot = world.discord.bot_ids()[0];
        let channel_id = world.discord.default_channel_id();
        world.discord.say(channel_id, &format!("<@{bot}> hello"));
        seconds(10).await;
        let message = world.discord.messages(channel_id).pop().unwrap();
        let url = message["attachments"][0]["url"].as_str().expect("a file");
        let path = url
            .strip_prefix(&world.discord.rest_url())
            .expect("on the same port");
        assert_eq!(world.get(path).await.body, "the answer");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_bot_stops_when_its_channel_is_gone() {
    world(Config::default(), async |world| {
        let bot = world.discord.bot_ids()[0];
        let channel_id = world.discord.create_channel("short-lived");
        world.discord.say(channel_id, &format!("<@{bot}> hello"));
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        world.discord.delete_channel(channel_id);
        seconds(10).await;
        assert_eq!(only_reply(&world).end, Some(ReplyEnd::Refused(10_003)));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_prompt_in_a_file_is_read_whole() {
    world(
        Config::default().with_bots([Script::echo()]),
        async |world| {
            let bot = world.discord.bot_ids()[0];
            let channel_id = world.discord.default_channel_id();
            let prompt = "a long prompt, ".repeat(400);
            let payload = json!({
                "content": format!("<@{bot}> Please read prompt.txt."),
                "allowed_mentions": { "parse": [] },
            });
            let form = format!(
                "--cut\r\nContent-Disposition: form-data; name=\"payload_json\"\r\nContent-Type: \
             application/json\r\n\r\n{payload}\r\n--cut\r\nContent-Disposition: form-data; \
             name=\"files[0]\"; filename=\"prompt.txt\"\r\nContent-Type: text/plain\r\n\r\n\
             {prompt}\r\n--cut--\r\n"
            );
            let path = format!("/api/v10/channels/{channel_id}/messages");
            let sent = world.post_form(&path, "cut", form).await;
            assert_eq!(sent.status, 200, "{:?}", sent.body);
            seconds(30).await;
            let reply = only_reply(&world);
            assert_eq!(reply.prompt, prompt);
            assert_eq!(reply.parts.concat(), prompt.trim_end());
            assert!(reply.parts.len() > 2);
            assert_eq!(
                world.discord.check(),
                [],
                "a form says that it pings nobody, too"
            );
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_bot_that_is_offline_answers_nobody_and_one_that_goes_offline_stops() {
    let mut config = Config::default();
    config.bots[0].online = false;
    world(config, async |world| {
        let bot = world.discord.bot_ids()[0];
        let channel_id = world.discord.default_channel_id();
        let ask = || world.discord.say(channel_id, &format!("<@{bot}> hello"));
        ask();
        seconds(60).await;
        assert_eq!(only_reply(&world).end, Some(ReplyEnd::Silent));
        assert_eq!(world.discord.messages(channel_id).len(), 1);

        let online = |online: bool| {
            json!({ "act": "set_online", "user_id": bot.to_string(), "online": online })
        };
        assert_eq!(world.post("/__sim/acts", online(true)).await.status, 200);
        ask();
        // It has begun, and is not done.
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        world.post("/__sim/acts", online(false)).await;
        let before = world.discord.messages(channel_id);
        seconds(60).await;
        assert_eq!(world.discord.messages(channel_id), before);
        assert_eq!(world.discord.replies()[1].end, Some(ReplyEnd::Died));

        world.discord.set_online(bot, true);
        ask();
        seconds(60).await;
        assert_eq!(world.discord.replies()[2].end, Some(ReplyEnd::Complete));
    })
    .await;
}
