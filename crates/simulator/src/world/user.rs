//! Users, their tokens and the applications behind bots.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{ApiError, World, event};

/// A human or a bot.
#[derive(Clone, Debug)]
pub(crate) struct User {
    /// The id; a bot's application has the same one.
    pub(crate) id: u64,
    /// The unique name.
    pub(crate) name: String,
    /// Whether it is a bot user.
    pub(crate) bot: bool,
    /// The token that speaks for it.
    pub(crate) token: Option<String>,
    /// Which privileged intents its portal page allows.
    pub(crate) privileged: u64,
}

/// Application flags for an app that fewer than 10,000 users see (Discord:
/// resources/application#application-object-application-flags): the `_LIMITED` variants.
const LIMITED_FLAGS: [(u64, u64); 3] = [
    (event::GUILD_PRESENCES, 1 << 13),
    (event::GUILD_MEMBERS, 1 << 15),
    (event::MESSAGE_CONTENT, 1 << 19),
];

impl User {
    /// A human. A person's client sees all content.
    pub(super) fn person(id: u64, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            bot: false,
            token: None,
            privileged: event::PRIVILEGED,
        }
    }

    /// The public user object.
    pub(crate) fn value(&self) -> Value {
        // Bots still have a discriminator, people have none.
        let discriminator = if self.bot {
            format!("{:04}", self.id % 9_999 + 1)
        } else {
            "0".into()
        };
        let mut value = json!({
            "id": self.id.to_string(),
            "username": self.name,
            "discriminator": discriminator,
            "global_name": if self.bot { Value::Null } else { json!(self.name) },
            "avatar": null,
            "avatar_decoration_data": null,
            "banner": null,
            "accent_color": null,
            "public_flags": 0,
            "flags": 0,
        });
        if self.bot {
            value["bot"] = json!(true);
        }
        value
    }
}

impl World {
    /// A user, one of a crowd included.
    pub(crate) fn user_of(&self, user_id: u64) -> Option<Cow<'_, User>> {
        if let Some(user) = self.users.get(&user_id) {
            return Some(Cow::Borrowed(user));
        }
        let mut guilds = self.guilds.values();
        guilds
            .find_map(|guild| guild.crowd.user(user_id))
            .map(Cow::Owned)
    }

    /// Whom a token (without the `Bot ` prefix) speaks for. Only bots have one.
    pub(crate) fn user_for_token(&self, token: &str) -> Option<u64> {
        let held = |id: &&u64| {
            self.users
                .get(*id)
                .is_some_and(|user| user.token.as_deref() == Some(token))
        };
        self.bots.iter().find(held).copied()
    }

    /// The public object of a user; `null` for a user nobody knows.
    pub(crate) fn user_object(&self, user_id: u64) -> Value {
        self.user_of(user_id)
            .map_or(Value::Null, |user| user.value())
    }

    /// What a user sees of itself: `GET /users/@me` and `READY.user`.
    pub(crate) fn own_user_object(&self, user_id: u64) -> Value {
        let mut value = self.user_object(user_id);
        if let Value::Object(fields) = &mut value {
            fields.insert("verified".into(), json!(true));
            fields.insert("email".into(), Value::Null);
            fields.insert("mfa_enabled".into(), json!(true));
            fields.insert("locale".into(), json!("en-US"));
            fields.insert("premium_type".into(), json!(0));
            fields.insert("bio".into(), json!(""));
        }
        value
    }

    /// The application of a bot user. Its `flags` tell which privileged intents are switched on.
    pub(crate) fn application_object(&self, user_id: u64) -> Value {
        let Some(user) = self.users.get(&user_id) else {
            return Value::Null;
        };
        let flags = LIMITED_FLAGS
            .iter()
            .filter(|(intent, _)| user.privileged & intent != 0)
            .fold(0, |flags, (_, flag)| flags | flag);
        let owner = self
            .guilds
            .values()
            .next()
            .map_or(Value::Null, |guild| self.user_object(guild.owner_id));
        json!({
            "id": user.id.to_string(),
            "name": user.name,
            "icon": null,
            "description": "",
            "summary": "",
            "type": null,
            "bot_public": false,
            "bot_require_code_grant": false,
            "verify_key": "0".repeat(64),
            "flags": flags,
            "hook": true,
            "redirect_uris": [],
            "interactions_endpoint_url": null,
            "role_connections_verification_url": null,
            "rpc_origins": [],
            "approximate_guild_count": self.guild_ids_of(user_id).len(),
            "approximate_user_install_count": 0,
            "owner": owner,
            "team": null,
            "bot": user.value(),
        })
    }

    /// Which privileged intents the portal allows a user. A person's client may see everything.
    pub(crate) fn privileged_intents_of(&self, user_id: u64) -> u64 {
        self.user_of(user_id).map_or(0, |user| user.privileged)
    }

    /// Flips the portal's switches.
    pub(crate) fn set_privileged_intents(&mut self, user_id: u64, intents: u64) {
        if let Some(user) = self.users.get_mut(&user_id) {
            user.privileged = intents & event::PRIVILEGED;
        }
    }

    /// Takes a user's token away: the next request is a 401.
    pub(crate) fn revoke_token(&mut self, user_id: u64) {
        if let Some(user) = self.users.get_mut(&user_id) {
            user.token = None;
        }
    }

    /// A bot's token, unless it was revoked.
    pub(crate) fn token_of(&self, user_id: u64) -> Option<String> {
        self.users.get(&user_id)?.token.clone()
    }

    /// A bot gets another token; the old one is worthless.
    pub(crate) fn rotate_token(&mut self, user_id: u64) -> String {
        let token = format!("rotated.{:032x}.not-a-secret", self.dice.u128(..));
        if let Some(user) = self.users.get_mut(&user_id) {
            user.token = Some(token.clone());
        }
        token
    }

    /// `GET /users/{user_id}`.
    pub(crate) fn user(&self, user_id: u64) -> Result<Value, ApiError> {
        self.user_of(user_id)
            .map(|user| user.value())
            .ok_or_else(ApiError::unknown_user)
    }

    /// The guilds a user is in.
    pub(crate) fn guild_ids_of(&self, user_id: u64) -> Vec<u64> {
        let member_of = |guild: &&super::guild::Guild| guild.has_member(user_id);
        self.guilds
            .values()
            .filter(member_of)
            .map(|guild| guild.id)
            .collect()
    }
}
