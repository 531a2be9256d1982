//! What the maintenance binary does: a method for each command, over the proxy's configuration. They
//! take what was asked for and give a report; how it is shown is the binary's.

pub mod alerts;
pub(crate) mod asking;
pub mod budget;
pub mod channels;
pub mod doctor;
pub(crate) mod errand;
mod error;
pub mod import;
mod keepalive;
pub mod messages;
pub mod roles;
mod serve;
pub mod status;
pub mod store;
pub mod support;
mod teller;

use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
};

use cordboard_discord::Discord;
use cordboard_store::{Daybook, StoreError};
use parking_lot::Mutex;

use self::{errand::Given, roles::RoleRemoval, teller::Teller};
pub use self::{
    errand::Interrupted,
    error::CommandError,
    keepalive::{KeepAliveReport, KeepAliveStanding, KeptAliveOnce},
    serve::{Served, serve},
};
use crate::{Config, Failed, WallClock, alerts::AlertBox, install_tls, settings};

/// Care of a guild, on behalf of somebody who gave a command.
#[derive(Clone, Debug)]
pub struct Maintenance {
    pub(crate) config: Arc<Config>,
    pub(crate) clock: WallClock,
    pub(crate) discord: Discord,
    /// Who did it, for records: the program and the command.
    pub(crate) actor: String,
    /// The order that is waited for, if there is one.
    pub(crate) given: Arc<Mutex<Option<Given>>>,
    /// Whether an order was given, or may have been.
    pub(crate) has_ordered: Arc<AtomicBool>,
    /// What removes roles, and may hold the guild meanwhile.
    pub(crate) removing: Arc<Mutex<Option<Arc<RoleRemoval>>>>,
    /// Who is told what is about to be done, and what is waited for.
    pub(crate) teller: Teller,
}

/// How far something has come that takes a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is done of it.
    pub done: u64,
    /// All of it, as far as that is known.
    pub total: Option<u64>,
    /// What is under way, for people.
    pub message: String,
}

/// Who is told of progress. Called often: it should be quick.
pub type Watcher<'a> = &'a (dyn Fn(Progress) + Send + Sync);

// === impl Maintenance ===

impl Maintenance {
    /// Prepares everything and asks nobody yet. `actor` goes into records.
    ///
    /// # Errors
    /// When the configuration cannot be used to reach Discord.
    pub fn new(config: Config, clock: WallClock, actor: impl fmt::Display) -> Result<Self, Failed> {
        install_tls();
        let discord = settings::connect(&config)?;
        Ok(Self {
            config: Arc::new(config),
            clock,
            discord,
            actor: actor.to_string(),
            given: Arc::default(),
            has_ordered: Arc::default(),
            removing: Arc::default(),
            teller: Teller::default(),
        })
    }

    /// Has somebody told, before it takes long, what is about to be done and what is waited for: a sentence
    /// each, without a full stop.
    #[must_use]
    pub fn telling(self, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            teller: Teller::new(tell),
            ..self
        }
    }

    /// Why nothing could be asked of Discord, if it refuses the token: after one refusal nobody knows, and it
    /// is asked about again.
    pub async fn refusal(&self) -> Option<Failed> {
        let is_refused = self.discord.refuses_token().await;
        is_refused.then(settings::token_refused)
    }

    /// Where alarms go, and from where they are delivered.
    pub(crate) fn alert_box(&self) -> AlertBox {
        let alert_box = AlertBox::new(&self.config, self.clock.clone());
        alert_box.connect(&self.discord);
        alert_box
    }

    /// The daybook beside the store, made at the first time.
    pub(crate) async fn daybook(&self) -> Result<Daybook, Failed> {
        let settings = settings::store(&self.config);
        let opened = Daybook::open(&self.config.store, settings).await;
        opened.map_err(daybook_failed)
    }
}

/// A daybook that failed: the next command may be luckier.
pub(crate) fn daybook_failed(error: StoreError) -> Failed {
    settings::store_failed(error)
}
