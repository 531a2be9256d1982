//! What is wrong with a configuration, so that a person can put it right.

use std::fmt;

use cordboard_discord::DiscordError;

/// One thing that is wrong: the key, what is the matter, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key as it is written, such as `discord.guild_id` or `keys[0].secret`.
    pub key: String,
    /// What is the matter with it.
    pub matter: String,
    /// What to do.
    pub fix: String,
}

impl Problem {
    pub(crate) fn new(
        key: impl Into<String>,
        matter: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            key: key.into(),
            matter: matter.into(),
            fix: fix.into(),
        }
    }
}

/// What one of `[discord]`'s keys is refused for. No other error of that crate comes from settings.
impl From<DiscordError> for Problem {
    fn from(error: DiscordError) -> Self {
        let DiscordError::Settings { key, problem } = error else {
            return Self::new("discord", error.to_string(), "put it right");
        };
        let fix = match key {
            "token" => "copy it from Discord's developer portal, under Bot",
            "rest_url" => "leave it out, or write https://, or http:// to 127.0.0.1",
            _ => "put it right",
        };
        Self::new(format!("discord.{key}"), problem, fix)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  fix: {}", self.key, self.matter, self.fix)
    }
}

/// Why a configuration cannot be used. Nothing was started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file, or the environment laid over it, is not the TOML that is expected: a typing
    /// error, an unknown key, a value of the wrong kind.
    #[error("{origin} is wrong:\n{detail}")]
    Malformed {
        /// Where it came from.
        origin: String,
        /// Where in it and why, with the line where there is one.
        detail: String,
    },
    /// Everything can be read, but some values are missing or cannot be meant.
    #[error("the configuration is not usable:\n{}", list(.problems))]
    Unusable {
        /// All that is wrong, not only the first.
        problems: Vec<Problem>,
    },
}

fn list(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
