//! Sends serenity's requests, and sorts what becomes of them by what the lifecycle may do next.
//!
//! `serenity::Http` sends them too, but it cannot be used for this: its rate limiter repeats a
//! request on its own, after a 429 and also after a success whose rate-limit headers it cannot read
//! (0.12.5, `http/ratelimiting.rs`), so that one mark could come to name two channels; its default
//! client follows redirects, has no time limits, and keeps back how long Discord asked to wait.
//!
//! Passing that limiter by costs little. The routes used here have no buckets of their own worth the
//! name, and after a 429 nothing is sent before its time.

use std::{collections::HashMap, error::Error, sync::Arc, time::Duration};

use cordboard_lifecycle::{Failure, Mark, Room};
use parking_lot::Mutex;
use reqwest::{
    Client, Response, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
    redirect, retry,
};
use serde::de::DeserializeOwned;
use serenity::http::{DiscordJsonError, Http, LightMethod, Request};
use tokio::time::{Instant, sleep_until, timeout_at};

/// How long a call other than a creation may take: as long as Discord was seen to take, and less
/// than the lifecycle's own bound.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// For the connection alone, so that most of a call's time is left for the answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// More than the list of 500 channels with their overwrites.
const BODY_MAX: usize = 8 << 20;

/// The wait after a 429 that does not say how long. Discord's do.
const PAUSE: Duration = Duration::from_secs(5);

/// The longest wait that is believed: Discord's longest known limits last two days.
const PAUSE_MAX: Duration = Duration::from_hours(48);

/// The JSON error codes that something here depends on
/// (topics/opcodes-and-status-codes#json-json-error-codes).
const UNKNOWN_CHANNEL: isize = 10_003;
const NAME_REFUSED: isize = 20_031;
const GUILD_FULL: isize = 30_013;
const EDGE_BLOCK: isize = 40_333;
const MISSING_ACCESS: isize = 50_001;
const MISSING_PERMISSION: isize = 50_013;
const THREADS_FULL: isize = 160_006;

/// In the errors of a 50035: the category is full.
const CATEGORY_FULL: &str = "CHANNEL_PARENT_MAX_CHANNELS";

/// Discord over serenity's requests, as one bot.
pub(crate) struct Wire {
    /// Knows the token, and where to send.
    http: Arc<Http>,
    client: Client,
    /// Until when Discord wants no more requests of a method. Apart by method, because creations
    /// can be closed for hours and deletions must go on.
    closed: Mutex<HashMap<LightMethod, Instant>>,
}

/// Why there is no answer that one could go on with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The token or the proxy's address cannot be written into a request.
    #[error("the request cannot be built")]
    Unbuildable(#[source] Box<dyn Error + Send + Sync>),
    /// There was no connection.
    #[error("no request could be sent")]
    NotSent(#[source] Box<dyn Error + Send + Sync>),
    /// Not sent, or refused with a 429: Discord did not act.
    #[error("discord asks to wait {0:?}")]
    Limited(Duration),
    /// Discord says no, in its own words.
    #[error("discord refused with status {0}: {text} (code {code})", text = .1.message, code = .1.code)]
    Refused(StatusCode, DiscordJsonError),
    /// Discord may have acted, or may act yet.
    #[error("the answer was lost")]
    Lost(#[source] Box<dyn Error + Send + Sync>),
}

// === impl Wire ===

impl Wire {
    pub(crate) fn new(http: Arc<Http>) -> reqwest::Result<Self> {
        let client = Client::builder()
            // Either would send a creation once more. What is left is hyper's own repetition of
            // a request of which it has not written a byte.
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            // The environment does not decide where the token goes.
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .build()?;
        Ok(Self {
            http,
            client,
            closed: Mutex::default(),
        })
    }

    /// Waits until Discord wants requests of this method again.
    pub(crate) async fn turn(&self, method: LightMethod, deadline: Instant) -> Result<(), Trouble> {
        let opens = self.closed.lock().get(&method).copied();
        if let Some(opens) = opens.filter(|opens| *opens > Instant::now()) {
            if opens >= deadline {
                return Err(Trouble::Limited(opens - Instant::now()));
            }
            sleep_until(opens).await;
        }
        Ok(())
    }

    /// Sends a request, once. An answer is one with a status of 2xx.
    pub(crate) async fn ask(
        &self,
        request: Request<'_>,
        deadline: Instant,
    ) -> Result<Response, Trouble> {
        let method = *request.method_ref();
        self.turn(method, deadline).await?;
        let (token, proxy) = (self.http.token(), self.http.proxy.as_deref());
        let request = request
            .build(&self.client, token, proxy)
            .map_err(|error| Trouble::Unbuildable(error.into()))?;
        let response = match timeout_at(deadline, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_builder() => return Err(Trouble::Unbuildable(error.into())),
            // A connection that does not come about has carried no request.
            Ok(Err(error)) if error.is_connect() => return Err(Trouble::NotSent(error.into())),
            Ok(Err(error)) => return Err(Trouble::Lost(error.into())),
            Err(elapsed) => return Err(Trouble::Lost(elapsed.into())),
        };
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            let wait = retry_after(response.headers()).map_or(PAUSE, |wait| wait.min(PAUSE_MAX));
            self.closed.lock().insert(method, Instant::now() + wait);
            return Err(Trouble::Limited(wait));
        }
        judge(response, deadline).await
    }

    /// Reads something.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        request: Request<'_>,
    ) -> Result<T, Failure> {
        let deadline = Instant::now() + CALL_TIMEOUT;
        let response = self.ask(request, deadline).await;
        let response = response.map_err(Trouble::reading)?;
        read(response, deadline).await.map_err(Trouble::reading)
    }
}

/// Tells a refusal from an answer that says nothing. 408 and 5xx do not mean "not done"
/// (discord-api-docs #2891), nor does a page that something in front of Discord wrote.
async fn judge(response: Response, deadline: Instant) -> Result<Response, Trouble> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    if !status.is_client_error() || status == StatusCode::REQUEST_TIMEOUT {
        let says_nothing = format!("an answer with status {status}");
        return Err(Trouble::Lost(says_nothing.into()));
    }
    match read::<DiscordJsonError>(response, deadline).await? {
        error if error.code == EDGE_BLOCK => Err(Trouble::Lost(error.message.into())),
        error => Err(Trouble::Refused(status, error)),
    }
}

/// Reads the body of an answer.
pub(crate) async fn read<T: DeserializeOwned>(
    mut response: Response,
    deadline: Instant,
) -> Result<T, Trouble> {
    let body = async {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > BODY_MAX {
                return Err("an answer without end".into());
            }
        }
        Ok::<_, Box<dyn Error + Send + Sync>>(serde_json::from_slice(&body)?)
    };
    match timeout_at(deadline, body).await {
        Ok(body) => body.map_err(Trouble::Lost),
        Err(elapsed) => Err(Trouble::Lost(elapsed.into())),
    }
}

/// Puts the mark into the audit-log reason, where only this bot can have put it.
pub(crate) fn with_reason<'a>(request: Request<'a>, mark: &Mark) -> Request<'a> {
    // A mark is ASCII without a percent sign, so that it is its own percent-encoding.
    let mark = HeaderValue::from_str(&mark.to_string()).expect("a mark is ASCII");
    let name = HeaderName::from_static("x-audit-log-reason");
    let headers = HeaderMap::from_iter([(name, mark)]);
    request.headers(Some(headers))
}

/// The wait that a 429 asks for, in seconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

// === impl Trouble ===

impl Trouble {
    /// The verdict on a call that changes something in Discord.
    pub(crate) fn acting(self) -> Failure {
        if let Some(room) = self.room() {
            let source = self.into();
            return Failure::NoRoom { room, source };
        }
        match self {
            Self::Limited(wait) => {
                let (wait, source) = (Some(wait), self.into());
                Failure::NotDone { wait, source }
            }
            Self::NotSent(_) => {
                let (wait, source) = (None, self.into());
                Failure::NotDone { wait, source }
            }
            Self::Lost(_) => Failure::Unknown {
                source: self.into(),
            },
            Self::Unbuildable(_) | Self::Refused(..) => Failure::Never {
                source: self.into(),
            },
        }
    }

    /// The verdict on a call that creates something with a name.
    pub(crate) fn naming(self) -> Failure {
        if let Self::Refused(_, error) = &self
            && (error.code == NAME_REFUSED || error.errors.iter().any(|error| error.path == "name"))
        {
            let source = self.into();
            return Failure::NameRefused { source };
        }
        self.acting()
    }

    /// The verdict on a call that only reads: nothing can have been done.
    pub(crate) fn reading(self) -> Failure {
        match self.acting() {
            Failure::Unknown { source } => Failure::NotDone { wait: None, source },
            failure => failure,
        }
    }

    pub(crate) fn is_unknown_channel(&self) -> bool {
        matches!(self, Self::Refused(StatusCode::NOT_FOUND, error) if error.code == UNKNOWN_CHANNEL)
    }

    pub(crate) fn is_out_of_sight(&self) -> bool {
        matches!(self, Self::Refused(_, error) if error.code == MISSING_ACCESS)
    }

    pub(crate) fn is_hidden_channel(&self) -> bool {
        matches!(self, Self::Refused(_, error)
            if matches!(error.code, MISSING_ACCESS | MISSING_PERMISSION))
    }

    /// What is full, if that is why.
    fn room(&self) -> Option<Room> {
        let Self::Refused(_, error) = self else {
            return None;
        };
        match error.code {
            GUILD_FULL => Some(Room::Guild),
            THREADS_FULL => Some(Room::Threads),
            _ if error.errors.iter().any(|error| error.code == CATEGORY_FULL) => {
                Some(Room::Category)
            }
            _ => None,
        }
    }
}
