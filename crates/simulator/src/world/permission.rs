//! Who may do what: Discord's algorithm and nothing else (Discord: topics/permissions).

/// `MANAGE_ROLES`.
pub(crate) const MANAGE_ROLES: u64 = 1 << 28;
/// `MANAGE_CHANNELS`.
pub(crate) const MANAGE_CHANNELS: u64 = 1 << 4;
/// `KICK_MEMBERS`.
pub(crate) const KICK_MEMBERS: u64 = 1 << 1;
/// ADMINISTRATOR: everything, whatever the overwrites say.
pub(crate) const ADMINISTRATOR: u64 = 1 << 3;
/// `MANAGE_GUILD`.
pub(crate) const MANAGE_GUILD: u64 = 1 << 5;
/// `ADD_REACTIONS`.
pub(crate) const ADD_REACTIONS: u64 = 1 << 6;
/// `VIEW_AUDIT_LOG`.
pub(crate) const VIEW_AUDIT_LOG: u64 = 1 << 7;
/// `VIEW_CHANNEL`: without it nothing else works.
pub(crate) const VIEW_CHANNEL: u64 = 1 << 10;
/// `SEND_MESSAGES` (no effect inside threads).
pub(crate) const SEND_MESSAGES: u64 = 1 << 11;
/// `SEND_TTS_MESSAGES`.
pub(crate) const SEND_TTS_MESSAGES: u64 = 1 << 12;
/// `MANAGE_MESSAGES`.
pub(crate) const MANAGE_MESSAGES: u64 = 1 << 13;
/// `EMBED_LINKS`.
pub(crate) const EMBED_LINKS: u64 = 1 << 14;
/// `ATTACH_FILES`.
pub(crate) const ATTACH_FILES: u64 = 1 << 15;
/// `READ_MESSAGE_HISTORY`.
pub(crate) const READ_MESSAGE_HISTORY: u64 = 1 << 16;
/// `MENTION_EVERYONE`.
pub(crate) const MENTION_EVERYONE: u64 = 1 << 17;
/// `USE_EXTERNAL_EMOJIS`.
pub(crate) const USE_EXTERNAL_EMOJIS: u64 = 1 << 18;
/// CONNECT: what `VIEW_CHANNEL` is to text, for voice.
pub(crate) const CONNECT: u64 = 1 << 20;
/// SPEAK.
pub(crate) const SPEAK: u64 = 1 << 21;
/// `CHANGE_NICKNAME`.
pub(crate) const CHANGE_NICKNAME: u64 = 1 << 26;
/// `MANAGE_NICKNAMES`.
pub(crate) const MANAGE_NICKNAMES: u64 = 1 << 27;
/// `MANAGE_WEBHOOKS`.
pub(crate) const MANAGE_WEBHOOKS: u64 = 1 << 29;
/// `MANAGE_THREADS`.
pub(crate) const MANAGE_THREADS: u64 = 1 << 34;
/// `CREATE_PUBLIC_THREADS`.
pub(crate) const CREATE_PUBLIC_THREADS: u64 = 1 << 35;
/// `CREATE_PRIVATE_THREADS`.
pub(crate) const CREATE_PRIVATE_THREADS: u64 = 1 << 36;
/// `SEND_MESSAGES_IN_THREADS`.
pub(crate) const SEND_MESSAGES_IN_THREADS: u64 = 1 << 38;
/// `MODERATE_MEMBERS`.
pub(crate) const MODERATE_MEMBERS: u64 = 1 << 40;
/// `PIN_MESSAGES`.
pub(crate) const PIN_MESSAGES: u64 = 1 << 51;

/// Every bit Discord has handed out.
pub(crate) const ALL: u64 = (1 << 53) - 1;

/// What a new guild grants to everybody.
pub(crate) const EVERYONE_DEFAULT: u64 = ADD_REACTIONS
    | VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | MENTION_EVERYONE
    | USE_EXTERNAL_EMOJIS
    | CONNECT
    | SPEAK
    | CHANGE_NICKNAME
    | CREATE_PUBLIC_THREADS
    | CREATE_PRIVATE_THREADS
    | SEND_MESSAGES_IN_THREADS;

/// What goes when one may not speak.
const NEEDS_SPEECH: u64 = MENTION_EVERYONE | SEND_TTS_MESSAGES | ATTACH_FILES | EMBED_LINKS;

/// What is left to a member in a time-out (topics/permissions#permissions-for-timed-out-members).
const LEFT_IN_TIME_OUT: u64 = VIEW_CHANNEL | READ_MESSAGE_HISTORY;

/// Whom an overwrite is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OverwriteKind {
    /// Everybody with a role (`0` on the wire).
    Role,
    /// One member (`1` on the wire).
    Member,
}

/// What one channel changes about one role's or member's permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overwrite {
    /// The role or the user.
    pub(crate) id: u64,
    /// Which of the two.
    pub(crate) kind: OverwriteKind,
    /// Bits granted.
    pub(crate) allow: u64,
    /// Bits taken.
    pub(crate) deny: u64,
}

/// What kind of room the implicit denials are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// Text, announcement, forum, category.
    Text,
    /// Voice and stage: CONNECT counts too.
    Voice,
    /// A thread: `SEND_MESSAGES_IN_THREADS` stands in for `SEND_MESSAGES`.
    Thread,
}

/// What a member may do in a guild: `@everyone` and all its roles; all of it for the owner and for
/// administrators.
pub(crate) fn base(owner: bool, everyone: u64, roles: impl IntoIterator<Item = u64>) -> u64 {
    let granted = roles
        .into_iter()
        .fold(everyone, |granted, role| granted | role);
    if owner || granted & ADMINISTRATOR != 0 {
        ALL
    } else {
        granted
    }
}

/// `base` after a channel's overwrites: `@everyone`, then all role denials, then all role grants,
/// then the member's own.
pub(crate) fn overwritten(
    base: u64,
    guild_id: u64,
    user_id: u64,
    roles: &[u64],
    overwrites: &[Overwrite],
) -> u64 {
    if base & ADMINISTRATOR != 0 {
        return ALL;
    }
    let role = |id: u64| {
        overwrites
            .iter()
            .find(move |one| one.kind == OverwriteKind::Role && one.id == id)
    };
    let mut permissions = base;
    if let Some(everyone) = role(guild_id) {
        permissions = permissions & !everyone.deny | everyone.allow;
    }
    let (mut allow, mut deny) = (0, 0);
    for overwrite in roles
        .iter()
        .filter(|id| **id != guild_id)
        .filter_map(|id| role(*id))
    {
        allow |= overwrite.allow;
        deny |= overwrite.deny;
    }
    permissions = permissions & !deny | allow;
    let own = overwrites
        .iter()
        .find(|one| one.kind == OverwriteKind::Member && one.id == user_id);
    own.map_or(permissions, |own| permissions & !own.deny | own.allow)
}

/// What is left to whoever is in a time-out. The owner and administrators are exempt.
pub(crate) fn timed_out(permissions: u64, is_timed_out: bool) -> u64 {
    if is_timed_out && permissions & ADMINISTRATOR == 0 {
        permissions & LEFT_IN_TIME_OUT
    } else {
        permissions
    }
}

/// What is left after the implicit denials.
pub(crate) fn implied(permissions: u64, room: Room) -> u64 {
    if permissions & ADMINISTRATOR != 0 {
        return permissions;
    }
    if permissions & VIEW_CHANNEL == 0 {
        return 0;
    }
    if room == Room::Voice && permissions & CONNECT == 0 {
        return permissions & VIEW_CHANNEL;
    }
    let speech = if room == Room::Thread {
        SEND_MESSAGES_IN_THREADS
    } else {
        SEND_MESSAGES
    };
    if permissions & speech == 0 {
        permissions & !NEEDS_SPEECH
    } else {
        permissions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUILD: u64 = 1;
    const USER: u64 = 2;

    fn role(id: u64, allow: u64, deny: u64) -> Overwrite {
        Overwrite {
            id,
            kind: OverwriteKind::Role,
            allow,
            deny,
        }
    }

    fn member(allow: u64, deny: u64) -> Overwrite {
        Overwrite {
            id: USER,
            kind: OverwriteKind::Member,
            allow,
            deny,
        }
    }

    #[test]
    fn overwrites_apply_in_discords_order() {
        // How: one row per rule; each row's later overwrite contradicts an earlier one.
        let base = VIEW_CHANNEL | SEND_MESSAGES;
        let rows: &[(&[Overwrite], u64)] = &[
            (&[], base),
            (&[role(GUILD, 0, VIEW_CHANNEL)], SEND_MESSAGES),
            (
                &[role(GUILD, 0, VIEW_CHANNEL), role(5, VIEW_CHANNEL, 0)],
                base,
            ),
            (
                &[role(5, 0, SEND_MESSAGES), role(6, SEND_MESSAGES, 0)],
                base,
            ),
            (
                &[role(6, SEND_MESSAGES, 0), member(0, SEND_MESSAGES)],
                VIEW_CHANNEL,
            ),
            (
                &[role(GUILD, 0, base), member(VIEW_CHANNEL, 0)],
                VIEW_CHANNEL,
            ),
            (&[role(9, 0, base)], base),
        ];
        for (overwrites, expected) in rows {
            let found = overwritten(base, GUILD, USER, &[5, 6], overwrites);
            assert_eq!(found, *expected, "{overwrites:?}");
        }
    }

    #[test]
    fn administrators_and_owners_stand_above_overwrites() {
        let administrator = base(false, 0, [ADMINISTRATOR]);
        assert_eq!(administrator, ALL);
        assert_eq!(
            overwritten(administrator, GUILD, USER, &[], &[member(0, ALL)]),
            ALL
        );
        assert_eq!(base(true, 0, []), ALL);
    }

    #[test]
    fn who_is_timed_out_may_look_and_read_unless_an_administrator() {
        let speaks = VIEW_CHANNEL | SEND_MESSAGES | MANAGE_CHANNELS;
        assert_eq!(timed_out(speaks, true), VIEW_CHANNEL);
        assert_eq!(timed_out(speaks, false), speaks);
        assert_eq!(timed_out(ALL, true), ALL);
    }

    #[test]
    fn who_cannot_see_can_do_nothing() {
        assert_eq!(implied(MANAGE_CHANNELS | SEND_MESSAGES, Room::Text), 0);
        let voice = VIEW_CHANNEL | MANAGE_CHANNELS | READ_MESSAGE_HISTORY;
        assert_eq!(implied(voice, Room::Voice), VIEW_CHANNEL);
    }

    #[test]
    fn who_cannot_speak_cannot_attach_embed_or_ping() {
        let granted = VIEW_CHANNEL | NEEDS_SPEECH;
        assert_eq!(implied(granted, Room::Text), VIEW_CHANNEL);
        assert_eq!(
            implied(granted | SEND_MESSAGES, Room::Thread),
            VIEW_CHANNEL | SEND_MESSAGES
        );
        let thread = granted | SEND_MESSAGES_IN_THREADS;
        assert_eq!(implied(thread, Room::Thread), thread);
    }
}
