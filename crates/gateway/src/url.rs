//! Which addresses may be connected to.

use std::net::IpAddr;

use http::Uri;

/// Why an address of a gateway is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is no URL, or one without a host.
    #[error("`{0}` is not a URL")]
    Malformed(String),
    /// It begins with something other than `wss://` or `ws://`.
    #[error("`{0}` is neither wss:// nor ws://")]
    Scheme(String),
    /// It would send the token over the network in clear.
    #[error("`{0}` is not encrypted, and its host is not this machine")]
    Plain(String),
    /// It has a query, where the protocol's own parameters belong.
    #[error("`{0}` has a query")]
    Query(String),
}

/// `url` without slashes at its end, if it may be connected to.
///
/// Also asked for every address that Discord sends: twilight panics on one that does not parse, and
/// follows any that does.
pub(crate) fn usable(url: &str) -> Result<String, UrlError> {
    let uri: Uri = url.parse().map_err(|_| UrlError::Malformed(url.into()))?;
    let host = uri.host().ok_or_else(|| UrlError::Malformed(url.into()))?;
    match uri.scheme_str() {
        Some("wss") => {}
        Some("ws") if is_loopback(host) => {}
        Some("ws") => return Err(UrlError::Plain(url.into())),
        _ => return Err(UrlError::Scheme(url.into())),
    }
    if uri.query().is_some() {
        return Err(UrlError::Query(url.into()));
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// By address only: what a name such as `localhost` means is not ours to know.
fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.parse::<IpAddr>()
        .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Refusal = fn(String) -> UrlError;

    #[test]
    fn an_unencrypted_address_outside_this_machine_is_refused() {
        for good in [
            "wss://gateway.discord.gg",
            "wss://gateway.discord.gg/",
            "wss://gateway-us-east1-b.discord.gg:443",
            "ws://127.0.0.1:8080",
            "ws://127.8.9.1",
            "ws://[::1]:9",
        ] {
            assert_eq!(usable(good).as_deref(), Ok(good.trim_end_matches('/')));
        }
        let table: [(&str, Refusal); 10] = [
            ("ws://gateway.discord.gg", UrlError::Plain),
            ("ws://10.0.0.1:80", UrlError::Plain),
            ("ws://localhost:1", UrlError::Plain),
            ("ws://127.0.0.1.example.org", UrlError::Plain),
            ("http://127.0.0.1:80", UrlError::Scheme),
            ("gateway.discord.gg", UrlError::Scheme),
            ("/only/a/path", UrlError::Malformed),
            ("wss://", UrlError::Malformed),
            ("wss://a b", UrlError::Malformed),
            ("wss://gateway.discord.gg/?v=9", UrlError::Query),
        ];
        for (bad, error) in table {
            assert_eq!(usable(bad), Err(error(bad.into())), "{bad}");
        }
    }
}
