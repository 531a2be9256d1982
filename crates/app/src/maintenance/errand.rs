//! What only the holder of the store can do: by order, or by ourselves when nobody holds it.

use std::{sync::atomic::Ordering, time::Duration};

use cordboard_frontend::Streams;
use cordboard_lifecycle::{Channels, Clock as _, lifecycle};
use cordboard_store::{Daybook, Order, OrderId, OrderState, Store, StoreError};
use tokio::time::{Instant, sleep, timeout};

use super::{CommandError, Maintenance};
use crate::{
    Failed, Watchdog, connect,
    engines::Engines,
    limits::{
        ORDER_ASK_EVERY, ORDER_IDLE_MAX, ORDER_PATIENCE, ORDER_ROUND_MAX, ORDER_WITHDRAW_TIMEOUT,
        START_TIMEOUT,
    },
    mark_key,
    orders::{self, Instruction, Steward, Told},
    relay::Relay,
    settings,
};

/// The lifecycle without a proxy around it: it holds the store for as long as a command needs it, and deletes
/// what the command is about. What a dead proxy owes it leaves as it is, unless the order to sweep comes.
#[derive(Debug)]
pub(crate) struct Alone {
    pub(crate) engines: Engines,
    pub(crate) channels: Channels,
}

/// An order that somebody waits for.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    daybook: Daybook,
    id: OrderId,
    /// Whether we hold the store ourselves, to carry it out.
    is_alone: bool,
}

/// What somebody holds the store for who is no proxy.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// This order, and what is given while it is carried out.
    Order(OrderId),
    /// Temporary channels for requests whose ids begin like this, and the orders from this one on: the next
    /// one before the store was opened, since nobody else can take those that were given meanwhile.
    Requests(&'static str, OrderId),
}

/// What becomes of the order that a command had given when it was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupted {
    /// Nobody had begun with it, and nobody will.
    Withdrawn,
    /// Somebody has begun with it, and carries it out.
    Begun,
    /// We were at it ourselves; nobody will carry out the rest.
    CutOff,
    /// It could not be withdrawn: whoever holds the store within an hour carries it out.
    Stands,
}

/// What came of an instruction, and who has to be kept alive until what follows from it is done: nobody
/// when a proxy does it.
#[derive(Debug)]
pub(crate) struct Errand {
    pub(crate) told: Told,
    alone: Option<Alone>,
}

// === impl Maintenance ===

impl Maintenance {
    /// Has something done by whoever holds the store; that is us when nobody does.
    pub(crate) async fn instruct(&self, instruction: &Instruction) -> Result<Errand, CommandError> {
        let daybook = self.daybook().await?;
        let order = Order {
            at_ms: self.clock.now_ms(),
            actor: self.actor.clone(),
            body: serde_json::to_string(instruction).unwrap_or_default(),
        };
        // From here on it may be on record, whether or not we live to know.
        self.has_ordered.store(true, Ordering::Relaxed);
        let given = daybook.give_order(order).await;
        let given = given.map_err(settings::store_failed)?.ok_or_else(|| {
            let why = "too many orders wait for whoever holds the store; does the proxy run?";
            CommandError::Refused(why.to_owned())
        })?;
        // When we are killed here it stands: whoever holds the store still carries it out, for an hour.
        *self.given.lock() = Some(Given {
            daybook: daybook.clone(),
            id: given,
            is_alone: false,
        });
        let mut alone = None;
        let told = self.carried_out(&daybook, given, &mut alone).await;
        self.given.lock().take();
        if told.is_err() {
            // It must not be done behind the back of somebody who was told that it was not.
            drop(daybook.withdraw_order(given).await);
            if alone.take().is_some() {
                let dropping = self.drop_order(&daybook, given);
                drop(timeout(ORDER_WITHDRAW_TIMEOUT, dropping).await);
            }
        }
        let told = told?;
        Ok(Errand { told, alone })
    }

    /// Lets go of what a command held that was dropped, withdraws the order that it waited for, and says what
    /// becomes of that; `None`: it had given none, or that was carried out.
    pub async fn interrupted(&self) -> Option<Interrupted> {
        let removing = self.removing.lock().take();
        if let Some(removing) = removing {
            match timeout(ORDER_WITHDRAW_TIMEOUT, removing.let_go()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the guild's roles are held for another minute");
                }
                Err(_) => {
                    tracing::warn!(
                        within = ?ORDER_WITHDRAW_TIMEOUT,
                        "the daybook does not answer; the guild's roles may be held for another minute"
                    );
                }
            }
        }
        let Given {
            daybook,
            id,
            is_alone,
        } = self.given.lock().take()?;
        let withdrawing = async {
            if daybook.withdraw_order(id).await? {
                return Ok(Some(Interrupted::Withdrawn));
            }
            if is_alone && self.drop_order(&daybook, id).await? {
                return Ok(Some(Interrupted::CutOff));
            }
            let state = daybook.order_state(id).await?;
            Ok::<_, StoreError>(match state {
                Some(OrderState::Waiting) => Some(Interrupted::Stands),
                Some(OrderState::Taken) => Some(Interrupted::Begun),
                Some(OrderState::Done(_)) | None => None,
            })
        };
        let withdrawn = timeout(ORDER_WITHDRAW_TIMEOUT, withdrawing).await;
        let withdrawn = withdrawn.ok().and_then(Result::ok);
        withdrawn.unwrap_or(Some(Interrupted::Stands))
    }

    /// Takes back an order that we had begun with, if nobody has held the store since: he would be at it.
    async fn drop_order(&self, daybook: &Daybook, id: OrderId) -> Result<bool, StoreError> {
        // What we held it with may take a moment to let go of it.
        let settings = settings::errand(&self.config);
        match Store::open_with(&self.config.store, settings).await {
            Ok(_store) => daybook.drop_order(id).await,
            Err(StoreError::Busy { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether an order was given, or may have been.
    #[must_use]
    pub fn has_ordered(&self) -> bool {
        self.has_ordered.load(Ordering::Relaxed)
    }

    /// Waits until the order is carried out, by whoever holds the store.
    async fn carried_out(
        &self,
        daybook: &Daybook,
        order: OrderId,
        alone: &mut Option<Alone>,
    ) -> Result<Told, CommandError> {
        let patience = Instant::now() + ORDER_PATIENCE;
        let mut is_told = false;
        loop {
            let state = daybook.order_state(order).await;
            match state.map_err(settings::store_failed)? {
                Some(OrderState::Done(outcome)) => return read(&outcome),
                None => {
                    let why = "the order was withdrawn by somebody else";
                    return Err(CommandError::Refused(why.to_owned()));
                }
                Some(OrderState::Waiting) if Instant::now() > patience => {
                    return Err(self.nobody_cares().await);
                }
                Some(OrderState::Taken | OrderState::Waiting) => {}
            }
            if alone.is_none() {
                *alone = self.try_alone(daybook, order).await?;
                if alone.is_none() && !is_told {
                    self.teller.tell("waiting for whoever holds the store");
                    is_told = true;
                }
            }
            wait(alone.as_mut()).await?;
        }
    }

    /// Takes the store, if nobody holds it.
    async fn try_alone(
        &self,
        daybook: &Daybook,
        order: OrderId,
    ) -> Result<Option<Alone>, CommandError> {
        let settings = settings::errand(&self.config);
        match Store::open_at_once(&self.config.store, settings).await {
            Ok(store) => {
                self.teller
                    .tell("nobody holds the store, so it is done from here");
                if let Some(given) = &mut *self.given.lock() {
                    given.is_alone = true;
                }
                let alone =
                    Alone::start(self, store, daybook.clone(), Purpose::Order(order)).await?;
                Ok(Some(alone))
            }
            Err(StoreError::Busy { .. }) => Ok(None),
            Err(error) => Err(settings::store_failed(error).into()),
        }
    }

    async fn nobody_cares(&self) -> CommandError {
        let settings = settings::errand(&self.config);
        let opened = Store::open_at_once(&self.config.store, settings).await;
        let holder = opened
            .err()
            .map_or_else(String::new, |error| error.to_string());
        CommandError::Refused(format!(
            "whoever holds the store does not take orders; is the proxy of an older version, or stuck? \
             {holder}"
        ))
    }
}

fn read(outcome: &str) -> Result<Told, CommandError> {
    let told = serde_json::from_str(outcome);
    let told = told.map_err(|error| {
        CommandError::Refused(format!("what came of the order cannot be read: {error}"))
    })?;
    match told {
        Told::Refused { why } => Err(CommandError::Refused(why)),
        Told::Failed { why } => Err(CommandError::Upstream(why)),
        told => Ok(told),
    }
}

/// A moment, in which somebody else goes on, or we do.
async fn wait(alone: Option<&mut Alone>) -> Result<(), Failed> {
    let moment = async {
        sleep(ORDER_ASK_EVERY).await;
        Ok(())
    };
    match alone {
        Some(alone) => alone.engines.unless_one_ends(moment).await,
        None => moment.await,
    }
}

/// How long it is since something got on.
#[derive(Debug)]
pub(crate) struct Patience<T> {
    seen: Option<T>,
    since: Instant,
    idle_max: Duration,
}

// === impl Patience ===

impl<T: PartialEq> Patience<T> {
    pub(crate) fn new() -> Self {
        Self::of(ORDER_IDLE_MAX)
    }

    /// It lasts so long from each time that something got on.
    pub(crate) fn of(idle_max: Duration) -> Self {
        Self {
            seen: None,
            since: Instant::now(),
            idle_max,
        }
    }

    /// Whether nothing has got on for too long: what is left is told, and goes on without us.
    pub(crate) fn is_over(&mut self, seen: T) -> bool {
        if self.seen.as_ref() != Some(&seen) {
            *self = Self {
                seen: Some(seen),
                ..Self::of(self.idle_max)
            };
        }
        self.since.elapsed() > self.idle_max
    }
}

// === impl Errand ===

impl Errand {
    /// Whether nobody else holds the store, so that we do it.
    pub(crate) const fn is_alone(&self) -> bool {
        self.alone.is_some()
    }

    /// Waits for a moment, in which what follows from the instruction goes on.
    ///
    /// # Errors
    /// When we are the ones who do it, and cannot go on.
    pub(crate) async fn wait(&mut self) -> Result<(), Failed> {
        wait(self.alone.as_mut()).await
    }

    /// Lets go of the store.
    pub(crate) async fn end(self) -> Result<(), Failed> {
        match self.alone {
            Some(alone) => alone.engines.end(&Ok(())).await,
            None => Ok(()),
        }
    }
}

// === impl Alone ===

impl Alone {
    /// Begins a life of the lifecycle over the store, as a proxy does at its start, but for the gateway: what
    /// it would tell is found by looking. What former lives have left is none of its business, but for the
    /// channels of its requests: no plan has shown it. Nor has one shown what older orders say.
    pub(crate) async fn start(
        maintenance: &Maintenance,
        store: Store,
        daybook: Daybook,
        purpose: Purpose,
    ) -> Result<Self, Failed> {
        let (requests, first) = match purpose {
            Purpose::Order(order) => (None, order),
            Purpose::Requests(requests, first) => (Some(requests), first),
        };
        let config = &maintenance.config;
        let deadline = Instant::now() + START_TIMEOUT;
        let key = mark_key::load(config, &store).await?;
        let bot = connect::introduce(&maintenance.discord, config, deadline).await?;
        let (channels, mut driver) = lifecycle(
            maintenance.discord.clone(),
            store.registry(),
            key,
            maintenance.clock.clone(),
            settings::lifecycle(config, &bot),
        );
        channels.keep_to_own(requests);
        let reminded = Steward::remind(&store, &channels).await;
        reminded.map_err(settings::store_failed)?;
        let held = store.deletions_held().await;
        channels.hold_deletions(held.map_err(settings::store_failed)?);
        driver.recover().await.map_err(settings::lifecycle_failed)?;
        let relay = Relay::load(config, &store, &maintenance.discord).await?;
        let recovery = relay.as_ref().map(Relay::recovery);
        let steward = Steward {
            store,
            recovery,
            channels: channels.clone(),
            configured: config.channels.protected.clone(),
            clock: maintenance.clock.clone(),
            streams: Streams::default(),
        };
        let watchdog = Watchdog::default();
        let mut engines = Engines::new(&watchdog);
        engines.spawn("lifecycle", |stop| driver.run(stop));
        if let Some(relay) = relay {
            relay.read_only(&mut engines);
        }
        engines.spawn_rounds("orders", ORDER_ROUND_MAX, |pulse| async move {
            let ended = orders::attend(&daybook, first, &steward, &pulse).await;
            tracing::warn!(?ended, "the daybook failed");
        });
        Ok(Self { engines, channels })
    }
}
