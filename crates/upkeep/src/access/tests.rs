use twilight_model::id::marker::GenericMarker;

use super::*;

const VIEW: Permissions = Permissions::VIEW_CHANNEL;
const SEND: Permissions = Permissions::SEND_MESSAGES;
const FILES: Permissions = Permissions::ATTACH_FILES;
const HISTORY: Permissions = Permissions::READ_MESSAGE_HISTORY;
const NONE: Permissions = Permissions::empty();
const EVERYONE: u64 = 1;
const ROLE: u64 = 2;
const OTHER_ROLE: u64 = 3;
const ADMIN_ROLE: u64 = 4;
const OWNER: u64 = 10;
const BOT: u64 = 11;

fn guild(everyone: Permissions) -> GuildRoles {
    let role = |id, position, permissions| RoleGrant {
        id: Id::new(id),
        position,
        permissions,
    };
    GuildRoles {
        guild_id: Id::new(EVERYONE),
        owner_id: Id::new(OWNER),
        roles: vec![
            role(EVERYONE, 0, everyone),
            role(ROLE, 3, SEND),
            role(OTHER_ROLE, 7, FILES),
            role(ADMIN_ROLE, 9, Permissions::ADMINISTRATOR),
        ],
    }
}

fn member(user_id: u64, roles: &[u64]) -> Member {
    Member {
        user_id: Id::new(user_id),
        roles: roles.iter().copied().map(Id::new).collect(),
        is_timed_out: false,
    }
}

fn silenced(user_id: u64, roles: &[u64]) -> Member {
    Member {
        is_timed_out: true,
        ..member(user_id, roles)
    }
}

fn over(id: u64, allow: Permissions, deny: Permissions) -> PermissionOverwrite {
    let id: Id<GenericMarker> = Id::new(id);
    let kind = if id.get() >= OWNER {
        PermissionOverwriteType::Member
    } else {
        PermissionOverwriteType::Role
    };
    PermissionOverwrite {
        allow,
        deny,
        id,
        kind,
    }
}

#[test]
fn a_guild_grants_what_everyone_and_the_members_roles_grant() {
    let guild = guild(VIEW);
    for (member, expected) in [
        (member(BOT, &[]), VIEW),
        (member(BOT, &[ROLE]), VIEW | SEND),
        (member(BOT, &[ROLE, OTHER_ROLE]), VIEW | SEND | FILES),
        (member(BOT, &[ADMIN_ROLE]), Permissions::all()),
        (member(OWNER, &[]), Permissions::all()),
        (silenced(BOT, &[ROLE]), VIEW),
        (silenced(BOT, &[ADMIN_ROLE]), Permissions::all()),
        (silenced(OWNER, &[]), Permissions::all()),
        (member(BOT, &[99]), VIEW),
    ] {
        assert_eq!(guild.in_guild(&member), expected, "{member:?}");
    }
}

#[test]
fn overwrites_apply_in_discords_order() {
    let guild = guild(VIEW | HISTORY);
    let bot = member(BOT, &[ROLE, OTHER_ROLE]);
    let usual = VIEW | HISTORY | SEND | FILES;
    let table: [(&str, Vec<PermissionOverwrite>, Permissions); 9] = [
        ("none", vec![], usual),
        (
            "everyone's denial",
            vec![over(EVERYONE, NONE, HISTORY)],
            usual - HISTORY,
        ),
        (
            "a role's grant over everyone's denial",
            vec![over(EVERYONE, NONE, HISTORY), over(ROLE, HISTORY, NONE)],
            usual,
        ),
        (
            "a role's grant over another role's denial, in either order",
            vec![over(ROLE, NONE, SEND), over(OTHER_ROLE, SEND, NONE)],
            usual,
        ),
        (
            "the same the other way round",
            vec![over(ROLE, SEND, NONE), over(OTHER_ROLE, NONE, SEND)],
            usual,
        ),
        (
            "the member's denial over a role's grant",
            vec![over(BOT, NONE, SEND), over(ROLE, SEND, NONE)],
            usual - SEND - FILES,
        ),
        (
            "the member's grant over everything",
            vec![
                over(EVERYONE, NONE, VIEW),
                over(ROLE, NONE, VIEW),
                over(BOT, VIEW, NONE),
            ],
            usual,
        ),
        (
            "what is said of others",
            vec![over(ADMIN_ROLE, NONE, VIEW), over(12, NONE, VIEW)],
            usual,
        ),
        (
            "a role with the member's id, and a member with the role's",
            vec![
                PermissionOverwrite {
                    kind: PermissionOverwriteType::Role,
                    ..over(BOT, NONE, VIEW)
                },
                PermissionOverwrite {
                    kind: PermissionOverwriteType::Member,
                    ..over(ROLE, NONE, VIEW)
                },
            ],
            usual,
        ),
    ];
    for (what, overwrites, expected) in table {
        let granted = guild.in_channel(&bot, RoomKind::Text, &overwrites);
        assert_eq!(granted, expected, "{what}");
    }
}

#[test]
fn the_owner_and_administrators_pass_every_overwrite() {
    let guild = guild(NONE);
    let closed = [over(EVERYONE, NONE, VIEW), over(BOT, NONE, VIEW)];
    for member in [
        member(OWNER, &[]),
        member(BOT, &[ADMIN_ROLE]),
        silenced(BOT, &[ADMIN_ROLE]),
    ] {
        let granted = guild.in_channel(&member, RoomKind::Text, &closed);
        assert_eq!(granted, Permissions::all(), "{member:?}");
    }
    // An overwrite cannot make somebody an administrator.
    let raised = [over(BOT, VIEW | Permissions::ADMINISTRATOR, NONE)];
    let granted = guild.in_channel(&member(BOT, &[]), RoomKind::Text, &raised);
    assert!(!granted.contains(SEND));
}

#[test]
fn what_cannot_be_seen_or_spoken_in_grants_nothing_else() {
    let connect = Permissions::CONNECT;
    let in_threads = Permissions::SEND_MESSAGES_IN_THREADS;
    let usual = VIEW | SEND | FILES | HISTORY | connect | in_threads;
    let guild = guild(usual);
    let bot = member(BOT, &[]);
    for (kind, deny, expected) in [
        (RoomKind::Text, VIEW, NONE),
        (RoomKind::Text, SEND, usual - SEND - FILES),
        (RoomKind::Text, connect, usual - connect),
        (RoomKind::Voice, connect, VIEW),
        (RoomKind::Voice, VIEW, NONE),
        (RoomKind::Thread, SEND, usual - SEND),
        (RoomKind::Thread, in_threads, usual - in_threads - FILES),
    ] {
        let overwrites = [over(EVERYONE, NONE, deny)];
        let granted = guild.in_channel(&bot, kind, &overwrites);
        assert_eq!(granted, expected, "{kind:?} without {deny:?}");
    }
}

#[test]
fn a_silenced_member_may_look_and_no_more() {
    let guild = guild(VIEW | HISTORY | SEND | FILES);
    let bot = silenced(BOT, &[ROLE]);
    let granted = guild.in_channel(&bot, RoomKind::Text, &[over(BOT, SEND, NONE)]);
    assert_eq!(granted, VIEW | HISTORY);
}

#[test]
fn the_highest_role_is_the_one_furthest_up() {
    let guild = guild(NONE);
    assert_eq!(guild.highest_position(&member(BOT, &[])), 0);
    let bot = member(BOT, &[ROLE, OTHER_ROLE]);
    assert_eq!(guild.highest_position(&bot), 7);
}

#[test]
fn each_channel_type_is_some_room() {
    for (kind, expected) in [
        (0, RoomKind::Text),
        (4, RoomKind::Text),
        (5, RoomKind::Text),
        (15, RoomKind::Text),
        (2, RoomKind::Voice),
        (13, RoomKind::Voice),
        (11, RoomKind::Thread),
    ] {
        assert_eq!(RoomKind::of(kind), expected, "{kind}");
    }
}
