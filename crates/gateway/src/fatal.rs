//! Why a gateway gave up.

use twilight_model::gateway::{Intents, ShardId};

use crate::UrlError;

/// Why a gateway gave up. No retry can help; [`Fatal::hint`] says what an operator can do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fatal {
    /// Discord does not accept the token (401, or close code 4004).
    #[error("discord refuses the bot token")]
    TokenRefused,
    /// Privileged intents were asked for that the application may not have (4014).
    #[error("the application may not use these gateway intents: {}", names(*.0))]
    IntentsNotEnabled(Intents),
    /// Discord does not know an intent (4013).
    #[error("discord does not know some of these gateway intents: {:#x}", .0.bits())]
    IntentsInvalid(Intents),
    /// The shard's number or total is not acceptable (4010).
    #[error("discord refuses shard {} of {}", .0.number(), .0.total())]
    ShardInvalid(ShardId),
    /// The bot is in too many guilds for so few shards (4011).
    #[error("the bot is in too many guilds for {} shard(s)", .0.total())]
    ShardingRequired(ShardId),
    /// Discord no longer speaks this version of the gateway (4012).
    #[error("discord no longer speaks this version of the gateway protocol")]
    VersionRefused,
    /// A close code that the protocol library counts as final.
    #[error("discord closed the connection for good, with code {0}")]
    Closed(u16),
    /// The configured address cannot be used.
    #[error("the configured gateway address cannot be used")]
    Address(#[source] UrlError),
    /// No TLS provider was installed in this process.
    #[error("no TLS provider is installed")]
    TlsProviderMissing,
}

impl Fatal {
    /// What `code`, a close code after which no reconnect is allowed, means.
    /// Discord: topics/opcodes-and-status-codes#gateway-gateway-close-event-codes.
    pub(crate) fn of_close_code(code: u16, intents: Intents, shard: ShardId) -> Self {
        match code {
            4004 => Self::TokenRefused,
            4010 => Self::ShardInvalid(shard),
            4011 => Self::ShardingRequired(shard),
            4012 => Self::VersionRefused,
            4013 => Self::IntentsInvalid(intents),
            4014 => Self::IntentsNotEnabled(intents & privileged()),
            other => Self::Closed(other),
        }
    }

    /// What an operator can do about it, in one sentence.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TokenRefused => {
                "copy a fresh token from the Discord developer portal (Bot > Reset Token) into the \
                 configuration"
            }
            Self::IntentsNotEnabled(_) => {
                "switch them on in the Discord developer portal under Bot > Privileged Gateway \
                 Intents"
            }
            Self::IntentsInvalid(_) | Self::VersionRefused => "update this program",
            Self::ShardInvalid(_) => "the shard's number must be below the total",
            Self::ShardingRequired(_) => {
                "run the shard of your guild: number (guild id >> 22) % total, with a total of at \
                 least what `GET /gateway/bot` recommends"
            }
            Self::Closed(_) => "look the code up in Discord's documentation of gateway close codes",
            Self::Address(_) => {
                "use wss://…, or ws:// to a loopback address, or leave the setting out"
            }
            Self::TlsProviderMissing => {
                "call `rustls::crypto::ring::default_provider().install_default()` first in `main`"
            }
        }
    }
}

fn privileged() -> Intents {
    Intents::GUILD_MEMBERS | Intents::GUILD_PRESENCES | Intents::MESSAGE_CONTENT
}

fn names(intents: Intents) -> String {
    intents
        .iter_names()
        .map(|(name, _)| name)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_final_close_code_of_the_documentation_has_a_cause_of_its_own() {
        let intents = Intents::GUILDS | Intents::MESSAGE_CONTENT;
        for code in [4004, 4010, 4011, 4012, 4013, 4014] {
            let fatal = Fatal::of_close_code(code, intents, ShardId::ONE);
            assert!(!matches!(fatal, Fatal::Closed(_)), "{code}");
        }
    }

    #[test]
    fn a_missing_switch_is_named() {
        let intents = Intents::GUILDS | Intents::MESSAGE_CONTENT;
        let fatal = Fatal::of_close_code(4014, intents, ShardId::ONE);
        assert_eq!(
            fatal.to_string(),
            "the application may not use these gateway intents: MESSAGE_CONTENT"
        );
    }
}
