//! Faults that a set-up may have, one at a time.

use std::fmt::Display;

use cordboard_tests::World;

use super::{ALL_PRIVILEGED, SEND_MESSAGES, VIEW_AUDIT_LOG, bot, deleted_channel, set_version};

/// One fault: what makes it, the configuration it takes, whether it takes a probe to see it, what is said
/// of it, and what ends it.
pub(super) struct SetUpFault {
    pub(super) name: &'static str,
    pub(super) begin: fn(&World) -> Vec<(String, String)>,
    pub(super) probes: bool,
    pub(super) expected: &'static [&'static str],
    pub(super) end: fn(&World),
}

pub(super) fn set(key: &str, value: &(impl Display + ?Sized)) -> Vec<(String, String)> {
    vec![(format!("CORDBOARD__{key}"), value.to_string())]
}

const NOTHING: fn(&World) = |_| ();

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn all() -> Vec<SetUpFault> {
    let case = |name, begin, expected, end| SetUpFault {
        name,
        begin,
        probes: false,
        expected,
        end,
    };
    vec![
        case(
            "an intent is off",
            |world| {
                world.discord.set_privileged_intents(0);
                Vec::new()
            },
            &["bot.intent"],
            |world| world.discord.set_privileged_intents(1 << 15),
        ),
        case(
            "the guild does not grant something",
            |world| {
                let granted = world.discord.config().proxy.permissions;
                world.discord.set_permissions(granted & !VIEW_AUDIT_LOG);
                Vec::new()
            },
            &["guild.permission"],
            |world| {
                world
                    .discord
                    .set_permissions(world.discord.config().proxy.permissions);
            },
        ),
        case(
            "an overwrite takes something away",
            |world| {
                let channel_id = world.discord.default_channel_id();
                world.discord.set_overwrite(channel_id, 0, SEND_MESSAGES);
                Vec::new()
            },
            &["channel.permission"],
            |world| {
                world
                    .discord
                    .clear_overwrite(world.discord.default_channel_id());
            },
        ),
        case(
            "a default channel is hidden",
            |world| {
                let hidden = world.discord.create_channel("hidden");
                world.discord.hide_channel(hidden);
                set("BOTS__0__DEFAULT_CHANNEL_ID", &hidden)
            },
            &["channel.visible"],
            NOTHING,
        ),
        case(
            "a default channel is deleted",
            |world| set("BOTS__0__DEFAULT_CHANNEL_ID", &deleted_channel(world)),
            &["channel.exists"],
            NOTHING,
        ),
        case(
            "a category is none",
            |world| set("DISCORD__CATEGORY_ID", &world.discord.default_channel_id()),
            &["channel.type"],
            NOTHING,
        ),
        case(
            "a second default channel is gone",
            |world| {
                let ids = format!("[\"{}\"]", deleted_channel(world));
                set("BOTS__0__DEFAULT_CHANNEL_IDS", &ids)
            },
            &["channel.exists"],
            NOTHING,
        ),
        case(
            "alerts cannot be written where they should be",
            |world| {
                let channel_id = world.discord.create_channel("alerts");
                world.discord.set_overwrite(channel_id, 0, SEND_MESSAGES);
                let mut variables = set("ALERTS__0__NAME", "people");
                variables.extend(set("ALERTS__0__CHANNEL_ID", &channel_id));
                variables
            },
            &["channel.permission"],
            NOTHING,
        ),
        case(
            "a bot has left",
            |world| {
                world.discord.kick(world.discord.bot_ids()[3]);
                let mut variables = bot(world, 1, &[]);
                variables.extend(bot(world, 2, &[]));
                variables.extend(bot(world, 3, &[]));
                variables
            },
            &["upstream.member"],
            NOTHING,
        ),
        case(
            "a bot is a person",
            |world| set("BOTS__0__USER_ID", &world.discord.config().human.user_id),
            &["upstream.user"],
            NOTHING,
        ),
        case(
            "a bot is ours",
            |world| set("BOTS__0__USER_ID", &world.discord.user_id()),
            &["upstream.user"],
            NOTHING,
        ),
        SetUpFault {
            probes: true,
            ..case(
                "a bot is silent",
                |world| {
                    let channel_id = world.discord.default_channel_id().to_string();
                    let there = [("DEFAULT_CHANNEL_ID", channel_id.as_str())];
                    let mut variables = bot(world, 1, &there);
                    variables.extend(bot(world, 2, &there));
                    variables
                },
                &["upstream.answers"],
                NOTHING,
            )
        },
        SetUpFault {
            probes: true,
            ..case(
                "a bot is offline, and Discord tells",
                |world| {
                    world.discord.set_privileged_intents(ALL_PRIVILEGED);
                    world.discord.set_online(world.discord.bot_ids()[1], false);
                    bot(world, 1, &[])
                },
                &["upstream.online"],
                |world| world.discord.set_online(world.discord.bot_ids()[1], true),
            )
        },
        case(
            "the guild is full",
            |world| {
                for _ in 0..9 {
                    world.discord.create_channel("more");
                }
                let mut variables = set("CHANNELS__GUILD_MAX", &10);
                variables.extend(set("CHANNELS__RESERVE", &1));
                variables
            },
            &["headroom.channels"],
            NOTHING,
        ),
        case(
            "the clock is ahead",
            |world| {
                world.jump_clock(3_600_000);
                Vec::new()
            },
            &["clock.skew"],
            |world| world.jump_clock(-3_600_000),
        ),
        case(
            "the disk is full",
            |_| set("STORE__FREE_MIN_BYTES", &(1_u64 << 60)),
            &["store.disk"],
            NOTHING,
        ),
        case(
            "the store is newer",
            |world| {
                set_version(world, 999);
                Vec::new()
            },
            &["store.file"],
            NOTHING, // the test itself, which knows the version
        ),
        case(
            "the store has nowhere to be",
            |_| set("STORE__URL", &"sqlite:/nowhere/at/all/cordboard.db"),
            &["store.file"],
            NOTHING,
        ),
        case(
            "the bot was thrown out",
            |world| {
                world.discord.kick(world.discord.user_id());
                Vec::new()
            },
            &["guild.member"],
            |world| {
                world
                    .discord
                    .invite(world.discord.config().proxy.permissions);
            },
        ),
        case(
            "another guild is meant",
            |_| set("DISCORD__GUILD_ID", &4_711),
            &["guild.member"],
            NOTHING,
        ),
        case(
            "the token is refused",
            |world| {
                world.discord.revoke_token();
                Vec::new()
            },
            &["bot.token"],
            |world| drop(world.discord.rotate_token()),
        ),
        case(
            "keys are wrong",
            |_| {
                let mut variables = set("LISTEN", &"nowhere");
                variables.extend(set("CHANNELS__NAME_PREFIX", &"No!"));
                variables
            },
            &["config.key", "config.key"],
            NOTHING,
        ),
    ]
}
