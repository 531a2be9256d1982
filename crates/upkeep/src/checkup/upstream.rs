//! The bots that answer.

use twilight_model::guild::Permissions;

use super::{Finding, GuildFacts, Place, Purpose, Sight};
use crate::{Member, RoomKind};

/// A bot that answers, as the guild knows it.
#[derive(Clone, Debug)]
pub struct UpstreamFacts {
    /// Its name in the configuration.
    pub name: String,
    /// Whether the guild has it.
    pub membership: Membership,
    /// Whether it is our own bot.
    pub is_ours: bool,
    /// Whether it is online; `None`: Discord does not tell.
    pub is_online: Option<bool>,
}

/// Whether the guild has a user.
#[derive(Clone, Debug)]
pub enum Membership {
    /// It has.
    Member {
        /// The user's name.
        user_name: String,
        /// Whether it is a bot's account.
        is_bot: bool,
        /// What its permissions follow from.
        member: Member,
    },
    /// It has not.
    Absent,
    /// Discord did not say; why.
    Unknown(String),
}

/// Judges the bots that answer, in the order of the configuration, which places refer to.
#[must_use]
pub fn upstream(
    guild: &GuildFacts,
    places: &[(Place, Sight)],
    bots: &[UpstreamFacts],
) -> Vec<Finding> {
    let judged = bots
        .iter()
        .enumerate()
        .flat_map(|(index, bot)| one(guild, places, index, bot));
    judged.collect()
}

fn one(
    guild: &GuildFacts,
    places: &[(Place, Sight)],
    index: usize,
    bot: &UpstreamFacts,
) -> Vec<Finding> {
    let subject = format!("bots[{index}] {}", bot.name);
    if bot.is_ours {
        return vec![Finding::wrong(
            "upstream.user",
            subject,
            "is our own bot, which would have to answer itself",
            format!("set bots[{index}].user_id to the id of the bot that answers"),
        )];
    }
    let (user_name, is_bot, member) = match &bot.membership {
        Membership::Member {
            user_name,
            is_bot,
            member,
        } => (user_name, *is_bot, member),
        Membership::Absent => {
            return vec![Finding::wrong(
                "upstream.member",
                subject,
                "is not in the guild",
                format!("invite it to the guild, or correct bots[{index}].user_id"),
            )];
        }
        Membership::Unknown(why) => {
            let fix = "run doctor again";
            return vec![Finding::unknown("upstream.member", subject, why, fix)];
        }
    };
    let mut findings = vec![
        Finding::ok("upstream.member", &subject)
            .noting(format!("the guild knows it as {user_name}")),
    ];
    if !is_bot {
        findings.push(Finding::wrong(
            "upstream.user",
            &subject,
            "is a person's account: nobody would answer, and Discord forbids automating those",
            format!("set bots[{index}].user_id to the id of a bot"),
        ));
    }
    findings.extend(permissions(guild, places, index, member, &subject));
    match bot.is_online {
        Some(true) => {
            findings.push(Finding::ok("upstream.online", &subject).noting("it is online"));
        }
        Some(false) => findings.push(Finding::wrong(
            "upstream.online",
            &subject,
            "is offline, and answers nobody",
            "start it, or ask whoever runs it",
        )),
        None => {}
    }
    findings
}

/// What a bot needs in order to answer, and its name.
const SPEAKS: [(Permissions, &str); 2] = [
    (Permissions::VIEW_CHANNEL, "View Channels"),
    (Permissions::SEND_MESSAGES, "Send Messages"),
];
const SPEAKS_IN_THREADS: [(Permissions, &str); 2] = [
    (Permissions::VIEW_CHANNEL, "View Channels"),
    (
        Permissions::SEND_MESSAGES_IN_THREADS,
        "Send Messages in Threads",
    ),
];

fn permissions(
    guild: &GuildFacts,
    places: &[(Place, Sight)],
    index: usize,
    member: &Member,
    subject: &str,
) -> Vec<Finding> {
    if member.is_timed_out {
        return vec![Finding::wrong(
            "upstream.permission",
            subject,
            "is timed out by a moderator, and can write nothing",
            "remove its time-out in the guild's member list",
        )];
    }
    // Which permission is missing where: one line for each permission, however many places.
    let mut missing: Vec<(&str, Vec<String>)> = Vec::new();
    let mut miss = |granted: Permissions, needs: &[(Permissions, &'static str)], place: &str| {
        let lacking = needs.iter().find(|(need, _)| !granted.contains(*need));
        let Some((_, name)) = lacking else { return };
        match missing.iter_mut().find(|(known, _)| known == name) {
            Some((_, places)) => places.push(place.to_owned()),
            None => missing.push((name, vec![place.to_owned()])),
        }
    };
    for (place, sight) in places {
        let Sight::Listed(facts) = sight else {
            continue;
        };
        if !place.bots.contains(&index) {
            continue;
        }
        let room = place.purpose.room(facts.kind);
        let granted = guild.roles.in_channel(member, room, &facts.overwrites);
        let needs = match room {
            RoomKind::Thread => &SPEAKS_IN_THREADS,
            RoomKind::Text | RoomKind::Voice => &SPEAKS,
        };
        miss(granted, needs, &place.subject(sight));
    }
    let has_category = places
        .iter()
        .any(|(place, _)| place.purpose == Purpose::Category);
    if !has_category {
        miss(
            guild.roles.in_guild(member),
            &SPEAKS,
            "the channels of conversations, which are in no category",
        );
    }
    if missing.is_empty() {
        let note = "it may see and write where it is asked";
        return vec![Finding::ok("upstream.permission", subject).noting(note)];
    }
    missing
        .into_iter()
        .map(|(name, places)| {
            Finding::wrong(
                "upstream.permission",
                subject,
                format!("lacks {name} in {}", places.join(", ")),
                format!("allow {name} there for it or one of its roles"),
            )
        })
        .collect()
}
