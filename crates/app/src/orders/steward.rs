//! Who holds the store, and does for others what only he can do.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use cordboard_frontend::Streams;
use cordboard_lifecycle::{
    Adoption, AdoptionError, AttemptId, Channels, Clock as _, ForgetError, PlanHash,
};
use cordboard_recovery::{Consumers as _, Recovery};
use cordboard_store::{ProtectedChannel, Store, StoreError};
use tokio::time::timeout;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use super::{Instruction, Told};
use crate::{WallClock, limits::ORDER_TIMEOUT};

/// Who holds the store, and does for others what only he can do.
#[derive(Clone, Debug)]
pub(crate) struct Steward {
    pub(crate) store: Store,
    pub(crate) channels: Channels,
    /// What keeps the record of messages, if anything does.
    pub(crate) recovery: Option<Recovery>,
    /// What the configuration protects: no order takes that back.
    pub(crate) configured: HashSet<Id<ChannelMarker>>,
    pub(crate) clock: WallClock,
    /// The streams of those who read that record, if we serve any.
    pub(crate) streams: Streams,
}

// === impl Steward ===

impl Steward {
    /// Puts the lifecycle in mind of what operators have protected: before it deletes anything.
    pub(crate) async fn remind(store: &Store, channels: &Channels) -> Result<(), StoreError> {
        for protected in store.protected().await? {
            channels.protect(protected.channel_id, true);
        }
        Ok(())
    }

    /// Carries out one order. It may have been carried out before, by somebody who died over it.
    pub(super) async fn carry_out(&self, instruction: Instruction) -> Told {
        let done = timeout(ORDER_TIMEOUT, self.follow(instruction)).await;
        done.unwrap_or_else(|_| Told::Failed {
            why: format!("it took more than {} s", ORDER_TIMEOUT.as_secs()),
        })
    }

    async fn follow(&self, instruction: Instruction) -> Told {
        match instruction {
            Instruction::Adopt {
                channels,
                plan,
                request_id,
            } => match plan.parse() {
                Ok(plan) => self.adopt(channels, plan, request_id).await,
                Err(error) => refused(&error),
            },
            Instruction::Forget { attempt } => match attempt.parse() {
                Ok(attempt) => self.forget(attempt).await,
                Err(error) => refused(&error),
            },
            Instruction::Protect { channel_id, reason } => self.protect(channel_id, reason).await,
            Instruction::Unprotect { channel_id } => self.unprotect(channel_id).await,
            Instruction::Reread {
                channel_ids,
                after,
                until,
                watched_only: false,
            } => self.reread(channel_ids, after, until).await,
            Instruction::Reread {
                channel_ids,
                after,
                until,
                watched_only: true,
            } => self.reread_watched(channel_ids, after, until).await,
            Instruction::ResetConsumer { name, to } => self.reset_consumer(&name, to).await,
            Instruction::Sweep => {
                self.channels.sweep().await;
                Told::Done
            }
        }
    }

    async fn adopt(
        &self,
        channels: BTreeMap<Id<ChannelMarker>, String>,
        plan: PlanHash,
        request_id: String,
    ) -> Told {
        let adoption = Adoption {
            channels,
            plan,
            request_id,
        };
        match self.channels.adopt(adoption).await {
            Ok(left) => {
                let left = left.into_iter();
                let left = left.map(|one| (one.channel_id, one.why.to_owned()));
                Told::Adopted {
                    left: left.collect(),
                }
            }
            Err(error @ (AdoptionError::NotDone { .. } | AdoptionError::Closed)) => failed(&error),
            Err(error) => refused(&error),
        }
    }

    async fn forget(&self, attempt: AttemptId) -> Told {
        match self.channels.forget(attempt).await {
            Ok(stage) => Told::Forgotten {
                stage: stage.name().to_owned(),
            },
            Err(error @ (ForgetError::Busy | ForgetError::Closed)) => failed(&error),
            Err(error) => refused(&error),
        }
    }

    async fn reread(
        &self,
        channel_ids: BTreeSet<Id<ChannelMarker>>,
        after: Option<Id<MessageMarker>>,
        until: Option<Id<MessageMarker>>,
    ) -> Told {
        let Some(recovery) = &self.recovery else {
            return nothing_is_recorded();
        };
        match recovery.reread(channel_ids, after, until).await {
            Ok(strangers) if strangers.is_empty() => Told::Done,
            Ok(strangers) => {
                let strangers: Vec<_> = strangers.iter().map(ToString::to_string).collect();
                let strangers = strangers.join(", ");
                let why =
                    format!("not watched (see relay.channels): {strangers}; nothing is read again");
                Told::Refused { why }
            }
            Err(error) => failed(&error),
        }
    }

    /// Channels come and go while the order is on its way.
    async fn reread_watched(
        &self,
        mut channel_ids: BTreeSet<Id<ChannelMarker>>,
        after: Option<Id<MessageMarker>>,
        until: Option<Id<MessageMarker>>,
    ) -> Told {
        let Some(recovery) = &self.recovery else {
            return nothing_is_recorded();
        };
        let mut unwatched = BTreeSet::new();
        loop {
            match recovery.reread(channel_ids.clone(), after, until).await {
                Ok(strangers) if strangers.is_empty() => return Told::Reread { unwatched },
                Ok(strangers) => unwatched.extend(strangers),
                Err(error) => return failed(&error),
            }
            channel_ids.retain(|id| !unwatched.contains(id));
        }
    }

    /// A bot that is connected begins anew: what it would acknowledge now is of before.
    async fn reset_consumer(&self, name: &str, to: Option<u64>) -> Told {
        let inbox = self.store.inbox();
        let Some(to) = to else {
            return match inbox.forget(name).await {
                Ok(true) => {
                    self.streams.forget(name);
                    Told::Done
                }
                Ok(false) => Told::Refused {
                    why: format!("there is no consumer {name}"),
                },
                Err(error) => failed(&error),
            };
        };
        self.streams.move_away(name);
        let reset = inbox.reset(name, to).await;
        // It may have come back in between.
        self.streams.move_away(name);
        match reset {
            Ok(_) => Told::Done,
            Err(error) => failed(&error),
        }
    }

    /// First the lifecycle, then the record: if we die in between, whoever carries it out again does both.
    async fn protect(&self, channel_id: Id<ChannelMarker>, reason: String) -> Told {
        self.channels.protect(channel_id, true);
        let protected = ProtectedChannel {
            channel_id,
            since_ms: self.clock.now_ms(),
            reason,
        };
        match self.store.protect(protected).await {
            Ok(()) => Told::Done,
            Err(error) => failed(&error),
        }
    }

    /// The other way round: what is on record as protected is protected.
    async fn unprotect(&self, channel_id: Id<ChannelMarker>) -> Told {
        if self.configured.contains(&channel_id) {
            let why = "the configuration protects it (channels.protected, channels.thread_parent_id, or \
                       a default channel of [[bots]]); change it there";
            return Told::Refused { why: why.into() };
        }
        match self.store.unprotect(channel_id).await {
            Ok(was) => {
                self.channels.protect(channel_id, false);
                if was {
                    Told::Done
                } else {
                    let why = "it was not protected".to_owned();
                    Told::Refused { why }
                }
            }
            Err(error) => failed(&error),
        }
    }
}

fn nothing_is_recorded() -> Told {
    Told::Refused {
        why: "relay.channels is not set: no messages are recorded".to_owned(),
    }
}

fn refused(error: &dyn std::error::Error) -> Told {
    Told::Refused { why: chain(error) }
}

fn failed(error: &dyn std::error::Error) -> Told {
    Told::Failed { why: chain(error) }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
