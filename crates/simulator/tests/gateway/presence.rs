//! Who is told who is online.

use std::time::Duration;

use cordboard_simulator::Simulator;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::client::{Client, INTENTS, config, identify, simulate};

const GUILD_MEMBERS: u64 = 1 << 1;
const GUILD_PRESENCES: u64 = 1 << 8;
/// All three privileged intents are switched on.
const SWITCHES: &str = "[proxy]\nprivileged_intents = 33026\n";

/// Logs in with these intents; `GUILD_CREATE` comes along.
async fn log_in(simulator: &Simulator, intents: u64) -> (Client, Value) {
    let mut client = Client::hello(simulator).await;
    client.say(identify(simulator, intents)).await;
    let guild = client.event("GUILD_CREATE").await;
    (client, guild["d"].clone())
}

/// The users of a list of presences.
fn users(presences: &Value) -> Vec<u64> {
    let presences = presences.as_array().unwrap().iter();
    let ids = presences.map(|one| one["user"]["id"].as_str().unwrap().parse().unwrap());
    let mut ids: Vec<u64> = ids.collect();
    ids.sort_unstable();
    ids
}

/// The proxy, the owner and the bots.
fn all(simulator: &Simulator) -> Vec<u64> {
    let human = simulator.config().human.user_id;
    let mut all = simulator.bot_ids();
    all.extend([simulator.user_id(), human]);
    all.sort_unstable();
    all
}

#[tokio::test(start_paused = true)]
async fn presences_are_told_to_sessions_that_asked_for_them() {
    simulate(config(SWITCHES), async |simulator| {
        let (mut told, guild) = log_in(&simulator, INTENTS | GUILD_PRESENCES).await;
        assert_eq!(users(&guild["presences"]), all(&simulator));
        assert_eq!(guild["members"].as_array().unwrap().len(), 3);
        tokio::time::sleep(Duration::from_secs(5)).await;
        let (mut untold, guild) = log_in(&simulator, INTENTS).await;
        assert_eq!(guild["presences"], json!([]));
        assert_eq!(guild["members"].as_array().unwrap().len(), 1);

        let bot = simulator.bot_ids()[0];
        simulator.set_online(bot, false);
        simulator.set_online(bot, false);
        simulator.set_online(bot, true);
        for status in ["offline", "online"] {
            let update = told.payload().await;
            assert_eq!(update["t"], "PRESENCE_UPDATE");
            assert_eq!(update["d"]["status"], status);
            assert_eq!(update["d"]["user"]["id"], bot.to_string());
            assert_eq!(update["d"]["guild_id"], guild["id"]);
        }
        for client in [&mut told, &mut untold] {
            let silence = timeout(Duration::from_secs(5), client.hear()).await;
            silence.expect_err("nothing more is told");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_bot_that_starts_offline_has_no_presence() {
    let offline = "[[bots]]\nuser_id = \"55\"\nname = \"Asleep\"\nonline = false\n";
    simulate(config(&format!("{SWITCHES}{offline}")), async |simulator| {
        let (_, guild) = log_in(&simulator, INTENTS | GUILD_PRESENCES).await;
        let mut awake = all(&simulator);
        awake.retain(|id| *id != 55);
        assert_eq!(users(&guild["presences"]), awake);
        assert_eq!(guild["members"].as_array().unwrap().len(), 3);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn large_guilds_show_those_online_and_the_largest_only_oneself() {
    for (members_extra, shown) in [(100, 103), (1_000, 3), (75_000, 1)] {
        let toml = format!("{SWITCHES}[guild]\nmembers_extra = {members_extra}\n");
        simulate(config(&toml), async |simulator| {
            let (_, guild) = log_in(&simulator, INTENTS | GUILD_PRESENCES).await;
            assert_eq!(guild["members"].as_array().unwrap().len(), shown);
            assert_eq!(guild["presences"].as_array().unwrap().len(), shown.min(3));
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn chunks_bring_presences_when_they_are_asked_for_with_the_intent() {
    let toml = format!("{SWITCHES}[guild]\nmembers_extra = 10\n");
    simulate(config(&toml), async |simulator| {
        let bot = simulator.bot_ids()[0];
        simulator.set_online(bot, false);
        let wanted = json!({
            "guild_id": simulator.guild_id().to_string(),
            "user_ids": all(&simulator).iter().map(ToString::to_string).collect::<Vec<_>>(),
            "presences": true,
        });
        let mut seen = Vec::new();
        for intents in [GUILD_MEMBERS | GUILD_PRESENCES, GUILD_MEMBERS] {
            let (mut client, _) = log_in(&simulator, INTENTS | intents).await;
            client.say(json!({ "op": 8, "d": wanted })).await;
            let chunk = client.event("GUILD_MEMBERS_CHUNK").await;
            assert_eq!(chunk["d"]["members"].as_array().unwrap().len(), 3);
            seen.push(chunk["d"]["presences"].clone());
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
        let mut awake = all(&simulator);
        awake.retain(|id| *id != bot);
        assert_eq!(users(&seen[0]), awake);
        assert_eq!(seen[1], Value::Null);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_guild_that_comes_back_brings_its_presences() {
    simulate(config(SWITCHES), async |simulator| {
        let (mut told, _) = log_in(&simulator, INTENTS | GUILD_PRESENCES).await;
        simulator.begin_outage(cordboard_simulator::OutageAnswer::ServerError);
        simulator.end_outage();
        let back = told.event("GUILD_CREATE").await;
        assert_eq!(users(&back["d"]["presences"]), all(&simulator));
    })
    .await;
}
