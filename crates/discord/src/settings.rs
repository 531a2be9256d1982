//! What a [`crate::Discord`] is made of.

use http::{
    HeaderValue,
    uri::{Authority, Scheme},
};
use secrecy::{ExposeSecret, SecretString};

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

    /// All that [`crate::Discord::new`] would refuse. It takes them when there is nothing.
    #[must_use]
    pub fn problems(&self) -> Vec<DiscordError> {
        let problems = [
            self.authorization().err(),
            self.base().err(),
            self.rate().err(),
        ];
        problems.into_iter().flatten().collect()
    }

    /// What goes into the header of each request.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, DiscordError> {
        let refuse = |problem| DiscordError::Settings {
            key: "token",
            problem,
        };
        let token = self.token.expose_secret().trim();
        if token.is_empty() || token.starts_with("Bot ") {
            return Err(refuse(
                "must be the bare bot token, without `Bot ` before it",
            ));
        }
        let mut authorization = HeaderValue::try_from(format!("Bot {token}"))
            .map_err(|_| refuse("has characters that no token has"))?;
        authorization.set_sensitive(true);
        Ok(authorization)
    }

    pub(crate) fn base(&self) -> Result<Base, DiscordError> {
        Base::parse(self.rest_url.as_deref())
    }

    pub(crate) fn rate(&self) -> Result<u16, DiscordError> {
        match self.requests_per_second {
            0 => Err(DiscordError::Settings {
                key: "requests_per_second",
                problem: "must be at least 1",
            }),
            rate => Ok(rate),
        }
    }
}

/// The parsed form of [`Settings::rest_url`].
#[derive(Clone, Debug)]
pub(crate) struct Base {
    pub(crate) scheme: Scheme,
    pub(crate) authority: Authority,
    /// The authority as a header.
    pub(crate) host: HeaderValue,
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
            "http" => {
                return Err(refuse(
                    "would send the token in clear: plain http may lead to 127.0.0.1 only",
                ));
            }
            _ => return Err(refuse("must begin with https://")),
        }
        let host = HeaderValue::try_from(authority.as_str())
            .map_err(|_| refuse("has a host that cannot be sent"))?;
        let path = parts.path_and_query.as_ref().map_or("", |path| path.path());
        let path = path.trim_end_matches('/').trim_end_matches(API);
        Ok(Self {
            scheme,
            authority,
            host,
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
