//! Asking a running proxy over HTTP: small questions, each bounded in time and size.

use std::{net::SocketAddr, pin::pin};

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{
    Request, Uri,
    body::Bytes,
    client::conn::http1,
    header::{ACCEPT, AUTHORIZATION, HOST, HeaderValue},
};
use hyper_util::rt::TokioIo;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{net::TcpStream, time::timeout};

use crate::{
    Failed, Source,
    limits::{ASKED_BYTES_MAX, ASKING_TIMEOUT},
};

/// Where a proxy listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProxyAddress {
    host: String,
    port: u16,
    /// What is before each path, for a proxy behind another.
    base: String,
}

/// What a proxy answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

// === impl ProxyAddress ===

impl ProxyAddress {
    /// That of `listen`, as this machine reaches it.
    pub(crate) fn of_listen(listen: SocketAddr) -> Result<Self, String> {
        if listen.port() == 0 {
            return Err("listen has port 0, which is another one at each start: name the address with --url".to_owned());
        }
        let host = match listen {
            SocketAddr::V4(_) if listen.ip().is_unspecified() => "127.0.0.1".to_owned(),
            SocketAddr::V6(_) if listen.ip().is_unspecified() => "::1".to_owned(),
            _ => listen.ip().to_string(),
        };
        Ok(Self {
            host,
            port: listen.port(),
            base: String::new(),
        })
    }

    /// That of a URL. Only `http://`: the proxy itself speaks nothing else.
    pub(crate) fn of_url(url: &str) -> Result<Self, String> {
        let wrong = "--url is not like http://127.0.0.1:7077; the proxy itself speaks plain HTTP";
        let uri: Uri = url.trim_end_matches('/').parse().map_err(|_| wrong)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(wrong)?;
        let is_plain = uri.scheme_str() == Some("http") && uri.query().is_none();
        let has_user = uri
            .authority()
            .is_some_and(|all| all.as_str().contains('@'));
        if !is_plain || has_user {
            return Err(wrong.to_owned());
        }
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(80),
            base: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Whether it is this machine, over nobody's wire: a key may be sent there.
    pub(crate) fn is_loopback(&self) -> bool {
        let ip = self.host.parse::<std::net::IpAddr>();
        ip.is_ok_and(|ip| ip.is_loopback())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}{}", self.authority(), self.base)
    }

    fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// `GET path`. Redirects are not followed: a key goes to whom it was meant for.
    pub(crate) async fn get(
        &self,
        path: &str,
        key: Option<&SecretString>,
    ) -> Result<Answer, Failed> {
        let answer = timeout(ASKING_TIMEOUT, self.ask(path, key)).await;
        let answer = answer.unwrap_or_else(|elapsed| Err(elapsed.into()));
        answer.map_err(|source| Failed::ProxyAway {
            url: self.url(),
            source,
        })
    }

    async fn ask(&self, path: &str, key: Option<&SecretString>) -> Result<Answer, Source> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let mut request = Request::get(format!("{}{path}", self.base))
            .header(HOST, self.authority())
            .header(ACCEPT, "application/json, text/plain");
        if let Some(key) = key {
            let bearer = format!("Bearer {}", key.expose_secret().trim());
            let mut bearer = HeaderValue::from_str(&bearer)?;
            bearer.set_sensitive(true);
            request = request.header(AUTHORIZATION, bearer);
        }
        let request = request.body(Empty::<Bytes>::new())?;
        let mut asked = pin!(async move {
            let (parts, body) = sender.send_request(request).await?.into_parts();
            let body = Limited::new(body, ASKED_BYTES_MAX).collect().await?;
            Ok(Answer {
                status: parts.status.as_u16(),
                body: body.to_bytes(),
            })
        });
        let mut connection = pin!(connection);
        // The connection is driven here: what is asked is one question.
        tokio::select! {
            biased;
            answer = &mut asked => answer,
            // It has ended, and what it brought may still be there to be read.
            _ = &mut connection => asked.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
        time::Instant,
    };

    use super::*;

    /// What comes of a question to somebody who answers with this, again and again, and then says
    /// nothing more.
    async fn asked(head: &str, piece: &[u8], times: usize) -> Result<Answer, Failed> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = ProxyAddress::of_listen(listener.local_addr().unwrap()).unwrap();
        let answering = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut question = [0; 1_024];
            let read = stream.read(&mut question).await.unwrap();
            let question = String::from_utf8_lossy(&question[..read]).into_owned();
            assert!(question.starts_with("GET /x HTTP/1.1"), "{question}");
            assert!(question.contains("Bearer sk-key\r\n"), "{question}");
            stream.write_all(head.as_bytes()).await.unwrap();
            for _ in 0..times {
                // Whoever has enough hangs up.
                if stream.write_all(piece).await.is_err() {
                    break;
                }
            }
            std::future::pending::<()>().await;
        };
        let key = SecretString::from("sk-key\n");
        tokio::select! {
            answer = address.get("/x", Some(&key)) => answer,
            () = answering => unreachable!("it does not end"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_is_bounded_in_time_and_size() {
        let answer = asked("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", b"", 0).await;
        assert_eq!(answer.unwrap().body, "ok");

        for head in ["", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"] {
            let began = Instant::now();
            let silent = asked(head, b"", 0).await.unwrap_err();
            assert_eq!(silent.exit_code(), 69);
            assert!(began.elapsed() >= ASKING_TIMEOUT);
        }
        let piece = vec![b'x'; 1 << 20];
        let large = asked("HTTP/1.1 200 OK\r\n\r\n", &piece, 9)
            .await
            .unwrap_err();
        assert!(
            large.chain().contains("length limit exceeded"),
            "{}",
            large.chain()
        );
        let garbage = asked("what?\r\n\r\n", b"", 0).await.unwrap_err();
        assert_eq!(garbage.exit_code(), 69);
    }

    #[test]
    fn a_proxy_is_found_where_it_listens_or_where_somebody_says() {
        for (listen, url) in [
            ("127.0.0.1:7077", Some("http://127.0.0.1:7077")),
            ("0.0.0.0:7077", Some("http://127.0.0.1:7077")),
            ("[::]:7077", Some("http://[::1]:7077")),
            ("10.0.0.5:80", Some("http://10.0.0.5:80")),
            ("127.0.0.1:0", None),
        ] {
            let address = ProxyAddress::of_listen(listen.parse().unwrap()).ok();
            let found = address.map(|address| address.url());
            assert_eq!(found.as_deref(), url, "{listen}");
        }
        for (given, url) in [
            ("http://127.0.0.1:7077/", Some("http://127.0.0.1:7077")),
            ("http://cord.example", Some("http://cord.example:80")),
            ("http://[::1]:9/base/", Some("http://[::1]:9/base")),
            ("https://cord.example", None),
            ("http://key@cord.example", None),
            ("http://cord.example/?a=b", None),
            ("cord.example:80", None),
            ("", None),
        ] {
            let address = ProxyAddress::of_url(given).ok();
            let found = address.map(|address| address.url());
            assert_eq!(found.as_deref(), url, "{given}");
        }
    }

    #[test]
    fn a_key_is_sent_unasked_to_this_machine_only() {
        for (url, is_loopback) in [
            ("http://127.0.0.1:1", true),
            ("http://[::1]:1", true),
            ("http://10.0.0.5:1", false),
            ("http://localhost.example:1", false),
        ] {
            let address = ProxyAddress::of_url(url).unwrap();
            assert_eq!(address.is_loopback(), is_loopback, "{url}");
        }
    }
}
