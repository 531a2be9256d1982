//! Onboarding: which channels a newcomer is put into
//! (Discord: resources/guild#guild-onboarding-object).

use serde_json::{Value, json};

use super::{
    ApiError, World,
    audit::{self, Act},
    permission,
};

/// The channels that onboarding names. It is enabled as long as it names any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Onboarding {
    /// Those that every newcomer gets.
    pub(crate) default_channel_ids: Vec<u64>,
    /// Those that the one option of the one prompt adds.
    pub(crate) prompt_channel_ids: Vec<u64>,
}

impl Onboarding {
    /// Every channel it names.
    pub(crate) fn channel_ids(&self) -> impl Iterator<Item = u64> {
        let all = self.default_channel_ids.iter();
        all.chain(&self.prompt_channel_ids).copied()
    }

    /// A channel is gone.
    pub(crate) fn forget(&mut self, channel_id: u64) {
        self.default_channel_ids.retain(|id| *id != channel_id);
        self.prompt_channel_ids.retain(|id| *id != channel_id);
    }

    /// The onboarding object.
    fn value(&self, guild_id: u64) -> Value {
        let texts = |ids: &[u64]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut prompts = Vec::new();
        if !self.prompt_channel_ids.is_empty() {
            prompts.push(json!({
                // Prompts and options have ids of their own; one of each needs no more than these.
                "id": (guild_id + 1).to_string(),
                "type": 0,
                "title": "What brings you here?",
                "single_select": false,
                "required": false,
                "in_onboarding": true,
                "options": [{
                    "id": (guild_id + 2).to_string(),
                    "channel_ids": texts(&self.prompt_channel_ids),
                    "role_ids": [],
                    "title": "Curiosity",
                    "description": null,
                    "emoji": null,
                }],
            }));
        }
        json!({
            "guild_id": guild_id.to_string(),
            "prompts": prompts,
            "default_channel_ids": texts(&self.default_channel_ids),
            "enabled": self.channel_ids().next().is_some(),
            "mode": 0,
        })
    }
}

impl World {
    /// `GET /guilds/{guild_id}/onboarding`.
    pub(crate) fn onboarding(&self, actor: u64, guild_id: u64) -> Result<Value, ApiError> {
        let guild = self.guild_for(actor, guild_id)?;
        Ok(guild.onboarding.value(guild_id))
    }

    /// Names other channels. There is no event for it but the audit log's.
    pub(crate) fn set_onboarding(
        &mut self,
        actor: u64,
        guild_id: u64,
        onboarding: Onboarding,
    ) -> Result<(), ApiError> {
        let needed = permission::MANAGE_GUILD | permission::MANAGE_ROLES;
        self.need_in_guild(actor, guild_id, needed)?;
        if onboarding
            .channel_ids()
            .any(|id| !self.channels.contains_key(&id))
        {
            return Err(ApiError::unknown_channel());
        }
        if let Some(guild) = self.guilds.get_mut(&guild_id) {
            guild.onboarding = onboarding;
        }
        self.note_protection();
        let act = Act::on(audit::ONBOARDING_UPDATE, guild_id);
        self.audit(guild_id, actor, act, None);
        Ok(())
    }
}
