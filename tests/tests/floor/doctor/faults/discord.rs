//! Discord, and what it thinks of the bots.

use std::time::Duration;

use cordboard_simulator::{Fault, SpecialChannel};

use super::{NOTHING, SetUpFault, case, set};

/// How long moderators silence somebody.
const TIME_OUT: Duration = Duration::from_hours(1);

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn all() -> Vec<SetUpFault> {
    vec![
        case(
            "Discord does not answer",
            |world| {
                let silence = Fault::hang_up("GET /users/@me").always();
                world.discord.fault(silence);
                Vec::new()
            },
            &["discord.reach"],
            |world| world.discord.clear_faults(),
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
            "the clock is ahead",
            |world| {
                world.jump_clock(3_600_000);
                Vec::new()
            },
            &["clock.skew"],
            |world| world.jump_clock(-3_600_000),
        ),
        case(
            "the bot is timed out",
            |world| {
                world.discord.time_out(world.discord.user_id(), TIME_OUT);
                Vec::new()
            },
            &["guild.timeout"],
            |world| {
                world
                    .discord
                    .time_out(world.discord.user_id(), Duration::ZERO);
            },
        ),
        case(
            "a bot that answers is timed out",
            |world| {
                world.discord.time_out(world.discord.bot_ids()[0], TIME_OUT);
                Vec::new()
            },
            &["upstream.permission"],
            |world| {
                world
                    .discord
                    .time_out(world.discord.bot_ids()[0], Duration::ZERO);
            },
        ),
        case(
            "a default channel is where the guild has its rules",
            |world| {
                let rules = world.discord.create_channel("rules");
                world
                    .discord
                    .set_special(SpecialChannel::Rules, Some(rules));
                set("BOTS__0__DEFAULT_CHANNEL_ID", &rules)
            },
            &["channel.special"],
            |world| world.discord.set_special(SpecialChannel::Rules, None),
        ),
        SetUpFault {
            probes: true,
            ..case(
                "no gateway is where it should be",
                |_| set("DISCORD__GATEWAY_URL", "ws://127.0.0.1:1"),
                &["gateway.session"],
                NOTHING,
            )
        },
    ]
}
