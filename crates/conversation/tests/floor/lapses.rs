//! Events that do not come.

use std::time::Duration;

use cordboard_conversation::{Profile, Request};
use cordboard_simulator::{Fault, GatewayCommand, Script};
use tokio::time::{Instant, sleep};

use crate::world::{Heard, question, world};

/// A bot that takes ten seconds.
pub(crate) fn slow() -> Script {
    Script {
        edits: 20,
        edits_per_second: 2.0,
        ..Script::friendly()
    }
}

#[test]
fn a_new_session_in_mid_reply_costs_nothing() {
    for command in [
        GatewayCommand::Invalidate { resumable: false },
        GatewayCommand::Invalidate { resumable: true },
        GatewayCommand::Drop,
        GatewayCommand::Reconnect,
        GatewayCommand::Close { code: 4009 },
    ] {
        world(slow(), &Profile::default(), async |world| {
            let reply = world.ask("What is a cordboard?").await.unwrap();
            let disturb = async {
                sleep(Duration::from_secs(3)).await;
                world.discord.gateway(command);
            };
            let (heard, ()) = futures_util::join!(Heard::out(reply), disturb);
            assert_eq!(heard.text(), world.truth().text, "{command:?}");
        });
    }
}

#[test]
fn an_end_that_falls_into_a_lapse_is_read_at_once() {
    // How: the buttons appear while there is no session, and only buttons end this reply.
    let profile = Profile::named("components").unwrap();
    world(slow(), &profile, async |world| {
        let reply = world.ask("What is a cordboard?").await.unwrap();
        let disturb = async {
            sleep(Duration::from_millis(9_400)).await;
            world
                .discord
                .gateway(GatewayCommand::Refuse { seconds: 5.0 });
            world
                .discord
                .gateway(GatewayCommand::Invalidate { resumable: false });
        };
        let began = Instant::now();
        let (heard, ()) = futures_util::join!(Heard::out(reply), disturb);
        assert_eq!(heard.text(), world.truth().text);
        // Reading only when the bot has been silent for its minute would take 69 s; a new session
        // may cost one attempt of half a minute.
        assert!(
            began.elapsed() < Duration::from_mins(1),
            "{:?}",
            began.elapsed()
        );
        assert!(
            began.elapsed() > Duration::from_secs(14),
            "the end fell into the lapse"
        );
    });
}

#[test]
fn without_any_gateway_the_reply_is_read() {
    world(Script::friendly(), &Profile::default(), async |world| {
        let reply = world.ask("hi").await.unwrap();
        world
            .discord
            .gateway(GatewayCommand::Refuse { seconds: 300.0 });
        world.discord.gateway(GatewayCommand::Drop);
        let began = Instant::now();
        assert_eq!(Heard::out(reply).await.text(), world.truth().text);
        assert!(
            began.elapsed() < Duration::from_secs(70),
            "{:?}",
            began.elapsed()
        );
    });
}

/// Without buttons, so that only quiet ends a reply; in several messages, the bot typing for so long
/// before each further one.
pub(crate) fn halting(pause_ms: u64) -> Script {
    Script {
        buttons: false,
        pause_ms,
        ..Script::paragraphs()
    }
}

#[test]
fn a_bot_that_types_while_nobody_can_hear_it_is_not_silent() {
    // How: it types until it answers; for a minute of that there is no gateway, and Discord can be read.
    let script = Script {
        delay_ms: 75_000,
        ..slow()
    };
    world(script, &Profile::default(), async |world| {
        let reply = world.ask("hi").await.unwrap();
        let disturb = async {
            sleep(Duration::from_secs(5)).await;
            let seconds = 65.0;
            world.discord.gateway(GatewayCommand::Refuse { seconds });
            world.discord.gateway(GatewayCommand::Drop);
        };
        let (heard, ()) = futures_util::join!(Heard::out(reply), disturb);
        assert_eq!(heard.text(), world.truth().text);
    });
}

#[test]
fn the_last_look_before_the_deadline_finds_a_whole_reply() {
    // How: no event of the bot's comes; it has answered long before.
    let script = Script {
        buttons: false,
        ..Script::friendly()
    };
    world(script, &Profile::default(), async |world| {
        for event in ["MESSAGE_CREATE", "MESSAGE_UPDATE"] {
            world.discord.fault(Fault::drop_event(event).always());
        }
        let request = Request {
            deadline: Instant::now() + Duration::from_secs(30),
            ..question("hi")
        };
        let heard = Heard::out(world.exchanges.ask(request).await.unwrap()).await;
        assert_eq!(heard.text(), world.truth().text);
        assert!(heard.end.is_ok(), "{heard:?}");
    });
}

#[test]
fn typing_that_nobody_could_hear_puts_the_end_off() {
    // How: the bot types before its second message while there is no gateway; Discord can be read.
    world(halting(6_000), &Profile::default(), async |world| {
        for seconds in [4.0, 60.0] {
            let reply = world.ask("hi").await.unwrap();
            let disturb = async {
                sleep(Duration::from_millis(600)).await;
                world.discord.gateway(GatewayCommand::Refuse { seconds });
                world
                    .discord
                    .gateway(GatewayCommand::Invalidate { resumable: false });
            };
            let (heard, ()) = futures_util::join!(Heard::out(reply), disturb);
            let replies = world.discord.replies();
            let truth = &replies.last().unwrap().parts;
            assert!(truth.len() > 1);
            assert_eq!(heard.text(), truth.join("\n"), "{seconds}");
        }
    });
}

#[test]
fn events_that_are_lost_without_a_trace_are_made_up_for() {
    for (event, script) in [
        ("MESSAGE_CREATE", Script::friendly()),
        ("MESSAGE_UPDATE", Script::friendly()),
        ("MESSAGE_UPDATE", Script::paragraphs()),
        ("MESSAGE_CREATE", Script::paragraphs()),
    ] {
        world(script, &Profile::default(), async |world| {
            world.discord.fault(Fault::drop_event(event).always());
            let heard = world.talk("hi").await;
            assert_eq!(heard.text(), world.truth().parts.join("\n"), "{event}");
        });
    }
}

#[test]
fn an_edit_lost_in_an_earlier_message_is_found_at_the_end() {
    // How: every third update is lost, so that the last edit of a message may be among them, and
    // the buttons under the last message still come.
    for nth in 1..8 {
        world(Script::paragraphs(), &Profile::default(), async |world| {
            world
                .discord
                .fault(Fault::drop_event("MESSAGE_UPDATE").nth(nth));
            let heard = world.talk("hi").await;
            assert_eq!(
                heard.text(),
                world.truth().parts.join("\n"),
                "update {nth} was lost"
            );
        });
    }
}

#[test]
fn a_reply_nobody_polls_for_a_while_is_all_there() {
    world(slow(), &Profile::default(), async |world| {
        let reply = world.ask("hi").await.unwrap();
        sleep(Duration::from_mins(1)).await;
        assert_eq!(Heard::out(reply).await.text(), world.truth().text);
    });
}

#[test]
fn a_channel_that_cannot_be_read_ends_by_what_was_heard() {
    world(Script::paragraphs(), &Profile::default(), async |world| {
        let read = "GET /channels/{channel_id}/messages";
        world.discord.fault(Fault::status(read, 500).always());
        let heard = world.talk("hi").await;
        assert_eq!(heard.text(), world.truth().parts.join("\n"));
    });
}

#[test]
fn a_bot_that_begins_to_type_during_the_last_look_is_not_silent() {
    // How: its typing is told late, while the channel is read because nothing was heard.
    let script = Script {
        delay_ms: 20_000,
        ..Script::friendly()
    };
    let profile = Profile {
        first_answer_timeout: Duration::from_secs(3),
        ..Profile::default()
    };
    world(script, &profile, async |world| {
        let read = "GET /channels/{channel_id}/messages";
        for fault in [
            Fault::delay_event("TYPING_START", Duration::from_millis(3_500)),
            Fault::slow_answer(read, Duration::from_secs(1)),
        ] {
            world.discord.fault(fault.always());
        }
        let heard = world.talk("hi").await;
        assert_eq!(heard.text(), world.truth().text);
    });
}
