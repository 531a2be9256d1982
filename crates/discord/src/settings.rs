//! What a [`crate::Discord`] is made of.

use http::uri::{Authority, Scheme};
use secrecy::SecretString;

use crate::DiscordError;

/// Discord's own address.
const DISCORD: &str = "https://discord.com";

/// The version this crate speaks.
const API: &str = "/api/v10";

/// What a [`crate::Discord`] is made of.
#[derive(Debug)]
pub struct Settings {
    /// The bot's token, without the `Bot ` prefix.
    pub token: SecretString,
    /// Where to send requests instead of `https://discord.com`: another `https` origin, or plain
    /// `http` on a loopback address. `/api/v10` is appended; a path in front of it is kept.
    pub rest_url: Option<String>,
    /// Requests per second in all. Discord allows 50 unless it agreed on more with the bot's owner
    /// (topics/rate-limits#global-rate-limit).
    pub requests_per_second: u16,
}

impl Settings {
    /// Discord itself, at its ordinary limits.
    #[must_use]
    pub fn new(token: SecretString) -> Self {
        Self {
            token,
            rest_url: None,
            requests_per_second: 50,
        }
    }
}

/// The parsed form of [`Settings::rest_url`].
#[derive(Clone, Debug)]
pub(crate) struct Base {
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority,
    /// Everything before the route, `/api/v10` included.
    pub(crate) prefix: String,
}

impl Base {
    /// Parses a base URL. The token goes wherever this points, so plain `http` must not leave the
    /// machine; names are refused for `http`, because what `localhost` means is not ours to know.
    pub(crate) fn parse(rest_url: Option<&str>) -> Result<Self, DiscordError> {
        let text = rest_url.unwrap_or(DISCORD);
        let refuse = |problem| DiscordError::Settings {
            key: "rest_url",
            problem,
        };
        let uri: http::Uri = text.parse().map_err(|_| refuse("is not a URL"))?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(refuse(
                "needs a scheme and a host, as in https://discord.com",
            ));
        };
        if authority.as_str().contains('@') {
            return Err(refuse("must not carry a user name"));
        }
        match scheme.as_str() {
            "https" => {}
            "http" if is_loopback(&authority) => {}
            "http" => return Err(refuse("may use plain http on 127.0.0.1 only")),
            _ => return Err(refuse("must begin with https://")),
        }
        let path = parts.path_and_query.as_ref().map_or("", |path| path.path());
        let path = path.trim_end_matches('/').trim_end_matches(API);
        Ok(Self {
            scheme,
            authority,
            prefix: format!("{path}{API}"),
        })
    }
}

fn is_loopback(authority: &Authority) -> bool {
    let host = authority
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']');
    host.parse::<std::net::IpAddr>()
        .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::Base;

    #[test]
    fn the_token_goes_to_https_or_to_this_machine_only() {
        for good in [
            None,
            Some("https://discord.com"),
            Some("https://proxy.example/"),
            Some("http://127.0.0.1:8080"),
            Some("http://127.0.0.1:8080/api/v10"),
            Some("http://[::1]:8080"),
        ] {
            Base::parse(good).unwrap();
        }
        for bad in [
            "discord.com",
            "http://discord.com",
            "http://localhost:8080",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@example.com",
            "https://user@discord.com",
            "ftp://127.0.0.1",
            "",
        ] {
            Base::parse(Some(bad)).unwrap_err();
        }
    }

    #[test]
    fn the_version_is_appended_once() {
        assert_eq!(Base::parse(None).unwrap().prefix, "/api/v10");
        let doubled = Base::parse(Some("https://proxy.example/discord/api/v10/")).unwrap();
        assert_eq!(doubled.prefix, "/discord/api/v10");
    }
}
