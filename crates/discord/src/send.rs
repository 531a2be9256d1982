//! The story of one call: token, permit, transport, lesson, verdict, and perhaps once more.

use std::time::Duration;

use bytes::Bytes;
use cordboard_lifecycle::kp;
use http::{
    HeaderValue, Request, Uri,
    header::{AUTHORIZATION, HOST, USER_AGENT},
};
use http_body_util::Full;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use crate::{
    DiscordError, Settings, Trouble,
    call::{Call, Repeat},
    clock::DiscordClock,
    limiter::{Limiter, Permit},
    limits::{BODY_MAX, LIMITED_MAX, RETRY_WAIT, TOKEN_DOUBT, TRIES_MAX, TRY_TIMEOUT},
    settings::Base,
    token::{Standing, Token},
    transport::Transport,
    verdict::Failed,
};

/// The route that tells whether the token is good; it is let through when nothing else is.
pub(crate) const WHO_AM_I: &str = "GET /users/@me";

/// Discord's edge refuses unknown agents (reference#user-agent).
pub(crate) const AGENT: HeaderValue = HeaderValue::from_static(concat!(
    "DiscordBot (cordboard, ",
    env!("CARGO_PKG_VERSION"),
    ")"
));

/// What a call makes of the body of a 2xx.
pub(crate) type Reader<T> = fn(&[u8]) -> Result<T, Trouble>;

/// Reads JSON.
pub(crate) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(body).map_err(|error| Trouble::Unreadable(error.into()))
}

/// For calls whose status says it all.
#[expect(clippy::unnecessary_wraps, reason = "the shape of a `Reader`")]
pub(crate) fn nothing(_body: &[u8]) -> Result<(), Trouble> {
    Ok(())
}

/// Sends calls as one bot, within Discord's limits.
#[derive(Debug)]
pub(crate) struct Sender {
    base: Base,
    authorization: HeaderValue,
    transport: Transport,
    limiter: Limiter,
    token: Token,
    clock: DiscordClock,
}

impl Sender {
    pub(crate) fn new(settings: &Settings) -> Result<Self, DiscordError> {
        let (base, authorization) = (settings.base()?, settings.authorization()?);
        let limiter = Limiter::new(settings.rate()?);
        Ok(Self {
            base,
            authorization,
            transport: Transport::new(),
            limiter,
            token: Token::default(),
            clock: DiscordClock::default(),
        })
    }

    /// What Discord's clock reads at least.
    pub(crate) fn discord_ms(&self) -> Option<u64> {
        self.clock.floor_ms()
    }

    pub(crate) fn base(&self) -> &Base {
        &self.base
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    pub(crate) fn prefer_deletions(&self, first: bool) {
        self.limiter.prefer_deletions(first);
    }

    pub(crate) fn is_token_refused(&self) -> bool {
        self.token.is_refused()
    }

    /// Whether Discord refuses the token. Asks, where that is in doubt.
    pub(crate) async fn refuses_token(&self) -> bool {
        if self.token.trouble(Instant::now()).is_some() && !self.is_token_refused() {
            // The second answer decides.
            let _ = self.send(&Call::who_am_i(), nothing).await;
        }
        self.is_token_refused()
    }

    /// Returns when Discord has refused the token for good. Asks, where that is in doubt.
    pub(crate) async fn token_refused(&self) {
        while !self.token.verdict().await {
            if self.send(&Call::who_am_i(), nothing).await.is_err() && !self.is_token_refused() {
                sleep(TOKEN_DOUBT).await;
            }
        }
    }

    /// Sends a call until it is answered, its deadline has passed, or repeating it could act
    /// twice. A 2xx whose body `read` does not understand counts as no answer.
    pub(crate) async fn send<T>(&self, call: &Call, read: Reader<T>) -> Result<T, Failed> {
        self.send_while(|| true, call, read).await
    }

    /// As [`Self::send`], unless it is not wanted any more when its turn comes.
    pub(crate) async fn send_while<T>(
        &self,
        is_wanted: impl Fn() -> bool,
        call: &Call,
        read: Reader<T>,
    ) -> Result<T, Failed> {
        self.check_token(call).await?;
        let mut tally = Tally::default();
        loop {
            let permit = match self.limiter.acquire(call.route, call.deadline).await {
                Ok(permit) => permit,
                Err(refused) => return Err(tally.fail(refused.into())),
            };
            kp!("discord.call.admitted");
            // Somebody may have learnt of it while this call stood in line.
            if call.route.name != WHO_AM_I
                && let Some(trouble) = self.token.trouble(Instant::now())
            {
                return Err(tally.fail(trouble));
            }
            if !is_wanted() {
                return Err(tally.fail(Trouble::Withdrawn));
            }
            let answer = self
                .attempt(call, permit)
                .await
                .and_then(|body| read(&body));
            let trouble = match answer {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            match tally.again(call, &trouble) {
                Some(wait) => {
                    kp!("discord.call.before_retry");
                    sleep(wait).await;
                }
                None => return Err(tally.fail(trouble)),
            }
        }
    }

    /// One try.
    async fn attempt(&self, call: &Call, mut permit: Permit<'_>) -> Result<Bytes, Trouble> {
        let began = Instant::now();
        let deadline = match call.repeat {
            Repeat::Safe => call.deadline.min(began + TRY_TIMEOUT),
            Repeat::Unsafe => call.deadline,
        };
        let request = self.request(call)?;
        permit.sending();
        kp!("discord.request.before_send");
        let reply = match self.transport.exchange(request, deadline, BODY_MAX).await {
            Ok(reply) => reply,
            Err(cut) => {
                kp!("discord.answer.lost");
                let trouble = Trouble::from(cut);
                if !trouble.may_have_acted() {
                    permit.not_sent();
                }
                tracing::debug!(route = call.route.name, %trouble, "no answer from discord");
                return Err(trouble);
            }
        };
        kp!("discord.answer.received");
        self.clock.heard(&reply.headers);
        let body = reply.body.as_deref().unwrap_or_default();
        let limited = permit.answered(reply.status, &reply.headers, body);
        tracing::debug!(
            route = call.route.name,
            status = reply.status.as_u16(),
            duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            "discord answered"
        );
        if let Some(limited) = limited {
            let wait_ms = u64::try_from(limited.wait.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(route = call.route.name, scope = ?limited.scope, wait_ms, "rate limited");
        }
        let verdict = Trouble::judge(reply, limited);
        let verdict = verdict.map_err(|trouble| trouble.on(call.route.name));
        match &verdict {
            Ok(_) if call.route.name == WHO_AM_I => self.token.accept(),
            Err(Trouble::TokenRefused) => return Err(self.token.refuse(Instant::now())),
            _ => {}
        }
        verdict
    }

    /// Lets nothing through while the token is doubted or refused, except one probe now and then.
    async fn check_token(&self, call: &Call) -> Result<(), Trouble> {
        if call.route.name == WHO_AM_I {
            return Ok(());
        }
        match self.token.standing(Instant::now()) {
            Standing::Accepted => Ok(()),
            Standing::Closed(trouble) => Err(trouble),
            Standing::Probe => {
                let probe = Call::who_am_i().until(call.deadline);
                let permit = self.limiter.acquire(probe.route, probe.deadline).await?;
                // A probe that is lost leaves the token as it was. It is not this call's outcome:
                // nothing of this call has left.
                if let Err(trouble) = self.attempt(&probe, permit).await {
                    tracing::debug!(%trouble, "the token is not accepted yet");
                }
                self.token.trouble(Instant::now()).map_or(Ok(()), Err)
            }
        }
    }

    fn request(&self, call: &Call) -> Result<Request<Full<Bytes>>, Trouble> {
        let unbuildable = |error: http::Error| Trouble::Unbuildable(error.into());
        let uri = Uri::builder()
            .scheme(self.base.scheme.clone())
            .authority(self.base.authority.clone())
            .path_and_query(format!("{}/{}", self.base.prefix, call.path))
            .build()
            .map_err(unbuildable)?;
        let mut request = Request::new(Full::new(call.body.clone()));
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(HOST, self.base.host.clone());
        headers.insert(AUTHORIZATION, self.authorization.clone());
        headers.insert(USER_AGENT, AGENT);
        call.headers(headers);
        Ok(request)
    }
}

/// What the tries of one call came to so far.
#[derive(Debug, Default)]
struct Tally {
    limited: u32,
    unanswered: u32,
    may_have_acted: bool,
}

impl Tally {
    /// Takes in a failed try. How long to wait before the next one, if there may be one.
    fn again(&mut self, call: &Call, trouble: &Trouble) -> Option<Duration> {
        self.may_have_acted |= trouble.may_have_acted();
        if matches!(trouble, Trouble::RateLimited { .. }) {
            // Not executed, whatever the scope. The limiter does the waiting.
            self.limited += 1;
            return (self.limited < LIMITED_MAX).then_some(Duration::ZERO);
        }
        if let Trouble::TokenDoubted { wait } = *trouble {
            // The second answer decides. Other calls come back when it is there.
            let decisive = call.route.name == WHO_AM_I && Instant::now() + wait < call.deadline;
            return decisive.then_some(wait);
        }
        let repeatable = match trouble {
            Trouble::NotSent(_) => true,
            Trouble::Lost(_)
            | Trouble::BodyLost { .. }
            | Trouble::Broken { .. }
            | Trouble::Unreadable(_) => call.repeat == Repeat::Safe,
            _ => false,
        };
        self.unanswered += 1;
        if !repeatable || self.unanswered >= TRIES_MAX {
            return None;
        }
        let base = RETRY_WAIT * 2_u32.pow(self.unanswered - 1);
        let wait = base + base.mul_f64(fastrand::f64());
        (Instant::now() + wait < call.deadline).then_some(wait)
    }

    fn fail(&self, trouble: Trouble) -> Failed {
        Failed {
            may_have_acted: self.may_have_acted || trouble.may_have_acted(),
            trouble,
        }
    }
}

#[cfg(test)]
mod tests;
