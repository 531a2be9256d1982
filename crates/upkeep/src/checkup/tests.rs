//! One fact at a time: what it is judged to be, and that nothing else is said of it.

mod files;

use std::collections::HashSet;

use twilight_model::{
    channel::permission_overwrite::{PermissionOverwrite, PermissionOverwriteType},
    guild::Permissions,
    id::Id,
    oauth::ApplicationFlags,
};

use super::*;
use crate::{GuildRoles, Member, NEEDS, RoleGrant, THREAD_NEEDS};

const GUILD: u64 = 1;
const ROLE: u64 = 2;
const OWNER: u64 = 10;
const ME: u64 = 11;
const FRIEND: u64 = 12;

fn everything() -> Permissions {
    let all = NEEDS.iter().chain(&THREAD_NEEDS);
    all.fold(Permissions::empty(), |all, need| all | need.permission)
}

fn member(user_id: u64) -> Member {
    Member {
        user_id: Id::new(user_id),
        roles: vec![Id::new(ROLE)],
        is_timed_out: false,
    }
}

fn guild_with(permissions: Permissions) -> GuildFacts {
    let role = |id, position, permissions| RoleGrant {
        id: Id::new(id),
        position,
        permissions,
    };
    GuildFacts {
        name: "g".to_owned(),
        roles: GuildRoles {
            guild_id: Id::new(GUILD),
            owner_id: Id::new(OWNER),
            roles: vec![
                role(GUILD, 0, Permissions::empty()),
                role(ROLE, 1, permissions),
            ],
        },
        me: member(ME),
        special: vec![(Id::new(31), "rules"), (Id::new(32), "system")],
        uses_threads: true,
        is_degraded: false,
    }
}

fn deny(user_id: u64, deny: Permissions) -> PermissionOverwrite {
    PermissionOverwrite {
        allow: Permissions::empty(),
        deny,
        id: Id::new(user_id),
        kind: PermissionOverwriteType::Member,
    }
}

fn place(channel_id: u64, purpose: Purpose) -> Place {
    Place {
        key: "key".to_owned(),
        channel_id: Id::new(channel_id),
        purpose,
        bots: vec![0],
    }
}

fn listed(kind: u8, overwrites: Vec<PermissionOverwrite>) -> Sight {
    Sight::Listed(ChannelFacts {
        name: "c".to_owned(),
        kind,
        overwrites,
    })
}

/// What is not well, by check; each has something to do, and is documented.
fn amiss(findings: &[Finding]) -> Vec<&'static str> {
    for finding in findings {
        assert!(
            CHECKS.iter().any(|(id, _)| *id == finding.check),
            "{finding:?}"
        );
        let is_amiss = matches!(finding.state, State::Wrong | State::Unknown);
        assert_eq!(is_amiss, finding.fix.is_some(), "{finding:?}");
        assert!(!is_amiss || finding.matter.is_some(), "{finding:?}");
    }
    findings
        .iter()
        .filter(|finding| finding.state != State::Ok && finding.state != State::Skipped)
        .map(|finding| finding.check)
        .collect()
}

#[test]
fn every_check_has_one_id() {
    let ids: HashSet<_> = CHECKS.iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), CHECKS.len());
}

#[test]
fn an_intent_is_on_off_or_not_told() {
    let on = ApplicationFlags::GATEWAY_MESSAGE_CONTENT_LIMITED;
    for (flags, expected) in [
        (Some(on), State::Ok),
        (Some(ApplicationFlags::empty()), State::Wrong),
        (Some(ApplicationFlags::GATEWAY_GUILD_MEMBERS), State::Wrong),
        (None, State::Unknown),
    ] {
        let findings = bot("b", flags, &[MESSAGE_CONTENT]);
        amiss(&findings);
        assert_eq!(findings[1].state, expected, "{flags:?}");
    }
    let both = bot(
        "b",
        Some(on),
        &[MESSAGE_CONTENT, GUILD_MEMBERS, GUILD_PRESENCES],
    );
    assert_eq!(amiss(&both), ["bot.intent", "bot.intent"]);
}

#[test]
fn each_permission_that_the_guild_does_not_grant_is_named_once() {
    assert!(amiss(&guild(&guild_with(everything()))).is_empty());
    assert!(amiss(&guild(&guild_with(Permissions::ADMINISTRATOR))).is_empty());
    let places = [
        (place(20, Purpose::Category), listed(4, vec![])),
        (place(21, Purpose::ThreadParent), listed(0, vec![])),
        (place(22, Purpose::Default), listed(0, vec![])),
    ];
    for need in NEEDS.iter().chain(&THREAD_NEEDS) {
        let facts = guild_with(everything() - need.permission);
        let findings = guild(&facts);
        assert_eq!(amiss(&findings), ["guild.permission"], "{}", need.name);
        let named = findings.iter().any(|one| one.subject.ends_with(need.name));
        assert!(named, "{}", need.name);
        // No channel says it again.
        assert!(
            amiss(&channels(&facts, &places)).is_empty(),
            "{}",
            need.name
        );
    }
    let mut degraded = guild_with(everything() - Permissions::VIEW_AUDIT_LOG);
    degraded.is_degraded = true;
    assert!(amiss(&guild(&degraded)).is_empty());
}

#[test]
fn a_silenced_bot_is_one_finding() {
    let mut facts = guild_with(everything());
    facts.me.is_timed_out = true;
    assert_eq!(amiss(&guild(&facts)), ["guild.timeout"]);
    let places = [(place(22, Purpose::Default), listed(0, vec![]))];
    assert!(amiss(&channels(&facts, &places)).is_empty());
}

#[test]
fn a_channel_is_judged_by_how_it_is_found() {
    let facts = guild_with(everything());
    for (purpose, channel_id, sight, expected) in [
        (Purpose::Category, 20, listed(4, vec![]), None),
        (
            Purpose::Category,
            20,
            listed(0, vec![]),
            Some("channel.type"),
        ),
        (Purpose::Default, 20, listed(0, vec![]), None),
        (Purpose::Default, 20, listed(5, vec![]), None),
        (
            Purpose::Default,
            20,
            listed(4, vec![]),
            Some("channel.type"),
        ),
        (
            Purpose::ThreadParent,
            20,
            listed(5, vec![]),
            Some("channel.type"),
        ),
        (Purpose::Relay, 20, listed(4, vec![]), None),
        (Purpose::Relay, 20, listed(2, vec![]), None),
        (Purpose::Default, 20, Sight::Gone, Some("channel.exists")),
        (Purpose::Default, 20, Sight::Hidden, Some("channel.visible")),
        (
            Purpose::Default,
            20,
            Sight::Elsewhere,
            Some("channel.guild"),
        ),
        (
            Purpose::Default,
            20,
            Sight::Unknown("w".to_owned()),
            Some("channel.exists"),
        ),
        (
            Purpose::Default,
            31,
            listed(0, vec![]),
            Some("channel.special"),
        ),
        (
            Purpose::Alerts,
            31,
            listed(0, vec![]),
            Some("channel.special"),
        ),
        (Purpose::Default, 32, listed(0, vec![]), None),
        (Purpose::Relay, 31, listed(0, vec![]), None),
    ] {
        if sight == listed(2, vec![]) {
            continue; // judged below: the bot may not connect there
        }
        let what = format!("{purpose:?} {channel_id} {sight:?}");
        let findings = channels(&facts, &[(place(channel_id, purpose), sight)]);
        assert_eq!(amiss(&findings), Vec::from_iter(expected), "{what}");
    }
}

#[test]
fn each_permission_that_a_channel_takes_away_is_named_there() {
    let facts = guild_with(everything());
    let lacking = |purpose, kind, taken| {
        let sight = listed(kind, vec![deny(ME, taken)]);
        let findings = channels(&facts, &[(place(20, purpose), sight)]);
        let named = findings.iter().filter(|one| one.state == State::Wrong);
        let named: Vec<_> = named.map(|one| one.check).collect();
        assert_eq!(named, amiss(&findings));
        named
    };
    let (send, files) = (Permissions::SEND_MESSAGES, Permissions::ATTACH_FILES);
    let (view, history) = (Permissions::VIEW_CHANNEL, Permissions::READ_MESSAGE_HISTORY);
    let manage = Permissions::MANAGE_CHANNELS;
    let one = ["channel.permission"];
    for (purpose, kind, taken, expected) in [
        (Purpose::Category, 4, manage, &one[..]),
        (Purpose::Category, 4, files, &one),
        // Whoever may not speak may attach nothing: one line.
        (Purpose::Category, 4, send, &one),
        (Purpose::Category, 4, view, &["channel.visible"]),
        (Purpose::ThreadParent, 0, Permissions::MANAGE_THREADS, &one),
        (Purpose::ThreadParent, 0, send, &[]),
        (Purpose::Default, 0, send, &one),
        (Purpose::Default, 0, history, &one),
        (Purpose::Default, 0, manage, &[]),
        (Purpose::Default, 0, files, &[]),
        (Purpose::Relay, 0, history, &one),
        (Purpose::Relay, 0, send, &[]),
        (Purpose::Alerts, 0, send, &one),
        (Purpose::Alerts, 0, history, &[]),
    ] {
        assert_eq!(
            lacking(purpose, kind, taken),
            expected,
            "{purpose:?} {taken:?}"
        );
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
#[test]
fn a_bot_that_answers_is_judged_once_for_each_thing() {
    let facts = guild_with(everything());
    let present = |is_bot, member| Membership::Member {
        user_name: "f".to_owned(),
        is_bot,
        member,
    };
    let friend = || member(FRIEND);
    let silenced = Member {
        is_timed_out: true,
        ..friend()
    };
    let blocked = vec![deny(FRIEND, Permissions::SEND_MESSAGES)];
    let open = || listed(0, vec![]);
    for (membership, is_ours, is_online, sight, expected) in [
        (present(true, friend()), false, None, open(), None),
        (present(true, friend()), false, Some(true), open(), None),
        (
            present(true, friend()),
            false,
            Some(false),
            open(),
            Some("upstream.online"),
        ),
        (
            present(true, friend()),
            true,
            None,
            open(),
            Some("upstream.user"),
        ),
        (
            present(false, friend()),
            false,
            None,
            open(),
            Some("upstream.user"),
        ),
        (
            present(true, silenced),
            false,
            None,
            open(),
            Some("upstream.permission"),
        ),
        (
            present(true, friend()),
            false,
            None,
            listed(0, blocked),
            Some("upstream.permission"),
        ),
        (
            Membership::Absent,
            false,
            None,
            open(),
            Some("upstream.member"),
        ),
        (
            Membership::Absent,
            false,
            Some(false),
            open(),
            Some("upstream.member"),
        ),
        (
            Membership::Unknown("w".to_owned()),
            false,
            None,
            open(),
            Some("upstream.member"),
        ),
    ] {
        let what = format!("{membership:?} {is_ours} {is_online:?} {sight:?}");
        let bots = [UpstreamFacts {
            name: "f".to_owned(),
            membership,
            is_ours,
            is_online,
        }];
        let places = [
            (place(20, Purpose::Category), listed(4, vec![])),
            (place(21, Purpose::Default), sight),
        ];
        let findings = upstream(&facts, &places, &bots);
        assert_eq!(amiss(&findings), Vec::from_iter(expected), "{what}");
    }
    // What others may do where it is not asked is no matter.
    let mut other = place(21, Purpose::Default);
    other.bots = vec![1];
    let blocked = listed(0, vec![deny(FRIEND, Permissions::SEND_MESSAGES)]);
    let bots = [UpstreamFacts {
        name: "f".to_owned(),
        membership: present(true, friend()),
        is_ours: false,
        is_online: None,
    }];
    assert!(amiss(&upstream(&facts, &[(other, blocked)], &bots)).is_empty());
}
