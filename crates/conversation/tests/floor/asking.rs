//! From the question to the posted prompt.

use std::time::Duration;

use cordboard_conversation::{AskError, LongPrompt, Profile, Request, Settings};
use cordboard_simulator::{Config, Fault, Scope, Script};
use tokio::time::{Instant, sleep, timeout};

use crate::world::{Heard, long_text, question, world, world_with};

const POST: &str = "POST /channels/{channel_id}/messages";

#[test]
fn a_prompt_whose_answer_was_lost_is_posted_once() {
    for fault in [
        Fault::act_then_hang_up(POST),
        Fault::act_then_hang(POST),
        Fault::status_after(POST, 502),
    ] {
        world(Script::friendly(), &Profile::default(), async |world| {
            world.discord.fault(fault.clone());
            let heard = world.talk("once").await;
            assert_eq!(heard.text(), world.truth().text, "{fault:?}");
        });
    }
}

#[test]
fn a_prompt_whose_answers_are_lost_for_a_while_is_posted_once() {
    world(Script::friendly(), &Profile::default(), async |world| {
        world.discord.fault(Fault::act_then_hang(POST).always());
        let heal = async {
            sleep(Duration::from_secs(40)).await;
            world.discord.clear_faults();
        };
        let (heard, ()) = futures_util::join!(world.talk("once"), heal);
        let truth = world.truth();
        assert_eq!(heard.text(), truth.text);
        let posts = world.discord.requests(Some(POST)).len();
        assert!(posts > 2, "it was tried {posts} times");
        assert_eq!(
            world.discord.messages(truth.channel_id).len(),
            2,
            "prompt and reply"
        );
    });
}

#[test]
fn a_prompt_that_was_not_posted_is_posted_again() {
    for fault in [
        Fault::hang_up(POST),
        Fault::reset(POST),
        Fault::html(POST, 503),
    ] {
        world(Script::friendly(), &Profile::default(), async |world| {
            world.discord.fault(fault.clone().times(2));
            let heard = world.talk("once").await;
            assert_eq!(heard.text(), world.truth().text, "{fault:?}");
        });
    }
}

#[test]
fn a_long_prompt_reaches_the_bot_whole() {
    let text = long_text(6_000);
    for (long_prompt, messages) in [(LongPrompt::Split, 4), (LongPrompt::Attach, 1)] {
        let profile = Profile {
            long_prompt,
            ..Profile::default()
        };
        world(Script::instant(), &profile, async |world| {
            world.talk(&text).await;
            let truth = world.truth();
            assert_eq!(truth.prompt_ids.len(), messages);
            let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
            let read = lines(&truth.prompt);
            assert!(read.ends_with(&lines(text.trim_end())), "{}", truth.prompt);
        });
    }
}

#[test]
fn what_nobody_serves_creates_nothing() {
    world(Script::friendly(), &Profile::default(), async |world| {
        let request = Request {
            model: "gpt-9".to_owned(),
            ..question("hi")
        };
        let refused = world.exchanges.ask(request).await;
        assert!(
            matches!(refused, Err(AskError::UnknownModel { .. })),
            "{refused:?}"
        );
        let refused = world.ask(" ").await;
        assert!(matches!(refused, Err(AskError::Empty)), "{refused:?}");
        let created = world
            .discord
            .requests(Some("POST /guilds/{guild_id}/channels"));
        assert!(created.is_empty());
        assert_eq!(world.exchanges.models().collect::<Vec<_>>(), ["demo"]);
        assert!(world.exchanges.serves("OpenAI/Demo"));
    });
}

#[test]
fn a_question_that_is_dropped_at_any_moment_leaves_no_channel() {
    // How: one question per millisecond of its life, until one outlives its time.
    world(Script::friendly(), &Profile::default(), async |world| {
        for milliseconds in 0..60 {
            let asked = timeout(Duration::from_millis(milliseconds), world.ask("hi")).await;
            drop(asked);
        }
    });
}

#[test]
fn two_bots_share_the_work() {
    let config = Config::default().with_bots([Script::friendly(), Script::friendly()]);
    let settings = |bots| Settings {
        bots,
        ..Settings::default()
    };
    world_with(config, &Profile::default(), settings, async |world| {
        let one = world.ask("one").await.unwrap();
        let two = world.ask("two").await.unwrap();
        let (one, two) = (Heard::out(one), Heard::out(two));
        let _ = futures_util::join!(one, two);
        let mut bots: Vec<_> = world
            .discord
            .replies()
            .iter()
            .map(|reply| reply.bot_id)
            .collect();
        bots.sort_unstable();
        assert_eq!(bots, world.discord.bot_ids());
    });
}

#[test]
fn who_finds_no_place_waits_or_is_sent_away() {
    let settings = |bots| Settings {
        bots,
        conversations_max: 1,
        queue_max: 1,
        ..Settings::default()
    };
    world_with(
        Config::default(),
        &Profile::default(),
        settings,
        async |world| {
            let first = world.ask("first").await.unwrap();
            let third = async {
                sleep(Duration::from_millis(1)).await;
                world.ask("third").await
            };
            let (first, second, third) =
                futures_util::join!(Heard::out(first), world.ask("second"), third);
            assert!(first.end.is_ok());
            assert!(second.is_ok(), "{second:?}");
            assert!(matches!(third, Err(AskError::Busy { .. })), "{third:?}");
        },
    );
}

#[test]
fn after_closing_nobody_gets_in_and_those_inside_go_on() {
    world(Script::friendly(), &Profile::default(), async |world| {
        let reply = world.ask("hi").await.unwrap();
        world.exchanges.close();
        let refused = world.ask("me too").await;
        assert!(matches!(refused, Err(AskError::Closed)), "{refused:?}");
        assert_eq!(Heard::out(reply).await.text(), world.truth().text);
    });
}

#[test]
fn the_deadline_holds_while_discord_hangs() {
    for route in [POST, "POST /guilds/{guild_id}/channels"] {
        world(Script::friendly(), &Profile::default(), async |world| {
            world.discord.fault(Fault::hang(route).always());
            let began = Instant::now();
            let request = Request {
                deadline: began + Duration::from_secs(4),
                ..question("hi")
            };
            let refused = world.exchanges.ask(request).await;
            assert!(began.elapsed() <= Duration::from_secs(4));
            world.discord.clear_faults();
            // A call that hangs may have posted. One that creates has posted nothing.
            let honest = match &refused {
                Err(AskError::HalfAsked { overdue, .. }) => route == POST && *overdue,
                Err(AskError::Deadline) => route != POST,
                _ => false,
            };
            assert!(honest, "{route} {refused:?}");
        });
    }
}

#[test]
fn what_was_not_posted_may_be_asked_again() {
    let fault = Fault::rate_limited(POST, Scope::User, Duration::from_mins(10));
    world(Script::friendly(), &Profile::default(), async |world| {
        world.discord.fault(fault.always());
        let refused = world.ask("hi").await;
        let again = matches!(refused, Err(AskError::Unavailable { .. }));
        assert!(again, "{refused:?}");
    });
}

#[test]
fn a_prompt_that_was_posted_in_part_is_half_asked() {
    // How: Discord takes the first of four parts and then no more.
    for fault in [
        Fault::rate_limited(POST, Scope::User, Duration::from_mins(10)),
        Fault::html(POST, 503),
    ] {
        world(Script::friendly(), &Profile::default(), async |world| {
            world.discord.fault(fault.clone().nth(2).times(1_000));
            let refused = world.ask(&long_text(6_000)).await;
            let half = matches!(refused, Err(AskError::HalfAsked { overdue: false, .. }));
            assert!(half, "{fault:?} {refused:?}");
        });
    }
}
