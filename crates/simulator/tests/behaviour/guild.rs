//! What befalls the guild: the bot is thrown out and invited again, and Discord loses the guild
//! for a while.

use std::time::Duration;

use cordboard_simulator::{Config, OutageAnswer, ReplyEnd, RoleConfig};
use serde_json::{Value, json};

use crate::world::{World, seconds, world};

/// Status and code of one reading of each kind: the guild, its channels, one channel, a deletion.
async fn answers(world: &World, channel_id: u64) -> Vec<(u16, Value)> {
    let guild = format!("/api/v10/guilds/{}", world.discord.guild_id());
    let channel = format!("/api/v10/channels/{channel_id}");
    let mut answers = Vec::new();
    for path in [&guild, &format!("{guild}/channels"), &channel] {
        let reply = world.get(path).await;
        answers.push((reply.status, reply.json()["code"].clone()));
    }
    let reply = world.delete(&channel).await;
    answers.push((reply.status, reply.json()["code"].clone()));
    answers
}

fn all_in_order() -> Vec<(u16, Value)> {
    vec![(200, Value::Null); 4]
}

fn as_to_a_stranger() -> Vec<(u16, Value)> {
    let refused = (403, json!(50_001));
    vec![
        (404, json!(10_004)),
        refused.clone(),
        refused.clone(),
        refused,
    ]
}

#[tokio::test(start_paused = true)]
async fn a_bot_that_is_invited_again_finds_its_channels() {
    world(Config::default(), async |world| {
        let permissions = world.discord.config().proxy.permissions;
        let ours = world.create("ours", "m1").await.id();
        world.discord.kick(world.discord.user_id());
        assert_eq!(answers(&world, ours).await, as_to_a_stranger());
        // VIEW_CHANNEL alone: the fresh role grants what it is told to.
        world.discord.invite(1 << 10);
        let delete = world.delete(&format!("/api/v10/channels/{ours}")).await;
        assert_eq!(delete.json()["code"], 50_013);
        world.discord.set_permissions(permissions);
        assert_eq!(answers(&world, ours).await, all_in_order());
        assert_eq!(world.discord.check(), []);

        let again = json!({ "act": "invite" });
        assert_eq!(world.post("/__sim/acts", again.clone()).await.status, 400);
        world.post("/__sim/acts", json!({ "act": "kick" })).await;
        assert_eq!(world.post("/__sim/acts", again).await.status, 200);
        assert_eq!(world.create("back", "m2").await.status, 201);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn whoever_is_timed_out_may_look_and_read_until_it_is_over() {
    world(Config::default(), async |world| {
        let ours = world.create("ours", "m1").await.id();
        let (me, bot) = (world.discord.user_id(), world.discord.bot_ids()[0]);
        let member = format!("/api/v10/guilds/{}/members/{me}", world.discord.guild_id());
        let hour = Duration::from_hours(1);
        let said = world.discord.say(ours, "hello");
        world.discord.time_out(me, hour);
        let told = world.get(&member).await.json();
        let until = told["communication_disabled_until"].clone();
        assert!(until.is_string(), "{told}");
        let history = world
            .get(&format!("/api/v10/channels/{ours}/messages"))
            .await;
        assert_eq!(history.json()[0]["id"], said.to_string());
        let refused = (403, json!(50_013));
        for reply in [
            world.speak(ours, "hello").await,
            world.create("more", "m2").await,
            world.delete(&format!("/api/v10/channels/{ours}")).await,
        ] {
            assert_eq!((reply.status, reply.json()["code"].clone()), refused);
        }
        // It ends by itself, and what is over is shown all the same.
        seconds(3_601).await;
        assert_eq!(world.speak(ours, "hello").await.status, 200);
        let told = world.get(&member).await.json();
        assert_eq!(told["communication_disabled_until"], until);

        // A scripted bot in one says nothing; a person ends it, for one is as good as the other.
        world.discord.time_out(bot, hour);
        world.discord.say(ours, &format!("<@{bot}> hello"));
        seconds(60).await;
        let reply = world.discord.replies().remove(0);
        assert_eq!(reply.end, Some(ReplyEnd::Refused(50_013)));
        world.discord.time_out(bot, Duration::ZERO);
        world.discord.say(ours, &format!("<@{bot}> hello"));
        seconds(60).await;
        let reply = world.discord.replies().remove(1);
        assert_eq!(reply.end, Some(ReplyEnd::Complete));
        let act = json!({ "act": "time_out", "seconds": 29 * 24 * 3_600 });
        assert_eq!(world.post("/__sim/acts", act).await.status, 400);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn only_who_stands_lower_is_timed_out() {
    const MODERATE_MEMBERS: u64 = 1 << 40;
    let mut config = Config::default();
    config.proxy.permissions |= MODERATE_MEMBERS;
    config.guild.members_extra = 1;
    config.guild.roles = vec![RoleConfig {
        above_bots: true,
        ..RoleConfig::numbered(0).held_by(1)
    }];
    let owner = config.human.user_id;
    world(config, async |world| {
        let guild_id = world.discord.guild_id();
        let (me, bot) = (world.discord.user_id(), world.discord.bot_ids()[0]);
        let higher = guild_id + 1_000_000;
        let mut answers = Vec::new();
        for user_id in [bot, higher, owner, me] {
            let path = format!("/api/v10/guilds/{guild_id}/members/{user_id}");
            let ends = json!({ "communication_disabled_until": null });
            let reply = world.patch(&path, ends).await;
            answers.push((reply.status, reply.json()["code"].clone()));
        }
        let refused = (403, json!(50_013));
        let expected = [
            (200, Value::Null),
            refused.clone(),
            refused.clone(),
            refused,
        ];
        assert_eq!(answers, expected);
        // The owner stands above everybody.
        world.discord.time_out(higher, Duration::from_hours(1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_outage_answers_everything_and_ends() {
    let unavailable = vec![(503, json!(0)); 4];
    for (answer, told) in [
        (OutageAnswer::ServerError, unavailable),
        (OutageAnswer::Stranger, as_to_a_stranger()),
    ] {
        world(Config::default(), async |world| {
            let ours = world.create("ours", "m1").await.id();
            world.discord.begin_outage(answer);
            assert_eq!(answers(&world, ours).await, told, "{answer:?}");
            assert_eq!(world.get("/api/v10/users/@me").await.status, 200);
            let guilds = world.get("/api/v10/users/@me/guilds").await;
            assert_eq!((guilds.status, guilds.json()), (200, json!([])));
            let act =
                json!({ "act": "rename_channel", "channel_id": ours.to_string(), "name": "x" });
            assert_eq!(world.post("/__sim/acts", act).await.status, told[2].0);
            seconds(60).await;
            world.discord.end_outage();
            assert_eq!(answers(&world, ours).await, all_in_order());
            assert_eq!(world.discord.check(), []);
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_bot_that_writes_when_the_guild_goes_stops_there() {
    world(Config::default(), async |world| {
        let channel_id = world.discord.default_channel_id();
        let bot = world.discord.bot_ids()[0];
        world.discord.say(channel_id, &format!("<@{bot}> hello"));
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        world
            .post("/__sim/acts", json!({ "act": "begin_outage" }))
            .await;
        seconds(10).await;
        let reply = world.discord.replies().remove(0);
        assert_eq!(reply.end, Some(ReplyEnd::Refused(0)));
        world
            .post("/__sim/acts", json!({ "act": "end_outage" }))
            .await;
        assert_eq!(world.speak(channel_id, "hello").await.status, 200);
    })
    .await;
}
