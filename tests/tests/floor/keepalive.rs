//! Bots are kept alive by hand: where, what counts as an answer, and what is told when there is none.

mod daemon;

use std::time::Duration;

use cordboard_app::maintenance::KeepAliveReport;
use cordboard_simulator::{ChannelConfig, Config, Fault, Script};
use cordboard_tests::{Setup, World, sim_with};
use tokio::time::sleep;

const POST: &str = "POST /channels/{channel_id}/messages";
const READ: &str = "GET /channels/{channel_id}/messages";

/// The first channel, and a second one.
const FIRST: u64 = 1_400_000_000_000_000_001;
const SECOND: u64 = 1_400_000_000_000_000_002;

/// The user that `BotConfig::numbered` gives to the second bot.
const OTHER_BOT: u64 = 1_400_000_000_000_000_101;

/// A world with these bots, and two channels. The first bot is spoken to in both, the second one, if
/// there is one, in the second.
fn setup(scripts: impl IntoIterator<Item = Script>) -> Setup {
    let mut discord = Config::default().with_bots(scripts);
    discord.guild.channels.push(ChannelConfig {
        id: SECOND,
        name: "second".to_owned(),
        kind: 0,
    });
    let mut toml = String::new();
    if discord.bots.len() > 1 {
        toml = format!(
            "[[bots]]\nname = \"other\"\nuser_id = \"{OTHER_BOT}\"\nmodels = [\"other\"]\n\
             default_channel_ids = [\"{SECOND}\"]\n"
        );
    }
    Setup {
        discord,
        toml,
        ..Setup::default()
    }
    .set(
        "CORDBOARD__BOTS__0__DEFAULT_CHANNEL_IDS",
        &format!("[\"{SECOND}\"]"),
    )
}

/// A world with a bot that has a channel, and two that have none.
fn channelless() -> Setup {
    let mut setup = setup([Script::instant(), Script::instant(), Script::instant()]);
    setup.toml = setup.toml.replace(&format!("\"{SECOND}\""), "");
    let third = OTHER_BOT + 1;
    let third =
        format!("[[bots]]\nname = \"third\"\nuser_id = \"{third}\"\nmodels = [\"third\"]\n");
    setup.toml.push_str(&third);
    setup
}

/// Keeps all bots alive once.
async fn keep(world: &World) -> Vec<KeepAliveReport> {
    let kept = world
        .maintenance("keepalive run")
        .keepalive_run(&[], &|_| {})
        .await;
    let reports = kept.unwrap().unwrap();
    // None of it may touch a channel, whatever it comes to.
    let touched = world.discord.requests(None);
    let touched: Vec<_> = touched
        .iter()
        .filter(|request| request.route.ends_with("/channels/{channel_id}"))
        .filter(|request| request.route.starts_with("PATCH") || request.route.starts_with("DELETE"))
        .filter(|request| {
            [FIRST, SECOND]
                .iter()
                .any(|id| request.path.contains(&id.to_string()))
        })
        .collect();
    assert!(touched.is_empty(), "{touched:?}");
    reports
}

fn outcomes(reports: &[KeepAliveReport]) -> Vec<&'static str> {
    reports.iter().map(|report| report.outcome).collect()
}

#[test]
fn a_bot_that_answers_is_alive_and_that_is_on_record() {
    sim_with(setup([Script::friendly()]), async |world| {
        let reports = keep(world).await;
        assert_eq!(outcomes(&reports), ["answered"], "{reports:?}");
        assert!(reports[0].latency_ms.unwrap() >= 150, "{reports:?}");
        assert_eq!(reports[0].channel_id, Some(FIRST.to_string()));
        assert_eq!(
            (world.ours_in(FIRST).len(), world.ours_in(SECOND).len()),
            (1, 0)
        );
        let listed = world
            .maintenance("keepalive list")
            .keepalive_list()
            .await
            .unwrap();
        assert_eq!(listed[0].last[0].outcome, "answered");
        assert_eq!(
            listed[0].channel_ids,
            [FIRST.to_string(), SECOND.to_string()]
        );
        let posts = world.discord.requests(Some(POST));
        let mentions = posts[0].allowed_mentions.clone().unwrap();
        assert_eq!(
            mentions["parse"],
            serde_json::json!([]),
            "nobody else is pinged"
        );
    });
}

#[test]
fn a_silent_bot_is_told_and_does_not_keep_the_others_waiting() {
    sim_with(
        setup([Script::silent(), Script::instant()]),
        async |world| {
            let reports = keep(world).await;
            assert_eq!(outcomes(&reports), ["silent", "answered"], "{reports:?}");
            assert!(reports[0].detail.contains("did not answer"), "{reports:?}");
            assert_eq!(world.ours_in(FIRST).len(), 1);
            assert_eq!(world.ours_in(SECOND).len(), 2, "each bot, once");
        },
    );
}

#[test]
fn a_channel_that_is_gone_hidden_or_closed_falls_to_the_next() {
    sim_with(setup([Script::instant()]), async |world| {
        world.discord.hide_channel(FIRST);
        let reports = keep(world).await;
        assert_eq!(outcomes(&reports), ["answered"], "{reports:?}");
        assert!(reports[0].detail.contains("forbidden"), "{reports:?}");
        world.discord.show_channel(FIRST);
        // May be seen, and not be written in.
        world.discord.set_overwrite(FIRST, 0, 1 << 11);
        let reports = keep(world).await;
        assert!(reports[0].detail.contains("Send Messages"), "{reports:?}");
        world.discord.delete_channel(FIRST);
        let reports = keep(world).await;
        assert_eq!(outcomes(&reports), ["answered"], "{reports:?}");
        assert!(reports[0].detail.contains("does not exist"), "{reports:?}");
        assert_eq!(world.ours_in(SECOND).len(), 3);
        world.discord.delete_channel(SECOND);
        let reports = keep(world).await;
        assert_eq!(outcomes(&reports), ["no_channel"], "{reports:?}");
    });
}

#[test]
fn a_channel_whose_history_is_kept_from_us_is_told_as_forbidden() {
    // How: without Read Message History Discord shows it empty.
    sim_with(setup([Script::instant()]), async |world| {
        for channel_id in [FIRST, SECOND] {
            world.discord.set_overwrite(channel_id, 0, 1 << 16);
        }
        let reports = keep(world).await;
        assert_eq!(outcomes(&reports), ["forbidden"], "{reports:?}");
        assert!(
            reports[0].detail.contains("Read Message History"),
            "{reports:?}"
        );
    });
}

#[test]
fn a_bot_at_its_limit_is_told_as_such_and_not_asked_again_elsewhere() {
    sim_with(setup([Script::limited()]), async |world| {
        let reports = keep(world).await;
        assert_eq!(outcomes(&reports), ["limit_reached"], "{reports:?}");
        assert!(world.ours_in(SECOND).is_empty());
    });
}

#[test]
fn what_somebody_else_says_is_no_answer() {
    // How: while a silent bot is waited for, another bot speaks, and it speaks itself to somebody else.
    sim_with(
        setup([Script::silent(), Script::instant()]),
        async |world| {
            let bot_id = world.discord.bot_ids()[0];
            let speaking = async {
                for channel_id in [FIRST, SECOND] {
                    sleep(Duration::from_secs(30)).await;
                    world.discord.say_as(OTHER_BOT, channel_id, "I am here.");
                    sleep(Duration::from_secs(90)).await;
                }
            };
            let maintenance = world.maintenance("keepalive run");
            let names = ["bot".to_owned()];
            let kept = maintenance.keepalive_run(&names, &|_| {});
            let (kept, ()) = tokio::join!(kept, speaking);
            assert_eq!(outcomes(&kept.unwrap().unwrap()), ["silent"]);
            assert!(
                !world
                    .discord
                    .messages(FIRST)
                    .iter()
                    .any(|message| { message["author"]["id"] == *bot_id.to_string() })
            );
        },
    );
}

#[test]
fn an_answer_that_is_not_the_expected_one_is_told() {
    let setup = setup([Script::instant()]).set("CORDBOARD__UPKEEP__KEEPALIVE__EXPECT", "(?i)pong");
    sim_with(setup, async |world| {
        let reports = keep(world).await;
        assert_eq!(outcomes(&reports), ["wrong_answer"], "{reports:?}");
    });
}

#[test]
fn a_placeholder_is_waited_out() {
    // How: "Thinking…" for a minute.
    let slow = Script {
        edits_per_second: 0.02,
        edits: 1,
        ..Script::rewriter()
    };
    sim_with(setup([slow]), async |world| {
        let reports = keep(world).await;
        assert_eq!(outcomes(&reports), ["answered"], "{reports:?}");
    });
}

#[test]
fn a_lost_answer_to_a_post_makes_no_second_message() {
    for fault in [
        Fault::act_then_hang_up(POST),
        Fault::status_after(POST, 502),
        Fault::hang_up(POST),
    ] {
        sim_with(setup([Script::instant()]), async |world| {
            world.discord.fault(fault.times(5));
            let reports = keep(world).await;
            assert_eq!(outcomes(&reports), ["answered"], "{reports:?}");
            assert_eq!(world.ours_in(FIRST).len(), 1);
        });
    }
}

#[test]
fn a_channel_that_cannot_be_read_for_a_while_is_read_again() {
    sim_with(setup([Script::instant()]), async |world| {
        world.discord.fault(Fault::status(READ, 503).times(12));
        let reports = keep(world).await;
        assert_eq!(outcomes(&reports), ["answered"], "{reports:?}");
    });
}

#[test]
fn discord_out_of_reach_is_no_fault_of_the_bot() {
    sim_with(setup([Script::instant()]), async |world| {
        world.discord.fault(Fault::status(POST, 503).always());
        let reports = keep(world).await;
        assert_eq!(outcomes(&reports), ["upstream"], "{reports:?}");
        world.discord.clear_faults();
    });
}

#[test]
fn a_bot_without_a_channel_gets_a_temporary_one_that_is_pulled() {
    // How: beside a proxy, which holds the store, and without one.
    let mut setup = setup([Script::instant(), Script::instant()]);
    setup.toml = setup.toml.replace(&format!("\"{SECOND}\""), "");
    sim_with(setup, async |world| {
        let reports = keep(world).await;
        assert_eq!(
            outcomes(&reports),
            ["answered", "no_channel"],
            "{reports:?}"
        );
        assert!(reports[1].detail.contains("upkeep.in_proxy"), "{reports:?}");
        world.stop_proxy().await;
        let reports = keep(world).await;
        assert_eq!(outcomes(&reports), ["answered", "answered"], "{reports:?}");
        assert_eq!((world.channels_created(), world.channels_alive()), (1, 0));
    });
}

#[test]
fn bots_without_a_channel_get_temporary_ones_side_by_side() {
    // How: without a proxy, so that the command opens them itself, over a store that only one may hold.
    let setup = channelless();
    sim_with(setup, async |world| {
        world.stop_proxy().await;
        for round in 1..=2 {
            let reports = keep(world).await;
            assert_eq!(outcomes(&reports), ["answered"; 3], "{reports:?}");
            assert_eq!(world.channels_created(), 2 * round);
            assert_eq!(world.channels_alive(), 0);
        }
    });
}

#[test]
fn a_name_that_no_bot_has_is_told() {
    sim_with(setup([Script::instant()]), async |world| {
        let names = ["nobody".to_owned()];
        let kept = world
            .maintenance("keepalive run")
            .keepalive_run(&names, &|_| {})
            .await;
        assert_eq!(kept.unwrap().unwrap_err(), "nobody");
        assert!(world.ours_in(FIRST).is_empty());
    });
}
