//! Files that bots attach to their replies.

use bytes::Bytes;
use http::{Request, Uri, header::USER_AGENT};
use http_body_util::Full;
use tokio::time::Instant;

use crate::{
    Discord, DiscordError, Trouble,
    limits::{ATTACHMENT_MAX, CALL_TIMEOUT},
    send::AGENT,
    settings::Base,
    verdict::Failed,
};

/// Where Discord serves attachments (reference#cdn-formatting).
const CDN_HOSTS: [&str; 2] = ["cdn.discordapp.com", "media.discordapp.net"];

impl Discord {
    /// Reads an attachment by the `url` that Discord gave for it, up to 25 MiB. The URL is signed
    /// and expires: read it soon, or read the message again.
    ///
    /// Only Discord's CDN, and the configured `rest_url`, are ever asked; redirects are not
    /// followed; the token is not sent. [`DiscordError::Never`] for any other address, and for
    /// what is gone or too large.
    pub async fn fetch_attachment(&self, url: &str) -> Result<Bytes, DiscordError> {
        let uri = permitted(url, self.sender.base()).map_err(Failed::from)?;
        let mut request = Request::new(Full::default());
        *request.uri_mut() = uri;
        request.headers_mut().insert(USER_AGENT, AGENT);
        let deadline = Instant::now() + CALL_TIMEOUT;
        let exchange = self
            .sender
            .transport()
            .exchange(request, deadline, ATTACHMENT_MAX);
        let reply = exchange
            .await
            .map_err(|cut| Failed::from(Trouble::from(cut)))?;
        let status = reply.status.as_u16();
        match reply.body {
            Ok(body) if reply.status.is_success() => Ok(body),
            Ok(_) if matches!(status, 400..=499) && !matches!(status, 408 | 429) => {
                Err(DiscordError::Never {
                    source: Trouble::Broken { status },
                })
            }
            Ok(_) => Err(DiscordError::NotDone {
                wait: None,
                source: Trouble::Broken { status },
            }),
            Err(source @ crate::BodyLoss::TooLong { .. }) => Err(DiscordError::Never {
                source: Trouble::BodyLost { status, source },
            }),
            Err(source) => Err(DiscordError::NotDone {
                wait: None,
                source: Trouble::BodyLost { status, source },
            }),
        }
    }
}

/// Message content is anybody's: an address in it must not make us ask a host of their choice.
fn permitted(url: &str, base: &Base) -> Result<Uri, Trouble> {
    let refuse = || Trouble::Unbuildable("not an address of discord's".into());
    let uri: Uri = url.parse().map_err(|_| refuse())?;
    let (scheme, authority) = (
        uri.scheme().ok_or_else(refuse)?,
        uri.authority().ok_or_else(refuse)?,
    );
    let cdn = *scheme == http::uri::Scheme::HTTPS && CDN_HOSTS.contains(&authority.as_str());
    let configured = *scheme == base.scheme && *authority == base.authority;
    if cdn || configured {
        Ok(uri)
    } else {
        Err(refuse())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_discords_hosts_are_asked() {
        let base = Base::parse(Some("http://127.0.0.1:8080")).unwrap();
        for good in [
            "https://cdn.discordapp.com/attachments/1/2/a.txt?ex=1&is=2&hm=3",
            "https://media.discordapp.net/attachments/1/2/a.png",
            "http://127.0.0.1:8080/attachments/1/2/a.txt",
        ] {
            permitted(good, &base).unwrap();
        }
        for bad in [
            "http://cdn.discordapp.com/a",
            "https://cdn.discordapp.com:444/a",
            "https://cdn.discordapp.com@evil.example/a",
            "https://evil.example@cdn.discordapp.com/a",
            "https://cdn.discordapp.com.evil.example/a",
            "https://evilcdn.discordapp.com/a",
            "https://169.254.169.254/latest",
            "http://127.0.0.1:8081/a",
            "http://127.0.0.1/a",
            "https://127.0.0.1:8080/a",
            "file:///etc/passwd",
            "/attachments/1/2/a.txt",
            "",
        ] {
            assert!(permitted(bad, &base).is_err(), "{bad}");
        }
    }
}
