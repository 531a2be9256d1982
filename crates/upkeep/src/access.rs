//! What a member may do: in a guild, and in one channel of it. Discord's algorithm and nothing else
//! (Discord: topics/permissions).

use twilight_model::{
    channel::permission_overwrite::{PermissionOverwrite, PermissionOverwriteType},
    guild::Permissions,
    id::{
        Id,
        marker::{GuildMarker, RoleMarker, UserMarker},
    },
};

/// A guild, as far as permissions depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuildRoles {
    /// The guild. Its id is that of its `@everyone` role.
    pub guild_id: Id<GuildMarker>,
    /// Who may do everything.
    pub owner_id: Id<UserMarker>,
    /// All roles, `@everyone` included.
    pub roles: Vec<RoleGrant>,
}

/// A role, as far as permissions depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleGrant {
    /// The role.
    pub id: Id<RoleMarker>,
    /// Its place in the hierarchy: above all with a lower number.
    pub position: i64,
    /// What it grants in the guild.
    pub permissions: Permissions,
}

/// A member, as far as permissions depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The user.
    pub user_id: Id<UserMarker>,
    /// The member's roles; `@everyone` is understood.
    pub roles: Vec<Id<RoleMarker>>,
    /// Whether a moderator has silenced the member for a while (a time-out).
    pub is_timed_out: bool,
}

/// What kind of room implicit denials are for (topics/permissions#implicit-permissions).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomKind {
    /// Text, announcement and forum channels, and categories.
    Text,
    /// Voice and stage: who may not connect may do nothing.
    Voice,
    /// A thread, judged by its parent's overwrites: *Send Messages in Threads* stands in for *Send
    /// Messages* (topics/threads#permissions).
    Thread,
}

/// What is left to a silenced member (topics/permissions#permissions-for-timed-out-members).
const LEFT_IN_TIME_OUT: Permissions =
    Permissions::VIEW_CHANNEL.union(Permissions::READ_MESSAGE_HISTORY);

/// What means nothing to whoever may not speak (topics/permissions#implicit-permissions).
const NEEDS_SPEECH: Permissions = Permissions::MENTION_EVERYONE
    .union(Permissions::SEND_TTS_MESSAGES)
    .union(Permissions::ATTACH_FILES)
    .union(Permissions::EMBED_LINKS);

// === impl RoomKind ===

impl RoomKind {
    /// That of a channel type (resources/channel#channel-object-channel-types).
    #[must_use]
    pub const fn of(channel_type: u8) -> Self {
        match channel_type {
            2 | 13 => Self::Voice,
            10..=12 => Self::Thread,
            _ => Self::Text,
        }
    }
}

// === impl GuildRoles ===

impl GuildRoles {
    /// What a member may do in the guild, before any channel's overwrites; everything, for its owner
    /// and for administrators.
    #[must_use]
    pub fn in_guild(&self, member: &Member) -> Permissions {
        let base = self.base(member);
        if is_exempt(base) {
            base
        } else {
            in_time_out(base, member)
        }
    }

    /// What a member may do in a channel with these overwrites
    /// (topics/permissions#permission-overwrites): those of `@everyone`, then those of all of the
    /// member's roles together, then the member's own. For a thread, give its parent's.
    #[must_use]
    pub fn in_channel(
        &self,
        member: &Member,
        kind: RoomKind,
        overwrites: &[PermissionOverwrite],
    ) -> Permissions {
        let base = self.base(member);
        if is_exempt(base) {
            return base;
        }
        // Nobody becomes an administrator by an overwrite.
        let granted = self.overwritten(base, member, overwrites) - Permissions::ADMINISTRATOR;
        implied(in_time_out(granted, member), kind)
    }

    /// The place of a member's highest role; 0 is `@everyone`'s.
    #[must_use]
    pub fn highest_position(&self, member: &Member) -> i64 {
        let held = self
            .roles
            .iter()
            .filter(|role| member.roles.contains(&role.id));
        held.map(|role| role.position).max().unwrap_or_default()
    }

    fn everyone(&self) -> Id<RoleMarker> {
        self.guild_id.cast()
    }

    fn base(&self, member: &Member) -> Permissions {
        if self.owner_id == member.user_id {
            return Permissions::all();
        }
        let held = self
            .roles
            .iter()
            .filter(|role| role.id == self.everyone() || member.roles.contains(&role.id));
        let granted = held.fold(Permissions::empty(), |granted, role| {
            granted | role.permissions
        });
        if granted.contains(Permissions::ADMINISTRATOR) {
            Permissions::all()
        } else {
            granted
        }
    }

    fn overwritten(
        &self,
        base: Permissions,
        member: &Member,
        overwrites: &[PermissionOverwrite],
    ) -> Permissions {
        let of = |kind, wanted: &dyn Fn(u64) -> bool| {
            let matching = overwrites
                .iter()
                .filter(|one| one.kind == kind && wanted(one.id.get()));
            matching.fold(
                (Permissions::empty(), Permissions::empty()),
                |(allow, deny), one| (allow | one.allow, deny | one.deny),
            )
        };
        let everyone = self.everyone().get();
        let holds = |id| id != everyone && member.roles.iter().any(|role| role.get() == id);
        let layers = [
            of(PermissionOverwriteType::Role, &|id| id == everyone),
            of(PermissionOverwriteType::Role, &holds),
            of(PermissionOverwriteType::Member, &|id| {
                id == member.user_id.get()
            }),
        ];
        layers
            .into_iter()
            .fold(base, |granted, (allow, deny)| (granted - deny) | allow)
    }
}

/// The owner and administrators pass every check, overwrites and time-outs included.
const fn is_exempt(base: Permissions) -> bool {
    base.contains(Permissions::ADMINISTRATOR)
}

fn in_time_out(granted: Permissions, member: &Member) -> Permissions {
    if member.is_timed_out {
        granted & LEFT_IN_TIME_OUT
    } else {
        granted
    }
}

/// What is left of `granted` where it has to be seen, heard or spoken in first.
fn implied(granted: Permissions, kind: RoomKind) -> Permissions {
    let enters = match kind {
        RoomKind::Voice => Permissions::VIEW_CHANNEL | Permissions::CONNECT,
        RoomKind::Text | RoomKind::Thread => Permissions::VIEW_CHANNEL,
    };
    if !granted.contains(Permissions::VIEW_CHANNEL) {
        return Permissions::empty();
    }
    if !granted.contains(enters) {
        // It is seen, and that is all.
        return Permissions::VIEW_CHANNEL;
    }
    let speaks = match kind {
        RoomKind::Thread => Permissions::SEND_MESSAGES_IN_THREADS,
        RoomKind::Text | RoomKind::Voice => Permissions::SEND_MESSAGES,
    };
    if granted.contains(speaks) {
        granted
    } else {
        granted - NEEDS_SPEECH
    }
}

#[cfg(test)]
mod tests;
