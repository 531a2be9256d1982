//! Whether an id that somebody has typed is that of a channel of the guild.

use cordboard_discord::{Code, DiscordError};
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    error::chain,
    maintenance::{CommandError, Maintenance},
};

/// What Discord says of an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// It is a channel of the guild.
    Found,
    /// It is none: what it is instead.
    Stranger(&'static str),
    /// Nobody can say, and why.
    Unknown(String),
}

// === impl Lookup ===

impl Lookup {
    /// A note for whoever named the channel, if it could not be looked up.
    ///
    /// # Errors
    /// When it is no channel of the guild.
    pub(super) fn note(
        self,
        channel_id: Id<ChannelMarker>,
    ) -> Result<Option<String>, CommandError> {
        match self {
            Self::Found => Ok(None),
            Self::Stranger(what) => Err(CommandError::Usage(format!(
                "{channel_id} is no channel of the guild (discord.guild_id): {what}"
            ))),
            Self::Unknown(why) => Ok(Some(format!(
                "whether it is a channel of the guild could not be looked up: {why}"
            ))),
        }
    }
}

// === impl Maintenance ===

impl Maintenance {
    /// Asks Discord for a channel, or a thread. What the bot may not see cannot be told from what is in a
    /// guild without it.
    pub(crate) async fn look_up(&self, channel_id: Id<ChannelMarker>) -> Lookup {
        self.teller
            .tell(&format!("looking for {channel_id} in the guild"));
        match self.discord.probe_channel(channel_id).await {
            Ok(found) if found.guild_id == Some(self.config.discord.guild_id) => Lookup::Found,
            Ok(_) => Lookup::Stranger("it is elsewhere"),
            Err(error) => unseen(&error),
        }
    }
}

fn unseen(error: &DiscordError) -> Lookup {
    let refusal = match error {
        DiscordError::Never { source } => source.refusal(),
        _ => None,
    };
    match refusal.map(|refusal| refusal.code) {
        Some(Code::UnknownChannel) => Lookup::Stranger("there is none with this id"),
        Some(Code::MissingAccess) => Lookup::Unknown("Discord does not show it to the bot".into()),
        _ => Lookup::Unknown(chain(error)),
    }
}
