//! Replies that do not come to their end.

use std::time::Duration;

use cordboard_conversation::{Completion, EndReason, Profile, ReplyError, Request};
use cordboard_simulator::{Says, Script};
use futures_util::StreamExt;
use tokio::time::{Instant, sleep};

use crate::world::{Heard, question, world};

fn profile(name: &str) -> Profile {
    Profile::named(name).expect("a built-in profile")
}

/// A bot that takes ten seconds.
fn slow() -> Script {
    Script {
        edits: 20,
        edits_per_second: 2.0,
        ..Script::friendly()
    }
}

#[test]
fn a_silent_bot_is_given_up_after_a_minute() {
    world(Script::silent(), &profile("default"), async |world| {
        let began = Instant::now();
        let heard = world.talk("hi").await;
        assert!(matches!(heard.end, Err(ReplyError::Silent)), "{heard:?}");
        assert!((60..62).contains(&began.elapsed().as_secs()));
    });
}

#[test]
fn a_bot_that_dies_in_mid_reply_has_stalled() {
    world(Script::dying(), &profile("components"), async |world| {
        let heard = world.talk("What is a cordboard?").await;
        assert!(
            matches!(heard.end, Err(ReplyError::Stalled { .. })),
            "{heard:?}"
        );
    });
}

#[test]
fn a_limit_is_told_before_the_first_byte() {
    world(Script::limited(), &profile("default"), async |world| {
        let heard = world.talk("hi").await;
        let Err(ReplyError::Limited { message }) = &heard.end else {
            panic!("{heard:?}")
        };
        assert_eq!(*message, world.truth().text);
        assert!(heard.pieces.is_empty());
    });
}

#[test]
fn a_reply_that_is_deleted_is_no_reply() {
    let script = Script {
        buttons: false,
        deletes_after_ms: Some(1_000),
        ..Script::friendly()
    };
    world(script, &profile("default"), async |world| {
        let heard = world.talk("What is a cordboard?").await;
        let deleted = matches!(heard.end, Err(ReplyError::MessageDeleted { given: true }));
        assert!(deleted, "{heard:?}");
    });
}

#[test]
fn a_channel_that_somebody_deletes_ends_the_reply() {
    world(slow(), &profile("default"), async |world| {
        let reply = world.ask("hi").await.unwrap();
        let channel_id = world.channel_id();
        let disturb = async {
            sleep(Duration::from_secs(3)).await;
            world.discord.delete_channel(channel_id);
        };
        let (heard, ()) = futures_util::join!(Heard::out(reply), disturb);
        assert!(
            matches!(heard.end, Err(ReplyError::ChannelGone { .. })),
            "{heard:?}"
        );
    });
}

#[test]
fn the_deadline_ends_a_reply_in_the_middle() {
    world(slow(), &profile("default"), async |world| {
        let began = Instant::now();
        let request = Request {
            deadline: began + Duration::from_secs(7),
            ..question("hi")
        };
        let heard = Heard::out(world.exchanges.ask(request).await.unwrap()).await;
        assert!(
            matches!(heard.end, Err(ReplyError::Deadline { given: true })),
            "{heard:?}"
        );
        assert_eq!(began.elapsed().as_secs(), 7);
    });
}

#[test]
fn a_reply_beyond_its_bound_is_cut() {
    let completion = Completion {
        bound: Duration::from_secs(4),
        ..Completion::default()
    };
    world(
        slow(),
        &Profile {
            completion,
            ..Profile::default()
        },
        async |world| {
            let heard = world.talk("hi").await;
            assert!(world.truth().text.starts_with(heard.text()));
            assert_eq!(heard.end.unwrap().reason, EndReason::Length);
        },
    );
}

#[test]
fn a_reply_that_is_dropped_at_any_moment_leaves_no_channel() {
    // How: a client that hangs up after no piece, after one, after two, and so on.
    let says = Says::Paragraphs(2);
    world(
        Script {
            says,
            ..Script::friendly()
        },
        &profile("default"),
        async |world| {
            for pieces in 0..6 {
                let reply = world.ask("hi").await.unwrap();
                let _ = reply.take(pieces).collect::<Vec<_>>().await;
            }
        },
    );
}
