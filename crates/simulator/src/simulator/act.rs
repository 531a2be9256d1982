//! What people do to the guild while the proxy works, as values that a storm can draw.

use serde::{Deserialize, Serialize};

use crate::{
    config::id,
    shared::Shared,
    simulator::human::{self, channels, guild, messages, roles},
    world::{ApiError, ChannelDraft, Onboarding, OutageAnswer},
};

/// Something that the guild's owner does, or that befalls the guild: the argument of
/// [`Simulator::try_act`](crate::Simulator::try_act) and the body of `POST /__sim/acts`. For each
/// there is a method of [`Simulator`](crate::Simulator) too, which panics when Discord refuses.
///
/// ```
/// # use cordboard_simulator::{HumanAct, SpecialChannel};
/// let act: HumanAct =
///     serde_json::from_str(r#"{"act":"set_special","special":"rules","channel_id":"7"}"#).unwrap();
/// let rules = SpecialChannel::Rules;
/// assert_eq!(act, HumanAct::SetSpecial { special: rules, channel_id: Some(7) });
/// ```
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "act")]
#[non_exhaustive]
pub enum HumanAct {
    /// Creates a channel, such as a copy of one of ours.
    CreateChannel {
        /// Its name.
        name: String,
        /// Its type: text (0) unless given.
        #[serde(default, rename = "type")]
        kind: u64,
        /// Its topic.
        #[serde(default)]
        topic: Option<String>,
        /// Its category.
        #[serde(default, with = "id::option")]
        parent_id: Option<u64>,
    },
    /// A bot creates a text channel: another program that uses the proxy's bot, unless another bot
    /// is named. That one needs `MANAGE_CHANNELS` in its configuration.
    CreateAsBot {
        /// Which bot; the proxy's unless given.
        #[serde(default, with = "id::option")]
        user_id: Option<u64>,
        /// Its name.
        name: String,
        /// Its topic.
        #[serde(default)]
        topic: Option<String>,
        /// What the audit log says about it.
        #[serde(default)]
        reason: Option<String>,
    },
    /// Deletes a channel or a thread.
    DeleteChannel {
        /// Which.
        #[serde(with = "id")]
        channel_id: u64,
    },
    /// Renames a channel or a thread.
    RenameChannel {
        /// Which.
        #[serde(with = "id")]
        channel_id: u64,
        /// Its new name.
        name: String,
    },
    /// Moves a channel into a category, or out of any.
    MoveChannel {
        /// Which.
        #[serde(with = "id")]
        channel_id: u64,
        /// Its new category.
        #[serde(default, with = "id::option")]
        parent_id: Option<u64>,
    },
    /// Sets a channel's topic, or takes it away, with whatever mark is in it.
    SetTopic {
        /// Which.
        #[serde(with = "id")]
        channel_id: u64,
        /// Its new topic.
        #[serde(default)]
        topic: Option<String>,
    },
    /// Hides a channel from the proxy's bot: its own overwrite denies `VIEW_CHANNEL`.
    HideChannel {
        /// Which.
        #[serde(with = "id")]
        channel_id: u64,
    },
    /// Shows a channel to the proxy's bot: its own overwrite allows `VIEW_CHANNEL`.
    ShowChannel {
        /// Which.
        #[serde(with = "id")]
        channel_id: u64,
    },
    /// Archives a thread, or wakes it up.
    SetArchived {
        /// Which.
        #[serde(with = "id")]
        channel_id: u64,
        /// Whether it is archived from now on.
        archived: bool,
    },
    /// Speaks.
    Say {
        /// Where.
        #[serde(with = "id")]
        channel_id: u64,
        /// What.
        content: String,
    },
    /// Changes what the human said.
    EditMessage {
        /// Where.
        #[serde(with = "id")]
        channel_id: u64,
        /// Which message.
        #[serde(with = "id")]
        message_id: u64,
        /// What it says from now on.
        content: String,
    },
    /// Deletes a message, whoever wrote it.
    DeleteMessage {
        /// Where.
        #[serde(with = "id")]
        channel_id: u64,
        /// Which message.
        #[serde(with = "id")]
        message_id: u64,
    },
    /// Pins a message, or takes it down; what was pinned is announced by a message of its own.
    SetPinned {
        /// Where.
        #[serde(with = "id")]
        channel_id: u64,
        /// Which message.
        #[serde(with = "id")]
        message_id: u64,
        /// Whether it is pinned from now on.
        pinned: bool,
    },
    /// Starts a public thread, or, in a forum, a post, whose first message is its name.
    StartThread {
        /// In which channel.
        #[serde(with = "id")]
        channel_id: u64,
        /// Its name.
        name: String,
    },
    /// Makes a channel one of the guild's own; no channel takes the purpose away again.
    SetSpecial {
        /// What for.
        special: SpecialChannel,
        /// Which.
        #[serde(default, with = "id::option")]
        channel_id: Option<u64>,
    },
    /// Sets which channels onboarding names; none at all switches it off.
    SetOnboarding {
        /// Those that every newcomer gets.
        #[serde(default, with = "id::list")]
        default_channel_ids: Vec<u64>,
        /// Those that an option of a prompt adds.
        #[serde(default, with = "id::list")]
        prompt_channel_ids: Vec<u64>,
    },
    /// Creates a role just above `@everyone` that grants nothing.
    CreateRole {
        /// Its name.
        name: String,
    },
    /// Deletes a role.
    DeleteRole {
        /// Which.
        #[serde(with = "id")]
        role_id: u64,
    },
    /// Gives a role to a member.
    GiveRole {
        /// To whom.
        #[serde(with = "id")]
        user_id: u64,
        /// Which.
        #[serde(with = "id")]
        role_id: u64,
    },
    /// Changes what the role of the proxy's bot grants in the guild.
    SetPermissions {
        /// Permission bits.
        #[serde(with = "id")]
        permissions: u64,
    },
    /// Lets a member come online or go offline. A scripted bot that is offline answers nobody.
    SetOnline {
        /// Whom.
        #[serde(with = "id")]
        user_id: u64,
        /// Whether it is online from now on.
        online: bool,
    },
    /// Throws a member out.
    Kick {
        /// Whom; the proxy's bot unless given.
        #[serde(default, with = "id::option")]
        user_id: Option<u64>,
    },
    /// Invites the proxy's bot again, with a fresh role.
    Invite {
        /// What the role grants; what the configuration says unless given.
        #[serde(default, with = "id::option")]
        permissions: Option<u64>,
    },
    /// Times a member out: it may look and read and nothing else.
    TimeOut {
        /// Whom; the proxy's bot unless given.
        #[serde(default, with = "id::option")]
        user_id: Option<u64>,
        /// For how long from now on, in seconds; zero ends it.
        seconds: u64,
    },
    /// The guild is in an outage from now on: no events, and no answer but this from REST. Nobody
    /// can act in it, the owner and the scripted bots included.
    BeginOutage {
        /// What REST answers.
        #[serde(default)]
        answer: OutageAnswer,
    },
    /// The guild is back.
    EndOutage,
}

/// What a guild can use a channel for. Discord refuses to delete the first two (50074) and only
/// them. The type of the channel is not looked at.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpecialChannel {
    /// The rules of a Community guild.
    Rules,
    /// Where Discord speaks to the moderators of a Community guild.
    PublicUpdates,
    /// Where Discord greets newcomers.
    System,
    /// Where the idle are moved.
    Afk,
    /// Where Discord warns the moderators.
    SafetyAlerts,
    /// What the guild's widget invites to.
    Widget,
}

/// Discord refused what somebody tried.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("Discord refused: {status} {code}: {message}")]
#[non_exhaustive]
pub struct Refused {
    /// The HTTP status that REST would have answered.
    pub status: u16,
    /// The JSON error code.
    pub code: u64,
    /// What a person reads.
    pub message: String,
}

// === impl SpecialChannel ===

impl SpecialChannel {
    /// The guild object's field.
    fn field(self) -> &'static str {
        match self {
            Self::Rules => "rules_channel_id",
            Self::PublicUpdates => "public_updates_channel_id",
            Self::System => "system_channel_id",
            Self::Afk => "afk_channel_id",
            Self::SafetyAlerts => "safety_alerts_channel_id",
            Self::Widget => "widget_channel_id",
        }
    }
}

// === impl Refused ===

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        let ApiError {
            status,
            code,
            message,
            ..
        } = error;
        Self {
            status,
            code,
            message,
        }
    }
}

/// Does it; answers the id of what was made.
#[expect(clippy::too_many_lines, reason = "an arm for each act")]
pub(crate) fn perform(shared: &Shared, act: HumanAct) -> Result<Option<u64>, ApiError> {
    shared.record.acted(shared.clock.now_ms(), &act);
    match act {
        HumanAct::CreateChannel {
            name,
            kind,
            topic,
            parent_id,
        } => {
            let draft = ChannelDraft {
                kind,
                topic,
                parent_id,
                ..ChannelDraft::text(&name)
            };
            return channels::create(shared, draft).map(Some);
        }
        HumanAct::CreateAsBot {
            user_id,
            name,
            topic,
            reason,
        } => {
            let draft = ChannelDraft {
                topic,
                ..ChannelDraft::text(&name)
            };
            return channels::create_as_bot(shared, user_id, draft, reason.as_deref()).map(Some);
        }
        HumanAct::DeleteChannel { channel_id } => channels::delete(shared, channel_id),
        HumanAct::RenameChannel { channel_id, name } => channels::rename(shared, channel_id, name),
        HumanAct::MoveChannel {
            channel_id,
            parent_id,
        } => channels::relocate(shared, channel_id, parent_id),
        HumanAct::SetTopic { channel_id, topic } => channels::retopic(shared, channel_id, topic),
        HumanAct::HideChannel { channel_id } => channels::show(shared, channel_id, false),
        HumanAct::ShowChannel { channel_id } => channels::show(shared, channel_id, true),
        HumanAct::SetArchived {
            channel_id,
            archived,
        } => channels::archive(shared, channel_id, archived),
        act @ (HumanAct::Say { .. }
        | HumanAct::EditMessage { .. }
        | HumanAct::DeleteMessage { .. }
        | HumanAct::SetPinned { .. }
        | HumanAct::StartThread { .. }) => return messages::perform(shared, act),
        HumanAct::SetSpecial {
            special,
            channel_id,
        } => guild::set_special(shared, special.field(), channel_id),
        HumanAct::SetOnboarding {
            default_channel_ids,
            prompt_channel_ids,
        } => {
            let onboarding = Onboarding {
                default_channel_ids,
                prompt_channel_ids,
            };
            guild::set_onboarding(shared, onboarding)
        }
        HumanAct::CreateRole { name } => return roles::create(shared, name).map(Some),
        HumanAct::DeleteRole { role_id } => roles::delete(shared, role_id),
        HumanAct::GiveRole { user_id, role_id } => roles::give(shared, user_id, role_id),
        HumanAct::SetPermissions { permissions } => human::set_permissions(shared, permissions),
        HumanAct::SetOnline { user_id, online } => human::set_online(shared, user_id, online),
        HumanAct::Kick { user_id } => guild::kick(shared, user_id),
        HumanAct::Invite { permissions } => guild::invite(shared, permissions),
        HumanAct::TimeOut { user_id, seconds } => guild::time_out(shared, user_id, seconds),
        HumanAct::BeginOutage { answer } => {
            guild::set_outage(shared, Some(answer));
            Ok(())
        }
        HumanAct::EndOutage => {
            guild::set_outage(shared, None);
            Ok(())
        }
    }
    .map(|()| None)
}
