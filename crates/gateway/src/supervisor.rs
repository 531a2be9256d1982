//! The supervisor: one connection after the other, for as long as there is hope.

use std::{future::pending, pin::pin, sync::Arc, time::Duration};

use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use twilight_gateway::{CloseFrame, Config, ConfigBuilder};

use crate::{
    Endpoint, Failure, Fatal, Feed, GatewayDirectory, Session, Settings, State, Trouble,
    backoff::Backoff,
    connection::{Connection, End, Step},
    limits::{DIRECTORY_TIMEOUT, DIRECTORY_WAIT_MAX, IDENTIFY_RECHECK, IDENTIFY_RESERVE},
    link::Link,
    permit::Permit,
    reception::{Parting, Reception, Upshot},
    turnstile::{Turn, Turnstile},
    url,
};

/// Drives one shard.
#[derive(Debug)]
pub(crate) struct Supervisor<D> {
    settings: Settings,
    directory: Arc<D>,
    turnstile: Arc<Turnstile>,
    reception: Reception,
    link: Link,
    backoff: Backoff,
    /// Where to connect when there is no session to resume, once it is known.
    address: Option<String>,
}

/// Why an attempt ended.
#[derive(Debug)]
enum Ending {
    /// `stop` was cancelled.
    Stopped,
    Fatal(Fatal),
    /// To be tried again.
    Parted(Parting),
}

impl<D: GatewayDirectory> Supervisor<D> {
    pub(crate) fn new(
        settings: Settings,
        directory: Arc<D>,
        feed: Arc<Feed>,
        turnstile: Arc<Turnstile>,
    ) -> Self {
        let reception = Reception::new(feed, &settings);
        Self {
            settings,
            directory,
            turnstile,
            reception,
            link: Link::default(),
            backoff: Backoff::default(),
            address: None,
        }
    }

    /// The shard's number.
    pub(crate) fn shard(&self) -> u32 {
        self.settings.shard.number()
    }

    /// Goes on with a session that another process has left.
    pub(crate) fn take_over(&mut self, session: Session) {
        self.link.take_over(session);
        self.reception.session_taken_over(self.link.left());
    }

    /// Holds the connection until `stop`, or until an operator has to act. Returns the session that is
    /// left.
    pub(crate) async fn run(&mut self, stop: &CancellationToken) -> Result<Option<Session>, Fatal> {
        let outcome = self.supervise(stop).await;
        let left = self.link.left().filter(|_| self.settings.leaves_session);
        let left = outcome.map(|()| left);
        self.reception.session_is(left.clone().ok().flatten());
        left
    }

    /// It is over for good, for all who share the feed.
    pub(crate) fn close(&self, fatal: Option<&Fatal>) {
        let since = Instant::now();
        let state = match fatal.cloned() {
            Some(why) => State::Fatal { since, why },
            None => State::Stopped { since },
        };
        self.reception.close(state);
    }

    async fn supervise(&mut self, stop: &CancellationToken) -> Result<(), Fatal> {
        // twilight would panic.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(Fatal::TlsProviderMissing);
        }
        if let Some(configured) = &self.settings.gateway_url {
            self.address = Some(url::usable(configured).map_err(Fatal::Address)?);
        }
        // Loads the TLS roots, so it is made once and cloned for each connection.
        let token = self.settings.token.expose_secret().to_owned();
        let config = ConfigBuilder::new(token, self.settings.intents)
            .queue(Permit::none())
            .build();
        loop {
            let (trouble, wait) = match self.attempt(&config, stop).await {
                Ending::Stopped => return Ok(()),
                Ending::Fatal(fatal) => return Err(fatal),
                Ending::Parted(parting) => parting,
            };
            self.reception.session_is(self.link.left());
            let resumable = self.link.session().is_some();
            let held = self.reception.lost(&trouble, resumable);
            let pause = self.backoff.after(held, fastrand::f64()).max(wait);
            tracing::warn!(
                reason = %trouble,
                resumable,
                held_ms = held.map(|held| held.as_millis()),
                pause_ms = pause.as_millis(),
                "no gateway connection"
            );
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = sleep(pause) => {}
            }
        }
    }

    /// One connection, from the question where to connect to its end.
    async fn attempt(&mut self, config: &Config<Permit>, stop: &CancellationToken) -> Ending {
        let (address, turn) = tokio::select! {
            () = stop.cancelled() => return Ending::Stopped,
            found = self.find_way() => match found {
                Ok(found) => found,
                Err(ending) => return ending,
            },
        };
        let mut builder = ConfigBuilder::from(config.clone()).proxy_url(address);
        if let Some(session) = self.link.session() {
            builder = builder.session(session.clone());
        }
        let pulse = self.reception.pulse();
        let permit = match turn {
            Some(turn) => Permit::one(turn, Arc::clone(&pulse)),
            None => Permit::none(),
        };
        if let Some(url) = self.link.resume_url() {
            builder = builder.resume_url(url.to_owned());
        }
        let config = builder.queue(permit).build();
        let mut connection = Connection::new(self.settings.shard, config, pulse);
        let ending = self.drive(&mut connection, stop).await;
        match &ending {
            Ending::Parted((trouble, _)) => {
                self.link.keep(&connection, trouble, self.reception.is_up());
            }
            Ending::Stopped | Ending::Fatal(_) => {}
        }
        ending
    }

    /// Where to connect, and the right to IDENTIFY there if there is no session to resume.
    async fn find_way(&mut self) -> Result<(String, Option<Turn>), Ending> {
        if self.link.session().is_some() {
            return Ok((self.find_address(None).await?, None));
        }
        let turn = self.turnstile.turn(self.shard()).await;
        let address = self.find_address(Some(&turn)).await?;
        Ok((address, Some(turn)))
    }

    /// Where to connect. Asks the directory before every IDENTIFY: how many are left is Discord's
    /// to tell, and Discord remembers it over our restarts.
    async fn find_address(&mut self, turn: Option<&Turn>) -> Result<String, Ending> {
        if let (None, Some(address)) = (turn, &self.address) {
            return Ok(address.clone());
        }
        let endpoint = self.ask_directory().await?;
        self.turnstile.set_max_concurrency(endpoint.max_concurrency);
        // To resume costs none.
        let reserve = turn.map(|turn| IDENTIFY_RESERVE.saturating_add(turn.others()));
        if reserve.is_some_and(|reserve| endpoint.identifies_left <= reserve) {
            let left = endpoint.identifies_left;
            let wait = endpoint.identifies_reset_after.min(IDENTIFY_RECHECK);
            return Err(Ending::Parted((Trouble::IdentifyBudget { left }, wait)));
        }
        if self.settings.gateway_url.is_none() {
            let url = url::usable(&endpoint.url)
                .map_err(|error| Ending::Parted((Trouble::Address(error), Duration::ZERO)))?;
            self.address = Some(url);
        }
        Ok(self
            .address
            .clone()
            .expect("set when it was configured, or just now"))
    }

    async fn ask_directory(&self) -> Result<Endpoint, Ending> {
        let silent = |reason: String, wait: Option<Duration>| {
            let wait = wait.unwrap_or_default().min(DIRECTORY_WAIT_MAX);
            Ending::Parted((Trouble::Directory(reason), wait))
        };
        match timeout(DIRECTORY_TIMEOUT, self.directory.gateway()).await {
            Ok(Ok(endpoint)) => Ok(endpoint),
            Ok(Err(Failure::NotDone { wait, source })) => Err(silent(source.to_string(), wait)),
            Ok(Err(Failure::Never { .. })) => Err(Ending::Fatal(Fatal::TokenRefused)),
            Err(_) => Err(silent("no answer in time".into(), None)),
        }
    }

    /// Polls and publishes, and does nothing else: a shard that is not polled does not send its
    /// heartbeats, and loses a good connection.
    async fn drive(&mut self, connection: &mut Connection, stop: &CancellationToken) -> Ending {
        let reception = &mut self.reception;
        let mut cancelled = pin!(stop.cancelled());
        loop {
            let next = tokio::select! {
                biased;
                () = &mut cancelled => {
                    // If nobody will resume this session, it ends here, and the bot goes offline.
                    let goodbye = if self.settings.leaves_session {
                        CloseFrame::RESUME
                    } else {
                        CloseFrame::NORMAL
                    };
                    // Who listened may have been stopped as well: what still comes is left to be sent again.
                    self.link.leave(connection);
                    connection.drain(goodbye, |text| reception.take_last(&text)).await;
                    return Ending::Stopped;
                }
                () = until(reception.hand_over_deadline()) => {
                    reception.hand_over();
                    continue;
                }
                next = connection.next() => next,
                // Last: what has come already counts.
                () = until(reception.deaf_at()) => {
                    if !reception.is_deaf() {
                        continue;
                    }
                    // Nobody goes on with this session.
                    connection.drain(CloseFrame::NORMAL, |text| reception.take_last(&text)).await;
                    return Ending::Parted((Trouble::Deaf, Duration::ZERO));
                }
            };
            match next {
                Step::Frame(text) => {
                    reception.answered(connection.latency());
                    let parting = match reception.take(&text) {
                        Upshot::Part(parting) => parting,
                        Upshot::GoOn => continue,
                        Upshot::HeartbeatAsked => {
                            connection.heartbeat_asked();
                            continue;
                        }
                        Upshot::HeartbeatAcknowledged => {
                            if let Some(sent) = connection.heartbeat_acknowledged() {
                                reception.acknowledged(sent);
                            }
                            continue;
                        }
                    };
                    // With a bad resume address, twilight must not be polled again.
                    if !matches!(parting.0, Trouble::Address(_)) {
                        let goodbye = CloseFrame::RESUME;
                        connection
                            .drain(goodbye, |text| reception.take_last(&text))
                            .await;
                    }
                    return Ending::Parted(parting);
                }
                Step::Undecodable => reception.undecodable(),
                Step::Ended(End::Refused(code)) => {
                    let Settings { intents, shard, .. } = self.settings;
                    return Ending::Fatal(Fatal::of_close_code(code, intents, shard));
                }
                Step::Ended(End::Lost(trouble)) => {
                    return Ending::Parted((trouble, Duration::ZERO));
                }
            }
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}
