//! What the guild's owner does, as people do while the proxy works.

use serde_json::Value;

use super::{
    Simulator,
    act::{self, HumanAct, Refused},
};
use crate::{
    shared::Shared,
    world::{ApiError, NewMessage, Overwrite, OverwriteKind, RolePatch},
};

pub(crate) mod channels;
pub(crate) mod guild;
pub(crate) mod messages;
pub(crate) mod roles;

/// The acts of the human. Each panics when Discord refuses it: the human owns the guild, so it is
/// the test that is wrong, unless the guild is in an outage.
impl Simulator {
    /// Tries one of the acts; answers the id of what was made, if anything was.
    ///
    /// # Errors
    ///
    /// What Discord said, if it refused.
    pub fn try_act(&self, act: HumanAct) -> Result<Option<u64>, Refused> {
        act::perform(&self.shared, act).map_err(Refused::from)
    }

    /// Does what Discord does not refuse.
    fn act(&self, act: HumanAct) -> Option<u64> {
        accepted(act::perform(&self.shared, act))
    }

    /// Speaks; answers the message's id.
    ///
    /// # Panics
    ///
    /// When Discord refuses the message.
    #[expect(
        clippy::must_use_candidate,
        reason = "the id is a by-product of speaking"
    )]
    pub fn say(&self, channel_id: u64, content: &str) -> u64 {
        self.say_as(self.shared.config.human.user_id, channel_id, content)
    }

    /// Speaks as another user.
    ///
    /// # Panics
    ///
    /// When Discord refuses the message.
    #[expect(
        clippy::must_use_candidate,
        reason = "the id is a by-product of speaking"
    )]
    pub fn say_as(&self, user_id: u64, channel_id: u64, content: &str) -> u64 {
        accepted(say(&self.shared, user_id, channel_id, content))
    }

    /// Lets a member come online or go offline, such as one of [`Simulator::bot_ids`]: a scripted
    /// bot that is offline answers nobody, and what it was writing stays as it is.
    ///
    /// # Panics
    ///
    /// When there is no such member.
    pub fn set_online(&self, user_id: u64, online: bool) {
        self.act(HumanAct::SetOnline { user_id, online });
    }

    /// Changes what the role of the proxy's bot grants in the guild.
    ///
    /// # Panics
    ///
    /// When the bot has no role any more.
    pub fn set_permissions(&self, permissions: u64) {
        self.act(HumanAct::SetPermissions { permissions });
    }

    /// Allows and denies the proxy's bot something in one channel (permission bits).
    ///
    /// # Panics
    ///
    /// When there is no such channel.
    pub fn set_overwrite(&self, channel_id: u64, allow: u64, deny: u64) {
        let user_id = self.shared.config.proxy.user_id;
        accepted(set_overwrite(
            &self.shared,
            channel_id,
            user_id,
            allow,
            deny,
        ));
    }

    /// Takes back what [`Simulator::set_overwrite`] did.
    ///
    /// # Panics
    ///
    /// When there is no such channel or overwrite.
    pub fn clear_overwrite(&self, channel_id: u64) {
        let user_id = self.shared.config.proxy.user_id;
        accepted(clear_overwrite(&self.shared, channel_id, user_id));
    }

    /// Sets the portal's switches for privileged intents of the proxy's bot.
    pub fn set_privileged_intents(&self, intents: u64) {
        set_privileged_intents(&self.shared, intents);
    }

    /// Makes the token of the proxy's bot worthless.
    pub fn revoke_token(&self) {
        let user_id = self.shared.config.proxy.user_id;
        let now_ms = self.shared.clock.now_ms();
        self.shared.record.acted(now_ms, &"revoke_token");
        self.shared.change(|world| world.revoke_token(user_id));
    }

    /// Gives the proxy's bot another token, as its owner does in the portal: the old one is worthless
    /// from now on, and its sessions end. The new one.
    #[must_use]
    pub fn rotate_token(&self) -> String {
        let user_id = self.shared.config.proxy.user_id;
        let now_ms = self.shared.clock.now_ms();
        self.shared.record.acted(now_ms, &"rotate_token");
        let token = self.shared.change(|world| world.rotate_token(user_id));
        self.shared.sessions.end_all_of(user_id);
        token
    }
}

/// Sets the portal's switches of the proxy's bot.
pub(crate) fn set_privileged_intents(shared: &Shared, intents: u64) {
    let act = ("set_privileged_intents", intents);
    shared.record.acted(shared.clock.now_ms(), &act);
    let user_id = shared.config.proxy.user_id;
    shared.change(|world| world.set_privileged_intents(user_id, intents));
}

fn accepted<T>(outcome: Result<T, ApiError>) -> T {
    outcome.unwrap_or_else(|refusal| panic!("Discord refused: {refusal}"))
}

/// The id of what was made.
fn id_of(made: &Value) -> u64 {
    let id = made["id"].as_str().and_then(|id| id.parse().ok());
    id.expect("everything that Discord makes has an id")
}

/// Speaks as a user.
pub(crate) fn say(
    shared: &Shared,
    user_id: u64,
    channel_id: u64,
    content: &str,
) -> Result<u64, ApiError> {
    let message = NewMessage::text(content);
    let sent = shared.change(|world| world.create_message(user_id, channel_id, message))?;
    Ok(id_of(&sent))
}

/// Lets a member come online or go offline.
pub(crate) fn set_online(shared: &Shared, user_id: u64, online: bool) -> Result<(), ApiError> {
    let guild_id = shared.config.guild.id;
    shared.change(|world| world.set_online(guild_id, user_id, online))
}

/// Changes what the role of the proxy's bot grants.
pub(crate) fn set_permissions(shared: &Shared, permissions: u64) -> Result<(), ApiError> {
    let actor = shared.config.human.user_id;
    let (guild_id, user_id) = (shared.config.guild.id, shared.config.proxy.user_id);
    shared.change(|world| {
        let role_id = world
            .bot_role_of(guild_id, user_id)
            .ok_or_else(ApiError::unknown_role)?;
        let patch = RolePatch {
            permissions: Some(permissions),
            ..RolePatch::default()
        };
        world
            .modify_role(actor, guild_id, role_id, patch, None)
            .map(drop)
    })
}

/// Allows and denies a user something in one channel.
pub(crate) fn set_overwrite(
    shared: &Shared,
    channel_id: u64,
    user_id: u64,
    allow: u64,
    deny: u64,
) -> Result<(), ApiError> {
    let actor = shared.config.human.user_id;
    let overwrite = Overwrite {
        id: user_id,
        kind: OverwriteKind::Member,
        allow,
        deny,
    };
    shared.change(|world| world.set_overwrite(actor, channel_id, overwrite, None))
}

/// Takes the user's overwrite away.
pub(crate) fn clear_overwrite(
    shared: &Shared,
    channel_id: u64,
    user_id: u64,
) -> Result<(), ApiError> {
    let actor = shared.config.human.user_id;
    shared.change(|world| world.delete_overwrite(actor, channel_id, user_id, None))
}
