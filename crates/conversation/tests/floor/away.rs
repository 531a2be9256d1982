//! A Discord that can be neither heard nor read for a while.

use std::time::Duration;

use cordboard_conversation::{Profile, ReplyError, Settings};
use cordboard_simulator::{Config, Fault, GatewayCommand, OutageAnswer, Script};
use tokio::time::{Instant, sleep};
use twilight_model::id::Id;

use crate::{
    lapses::{halting, slow},
    world::{Heard, World, world, world_with},
};

/// No page of a channel can be read.
fn unreadable(world: &World) {
    let read = "GET /channels/{channel_id}/messages";
    world.discord.fault(Fault::status(read, 502).always());
}

/// No gateway, and no page of a channel either, for so long.
async fn away_as_a_whole(world: &World, away: Duration) {
    let seconds = away.as_secs_f64();
    unreadable(world);
    world.discord.gateway(GatewayCommand::Refuse { seconds });
    world.discord.gateway(GatewayCommand::Drop);
    sleep(away).await;
    world.discord.clear_faults();
}

#[test]
fn a_discord_that_is_away_as_a_whole_ends_no_reply() {
    for away in [10, 20, 40].map(Duration::from_secs) {
        for script in [slow(), halting(0)] {
            let script = Script {
                buttons: false,
                edits_per_second: 2.0,
                ..script
            };
            world(script, &Profile::default(), async |world| {
                let reply = world.ask("What is a cordboard?").await.unwrap();
                let disturb = async {
                    sleep(Duration::from_secs(3)).await;
                    away_as_a_whole(world, away).await;
                };
                let (heard, ()) = futures_util::join!(Heard::out(reply), disturb);
                assert_eq!(heard.text(), world.truth().parts.join("\n"), "{away:?}");
            });
        }
    }
}

#[test]
fn an_outage_of_the_guild_is_no_end_of_a_reply() {
    // How: the session lives, nothing of the guild is told or answered, and nobody can write in it. The bot
    // does not try again; what Discord holds of it is its reply, and that is said when it can be seen again.
    let script = Script {
        edits_per_second: 2.0,
        ..halting(0)
    };
    let config = Config::default().with_bots([script]);
    let guild_id = Id::new_checked(config.guild.id);
    let settings = |bots| Settings {
        bots,
        guild_id,
        ..Settings::default()
    };
    world_with(config, &Profile::default(), settings, async |world| {
        let reply = world.ask("hi").await.unwrap();
        let channel_id = world.channel_id();
        let began = Instant::now();
        let disturb = async {
            sleep(Duration::from_secs(3)).await;
            world.discord.begin_outage(OutageAnswer::ServerError);
            sleep(Duration::from_mins(3)).await;
            world.discord.end_outage();
            let held = world.discord.messages(channel_id).into_iter().skip(1);
            held.map(|message| message["content"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let (heard, held) = futures_util::join!(Heard::out(reply), disturb);
        assert!(began.elapsed() > Duration::from_mins(3));
        assert_eq!(heard.text(), held.join("\n"));
    });
}

#[test]
fn a_way_to_discord_that_is_cut_without_a_word_ends_no_reply() {
    // How: the connection is open and silent, and nothing can be read; for less time than it takes until that
    // connection counts as dead.
    let script = Script {
        edits_per_second: 2.0,
        ..halting(0)
    };
    world(script, &Profile::default(), async |world| {
        let reply = world.ask("hi").await.unwrap();
        let disturb = async {
            sleep(Duration::from_secs(3)).await;
            // The last that is heard is not of the bot.
            let elsewhere = world.discord.default_channel_id();
            world.discord.say(elsewhere, "Hello");
            sleep(Duration::from_millis(1)).await;
            let seconds = 25.0;
            world.discord.gateway(GatewayCommand::Silence { seconds });
            unreadable(world);
            sleep(Duration::from_secs_f64(seconds)).await;
            world.discord.clear_faults();
        };
        let (heard, ()) = futures_util::join!(Heard::out(reply), disturb);
        assert_eq!(heard.text(), world.truth().parts.join("\n"));
    });
}

#[test]
fn a_new_session_while_nothing_can_be_read_ends_no_reply() {
    for script in [slow(), halting(0), Script::paragraphs()] {
        for away in [10, 40, 90].map(Duration::from_secs) {
            world(script.clone(), &Profile::default(), async |world| {
                let reply = world.ask("What is a cordboard?").await.unwrap();
                let disturb = async {
                    sleep(Duration::from_millis(600)).await;
                    unreadable(world);
                    world
                        .discord
                        .gateway(GatewayCommand::Invalidate { resumable: false });
                    sleep(away).await;
                    world.discord.clear_faults();
                };
                let (heard, ()) = futures_util::join!(Heard::out(reply), disturb);
                assert_eq!(heard.text(), world.truth().parts.join("\n"), "{away:?}");
            });
        }
    }
}

#[test]
fn a_bot_that_answers_while_the_way_to_discord_is_cut_is_not_silent() {
    // How: it begins when nothing can be heard or read, and should have begun before that is over.
    let script = Script {
        delay_ms: 50_000,
        types: false,
        ..slow()
    };
    for profile in ["default", "components"].map(|name| Profile::named(name).unwrap()) {
        world(script.clone(), &profile, async |world| {
            let reply = world.ask("hi").await.unwrap();
            let disturb = async {
                sleep(Duration::from_secs(45)).await;
                let seconds = 100.0;
                world.discord.gateway(GatewayCommand::Silence { seconds });
                unreadable(world);
                sleep(Duration::from_secs_f64(seconds)).await;
                world.discord.clear_faults();
            };
            let (heard, ()) = futures_util::join!(Heard::out(reply), disturb);
            assert_eq!(heard.text(), world.truth().text);
        });
    }
}

#[test]
fn a_bot_that_stops_being_heard_in_mid_reply_has_not_stalled() {
    // How: only buttons end the reply, and they come while nothing can be heard or read for two minutes.
    world(
        slow(),
        &Profile::named("components").unwrap(),
        async |world| {
            let reply = world.ask("hi").await.unwrap();
            let disturb = async {
                sleep(Duration::from_secs(3)).await;
                away_as_a_whole(world, Duration::from_mins(2)).await;
            };
            let (heard, ()) = futures_util::join!(Heard::out(reply), disturb);
            assert_eq!(heard.text(), world.truth().text);
        },
    );
}

#[test]
fn a_bot_that_is_silent_while_there_is_no_gateway_is_given_up_after_two_minutes() {
    // How: Discord can be read all the time.
    world(Script::silent(), &Profile::default(), async |world| {
        let reply = world.ask("hi").await.unwrap();
        let seconds = 3_600.0;
        world.discord.gateway(GatewayCommand::Refuse { seconds });
        world.discord.gateway(GatewayCommand::Drop);
        let began = Instant::now();
        let heard = Heard::out(reply).await;
        assert!(matches!(heard.end, Err(ReplyError::Silent)), "{heard:?}");
        assert!((120..140).contains(&began.elapsed().as_secs()));
    });
}

#[test]
fn an_end_that_cannot_be_confirmed_while_discord_is_away_is_confirmed_when_it_is_back() {
    // How: the buttons under the last message are seen, the last edit of an earlier one is not. Discord
    // cannot be read then, and soon it cannot be heard either.
    for nth in 1..8 {
        let script = Script {
            edits_per_second: 2.0,
            ..Script::paragraphs()
        };
        world(script, &Profile::default(), async |world| {
            world
                .discord
                .fault(Fault::drop_event("MESSAGE_UPDATE").nth(nth));
            let reply = world.ask("hi").await.unwrap();
            unreadable(world);
            let disturb = async {
                let is_written = || world.discord.replies().iter().any(|it| it.end.is_some());
                while !is_written() {
                    sleep(Duration::from_millis(1)).await;
                }
                sleep(Duration::from_millis(2)).await;
                away_as_a_whole(world, Duration::from_secs(20)).await;
            };
            let (heard, ()) = futures_util::join!(Heard::out(reply), disturb);
            assert_eq!(heard.text(), world.truth().parts.join("\n"), "{nth}");
        });
    }
}
