//! Faults that a set-up may have, one at a time.

mod discord;
mod files;
mod headroom;

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

const fn case(
    name: &'static str,
    begin: fn(&World) -> Vec<(String, String)>,
    expected: &'static [&'static str],
    end: fn(&World),
) -> SetUpFault {
    SetUpFault {
        name,
        begin,
        probes: false,
        expected,
        end,
    }
}

/// Every fault that this floor can set up. Each check is named by one of them at least.
pub(super) fn all() -> Vec<SetUpFault> {
    let mut all = guild_and_bots();
    all.extend(discord::all());
    all.extend(headroom::all());
    all.extend(files::all());
    all
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn guild_and_bots() -> Vec<SetUpFault> {
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
    ]
}
