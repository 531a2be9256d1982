//! Discord's error bodies.

use cordboard_lifecycle::Room;
use serde::Deserialize;
use serde_json::Value;

use crate::limits::{ERROR_DEPTH_MAX, ERROR_TEXT_MAX};

/// The JSON error codes that something here depends on
/// (topics/opcodes-and-status-codes#json-json-error-codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Code {
    /// 10003.
    UnknownChannel,
    /// 10004.
    UnknownGuild,
    /// 10008.
    UnknownMessage,
    /// 10011.
    UnknownRole,
    /// 20031: a name holds words that Discord does not allow.
    NameRefused,
    /// 30013: the guild holds 500 channels.
    GuildFull,
    /// 40333: the edge in front of the API stopped it; says nothing about the request.
    EdgeBlock,
    /// 50001: not visible to us, or we are not in the guild.
    MissingAccess,
    /// 50013.
    MissingPermission,
    /// 50003 and 50024: not on a channel of this type.
    WrongChannelType,
    /// 50035: something in the request is not to Discord's liking.
    InvalidForm,
    /// 50074: a community guild needs this channel.
    CommunityChannel,
    /// 50083: an archived thread.
    ThreadArchived,
    /// 160006: the guild has no room for another active thread.
    ThreadsFull,
    /// Anything else; 0 is Discord's "general".
    Other(u64),
}

impl From<u64> for Code {
    fn from(code: u64) -> Self {
        match code {
            10003 => Self::UnknownChannel,
            10004 => Self::UnknownGuild,
            10008 => Self::UnknownMessage,
            10011 => Self::UnknownRole,
            20031 => Self::NameRefused,
            30013 => Self::GuildFull,
            40333 => Self::EdgeBlock,
            50001 => Self::MissingAccess,
            50003 | 50024 => Self::WrongChannelType,
            50013 => Self::MissingPermission,
            50035 => Self::InvalidForm,
            50074 => Self::CommunityChannel,
            50083 => Self::ThreadArchived,
            160_006 => Self::ThreadsFull,
            other => Self::Other(other),
        }
    }
}

/// Discord's own account of why it refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The code in the body.
    pub code: Code,
    /// Discord's fixed text for the code, shortened.
    pub message: String,
    /// For [`Code::InvalidForm`]: the first field that was refused and Discord's code for it, such
    /// as `parent_id: CHANNEL_PARENT_MAX_CHANNELS`. Never what we sent.
    pub field: Option<String>,
    /// For [`Code::MissingPermission`]: what the request needs, in the words of the client's settings.
    pub needs: Option<&'static str>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "discord refused with status {}: {}",
            self.status, self.message
        )?;
        match (&self.field, self.code) {
            (Some(field), _) => write!(f, " ({field})"),
            (None, Code::MissingPermission) => match self.needs {
                Some(needs) => write!(f, " (the bot needs {needs})"),
                None => Ok(()),
            },
            (None, Code::Other(code)) => write!(f, " (code {code})"),
            (None, code) => write!(f, " ({code:?})"),
        }
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    code: u64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Value,
}

impl Refusal {
    /// Reads an error body. `None` when Discord did not write it: HTML of a load balancer or of
    /// Cloudflare, nothing, or some other program's JSON.
    pub(crate) fn read(status: u16, body: &[u8]) -> Option<Self> {
        let body: ErrorBody = serde_json::from_slice(body).ok()?;
        Some(Self {
            status,
            code: body.code.into(),
            message: body.message.chars().take(ERROR_TEXT_MAX).collect(),
            field: first_field(&body.errors, "", 0),
            needs: None,
        })
    }

    /// The guild, the category or the guild's threads are full. Room appears by deletion, so this
    /// passes.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.room().is_some()
    }

    /// Whether it is the name that was refused, and nothing else that is known.
    pub(crate) fn is_of_the_name(&self) -> bool {
        let field = self.field.as_deref();
        self.code == Code::NameRefused || field.is_some_and(|field| field.starts_with("name: "))
    }

    /// What is full, if that is why.
    pub(crate) fn room(&self) -> Option<Room> {
        match self.code {
            Code::GuildFull => Some(Room::Guild),
            Code::ThreadsFull => Some(Room::Threads),
            _ => {
                let field = self.field.as_ref()?;
                let is_full = field.ends_with("CHANNEL_PARENT_MAX_CHANNELS");
                is_full.then_some(Room::Category)
            }
        }
    }
}

/// The first leaf of `{"parent_id":{"_errors":[{"code":"…"}]}}` (reference#error-messages).
fn first_field(errors: &Value, path: &str, depth: usize) -> Option<String> {
    let (name, below) = errors.as_object()?.iter().next()?;
    if name == "_errors" {
        let code = below.get(0)?.get("code")?.as_str()?;
        let code: String = code.chars().take(ERROR_TEXT_MAX).collect();
        return Some(if path.is_empty() {
            code
        } else {
            format!("{path}: {code}")
        });
    }
    if depth == ERROR_DEPTH_MAX {
        return None;
    }
    let name: String = name.chars().take(ERROR_TEXT_MAX).collect();
    let path = if path.is_empty() {
        name
    } else {
        format!("{path}.{name}")
    };
    first_field(below, &path, depth + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_bodies_are_read_leniently() {
        let plain = Refusal::read(404, br#"{"message":"Unknown Channel","code":10003}"#).unwrap();
        assert_eq!(plain.code, Code::UnknownChannel);
        let general = Refusal::read(405, br#"{"message":"405: Method Not Allowed","code":0}"#);
        assert_eq!(general.unwrap().code, Code::Other(0));
        for not_discord in [
            &b"<html>502</html>"[..],
            b"",
            b"null",
            b"{}",
            b"[]",
            b"{\"error\":1}",
        ] {
            assert_eq!(Refusal::read(502, not_discord), None);
        }
    }

    #[test]
    fn a_form_error_names_the_field_and_nothing_that_was_sent() {
        let body = br#"{"code":50035,"message":"Invalid Form Body","errors":{"parent_id":
            {"_errors":[{"code":"CHANNEL_PARENT_MAX_CHANNELS","message":"Maximum number (50)"}]}}}"#;
        let refusal = Refusal::read(400, body).unwrap();
        assert_eq!(refusal.room(), Some(Room::Category));
        assert_eq!(refusal.code, Code::InvalidForm);
        assert_eq!(
            refusal.to_string(),
            "discord refused with status 400: Invalid Form Body (parent_id: CHANNEL_PARENT_MAX_CHANNELS)"
        );
        assert!(!refusal.is_of_the_name());
        let name = br#"{"code":50035,"errors":{"name":{"_errors":[{"code":"X"}]}}}"#;
        assert!(Refusal::read(400, name).unwrap().is_of_the_name());
        let nested =
            br#"{"code":50035,"errors":{"embeds":{"0":{"title":{"_errors":[{"code":"X"}]}}}}}"#;
        assert_eq!(
            Refusal::read(400, nested).unwrap().field.unwrap(),
            "embeds.0.title: X"
        );
        let mut deep = String::from("1");
        for _ in 0..100 {
            deep = format!("{{\"a\":{deep}}}");
        }
        let deep = format!("{{\"code\":50035,\"errors\":{deep}}}");
        assert_eq!(Refusal::read(400, deep.as_bytes()).unwrap().field, None);
    }
}
