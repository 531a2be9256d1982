//! Replies as bots write them.

use std::time::Duration;

use cordboard_conversation::{EndReason, Profile, PromptHistory, Role, Turn};
use cordboard_simulator::{Fault, Says, Script};
use tokio::time::Instant;

use crate::world::{Heard, question, world};

fn profile(name: &str) -> Profile {
    Profile::named(name).expect("a built-in profile")
}

/// How late an answer of Discord's comes, and far from too late.
const SLOW: Duration = Duration::from_secs(5);

#[test]
fn a_reply_comes_in_pieces_and_ends_with_its_buttons() {
    world(Script::friendly(), &profile("components"), async |world| {
        let heard = world.talk("What is a cordboard?").await;
        assert!(heard.pieces.len() > 2, "{heard:?}");
        assert_eq!(heard.text(), world.truth().text);
        assert_eq!(heard.end.unwrap().reason, EndReason::Complete);
        let reads = world
            .discord
            .requests(Some("GET /channels/{channel_id}/messages"));
        assert!(
            reads.is_empty(),
            "one message with buttons needs no second look"
        );
    });
}

#[test]
fn a_bot_without_buttons_has_finished_when_it_is_quiet() {
    let script = Script {
        buttons: false,
        unfurls_after_ms: Some(2_000),
        ..Script::friendly()
    };
    world(script, &profile("default"), async |world| {
        let heard = world.talk("hi").await;
        let truth = world.truth();
        assert_eq!(heard.text(), truth.text);
        let quiet_ms = world.discord.now_ms() - truth.ended_ms.unwrap();
        assert!(
            (3_000..3_500).contains(&quiet_ms),
            "an unfurled link is no edit: {quiet_ms}"
        );
    });
}

#[test]
fn a_long_answer_is_joined_from_all_its_messages() {
    world(Script::paragraphs(), &profile("default"), async |world| {
        let heard = world.talk("hi").await;
        let truth = world.truth();
        assert!(truth.parts.len() > 1);
        assert_eq!(heard.text(), truth.parts.join("\n"));
    });
}

#[test]
fn a_bot_that_rewrites_is_given_its_last_word() {
    for name in ["default", "final"] {
        world(Script::rewriter(), &profile(name), async |world| {
            let heard = world.talk("Tell me of the sea.").await;
            assert_eq!(heard.text(), world.truth().text);
            assert!(!heard.pieces.concat().contains("Thinking"));
        });
    }
}

#[test]
fn files_and_embeds_are_part_of_the_reply() {
    let script = Script {
        embed: true,
        ..Script::attachments()
    };
    world(script, &profile("default"), async |world| {
        let heard = world.talk("hi").await;
        let text = heard.text();
        assert!(text.starts_with(&world.truth().text), "{text}");
        assert!(
            text.contains("In short") && text.contains("[answer.txt](http"),
            "{text}"
        );
    });
}

#[test]
fn a_reply_ends_before_a_stop_sequence() {
    let says = Says::Text("one two three four five six seven eight nine ten eleven".to_owned());
    world(
        Script {
            says,
            ..Script::friendly()
        },
        &profile("default"),
        async |world| {
            let request = cordboard_conversation::Request {
                stop: vec![" five".to_owned()],
                ..question("count")
            };
            let heard = Heard::out(world.exchanges.ask(request).await.unwrap()).await;
            assert_eq!(heard.text(), "one two three four");
            assert_eq!(heard.end.unwrap().reason, EndReason::StopSequence);
        },
    );
}

#[test]
fn what_people_say_in_the_channel_is_not_the_reply() {
    world(Script::friendly(), &profile("default"), async |world| {
        let reply = world.ask("hi").await.unwrap();
        world
            .discord
            .say(world.channel_id(), "What is going on here?");
        assert_eq!(Heard::out(reply).await.text(), world.truth().text);
    });
}

#[test]
fn the_bot_reads_the_dialogue_or_the_last_turn() {
    for (history, prompt) in [
        (
            PromptHistory::Transcript,
            "be brief\n\nUser: one\n\nAssistant: two\n\nUser: three",
        ),
        (PromptHistory::LastUser, "three"),
    ] {
        let profile = Profile {
            history,
            ..Profile::default()
        };
        world(Script::instant(), &profile, async |world| {
            let turn = |role, text: &str| Turn {
                role,
                text: text.to_owned(),
                files: Vec::new(),
            };
            let mut request = question("three");
            request.turns.splice(
                0..0,
                [
                    turn(Role::User, "one"),
                    turn(Role::Assistant, "two"),
                    turn(Role::System, "be brief"),
                ],
            );
            Heard::out(world.exchanges.ask(request).await.unwrap()).await;
            assert_eq!(world.truth().prompt, prompt);
        });
    }
}

#[test]
fn repeated_and_reordered_events_do_no_harm() {
    for fault in [
        Fault::duplicate_event("MESSAGE_CREATE"),
        Fault::duplicate_event("MESSAGE_UPDATE"),
        Fault::reorder_event("MESSAGE_UPDATE"),
        Fault::delay_event("MESSAGE_CREATE", Duration::from_millis(400)),
    ] {
        world(Script::friendly(), &profile("default"), async |world| {
            world.discord.fault(fault.clone().always());
            let began = Instant::now();
            let heard = world.talk("What is a cordboard?").await;
            assert_eq!(heard.text(), world.truth().text, "{fault:?}");
            assert!(began.elapsed() < Duration::from_secs(10));
        });
    }
}

#[test]
fn a_reply_that_is_written_before_the_prompt_is_said_to_be_posted_is_heard_as_it_is_written() {
    // How: the bot has answered for long when Discord says that the prompt is there. Who listened only from
    // then on would have to read the reply; the events alone tell it, and no history is asked for.
    world(Script::instant(), &profile("components"), async |world| {
        let slow = Fault::slow_answer("POST /channels/{channel_id}/messages", SLOW);
        world.discord.fault(slow);
        let asked = Instant::now();
        let heard = world.talk("at once").await;
        assert!(asked.elapsed() >= SLOW, "the answer was slow");
        assert_eq!(heard.text(), world.truth().text);
        let read = Some("GET /channels/{channel_id}/messages");
        assert_eq!(world.discord.requests(read).len(), 0, "it was read");
    });
}
