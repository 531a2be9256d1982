//! What people do to the guild, and what befalls it.

use std::time::Duration;

use super::Simulator;
use crate::{
    HumanAct, OutageAnswer, SpecialChannel,
    shared::Shared,
    world::{ApiError, GuildPatch, MemberPatch, Onboarding},
};

/// The acts of the human on the guild. Each panics when Discord refuses it.
impl Simulator {
    /// Makes a channel one of the guild's own, or, with no channel, takes the purpose away again.
    ///
    /// The checkers count it as protected from ten seconds later until it is unmade: a client may
    /// believe for so long what it has read of the guild.
    ///
    /// # Panics
    ///
    /// When there is no such channel.
    pub fn set_special(&self, special: SpecialChannel, channel_id: Option<u64>) {
        self.act(HumanAct::SetSpecial {
            special,
            channel_id,
        });
    }

    /// Sets which channels onboarding names: those that every newcomer gets, and those that an
    /// option of a prompt adds. They are protected as in [`Simulator::set_special`].
    ///
    /// # Panics
    ///
    /// When there is no such channel.
    pub fn set_onboarding(&self, default_channel_ids: &[u64], prompt_channel_ids: &[u64]) {
        self.act(HumanAct::SetOnboarding {
            default_channel_ids: default_channel_ids.to_vec(),
            prompt_channel_ids: prompt_channel_ids.to_vec(),
        });
    }

    /// Removes a member, such as the proxy's own bot, from the guild.
    ///
    /// # Panics
    ///
    /// When there is no such member.
    pub fn kick(&self, user_id: u64) {
        let user_id = Some(user_id);
        self.act(HumanAct::Kick { user_id });
    }

    /// Invites the proxy's bot again, with a fresh role that grants `permissions`. Its channels
    /// are where it left them.
    ///
    /// # Panics
    ///
    /// When it is in the guild already.
    pub fn invite(&self, permissions: u64) {
        let permissions = Some(permissions);
        self.act(HumanAct::Invite { permissions });
    }

    /// Times a member out, such as the proxy's own bot or one of [`Simulator::bot_ids`]: it may look and
    /// read for so long, and nothing else. No time at all ends it.
    ///
    /// # Panics
    ///
    /// When there is no such member, it is an administrator, or it would be longer than 28 days.
    pub fn time_out(&self, user_id: u64, time: Duration) {
        let (user_id, seconds) = (Some(user_id), time.as_secs());
        self.act(HumanAct::TimeOut { user_id, seconds });
    }

    /// The guild becomes unavailable: sessions get `GUILD_DELETE` with `unavailable` and no event
    /// more, and REST answers as told on everything that is in the guild. Nobody can act in it,
    /// the human and the scripted bots included.
    pub fn begin_outage(&self, answer: OutageAnswer) {
        self.act(HumanAct::BeginOutage { answer });
    }

    /// The guild is back: sessions get `GUILD_CREATE`.
    pub fn end_outage(&self) {
        self.act(HumanAct::EndOutage);
    }
}

/// Gives a purpose to a channel, or to none.
pub(crate) fn set_special(
    shared: &Shared,
    field: &'static str,
    channel_id: Option<u64>,
) -> Result<(), ApiError> {
    let (actor, guild_id) = (shared.config.human.user_id, shared.config.guild.id);
    let patch = GuildPatch {
        special: vec![(field, channel_id)],
        ..GuildPatch::default()
    };
    shared
        .change(|world| world.modify_guild(actor, guild_id, patch, None))
        .map(drop)
}

/// Names other channels in onboarding.
pub(crate) fn set_onboarding(shared: &Shared, onboarding: Onboarding) -> Result<(), ApiError> {
    let (actor, guild_id) = (shared.config.human.user_id, shared.config.guild.id);
    shared.change(|world| world.set_onboarding(actor, guild_id, onboarding))
}

/// Throws a member out: the proxy's bot, unless told.
pub(crate) fn kick(shared: &Shared, user_id: Option<u64>) -> Result<(), ApiError> {
    let (actor, guild_id) = (shared.config.human.user_id, shared.config.guild.id);
    let user_id = user_id.unwrap_or(shared.config.proxy.user_id);
    shared.change(|world| world.remove_member(actor, guild_id, user_id, None))
}

/// Lets the proxy's bot in again.
pub(crate) fn invite(shared: &Shared, permissions: Option<u64>) -> Result<(), ApiError> {
    let (actor, guild_id) = (shared.config.human.user_id, shared.config.guild.id);
    let proxy = &shared.config.proxy;
    let permissions = permissions.unwrap_or(proxy.permissions);
    shared.change(|world| world.invite_bot(actor, guild_id, proxy.user_id, permissions))
}

/// Times a member out, or ends that: the proxy's bot, unless told.
pub(crate) fn time_out(
    shared: &Shared,
    user_id: Option<u64>,
    seconds: u64,
) -> Result<(), ApiError> {
    let (actor, guild_id) = (shared.config.human.user_id, shared.config.guild.id);
    let user_id = user_id.unwrap_or(shared.config.proxy.user_id);
    let until_ms = shared.clock.now_ms() + seconds.saturating_mul(1_000);
    let patch = MemberPatch {
        timed_out_until_ms: Some((seconds > 0).then_some(until_ms)),
        ..MemberPatch::default()
    };
    let changed = shared.change(|world| world.modify_member(actor, guild_id, user_id, patch, None));
    changed.map(drop)
}

/// Begins an outage, or ends it. Discord asks nobody whether it may.
pub(crate) fn set_outage(shared: &Shared, answer: Option<OutageAnswer>) {
    let guild_id = shared.config.guild.id;
    shared.change(|world| match answer {
        Some(answer) => world.begin_outage(guild_id, answer),
        None => world.end_outage(guild_id),
    });
}
