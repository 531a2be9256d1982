//! Who reads the record of messages.

use serde::Serialize;

use crate::{
    maintenance::{CommandError, Maintenance},
    orders::Instruction,
    settings,
};

/// Who reads the record of messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readers {
    /// By name.
    pub consumers: Vec<ConsumerLine>,
}

/// A named reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConsumerLine {
    /// Its name.
    pub name: String,
    /// It has dealt with everything up to this sequence.
    pub acknowledged: u64,
    /// Entries that it could not deal with, and does not get any more.
    pub dead_letters: u64,
}

/// What a reset would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResetPlan {
    /// The consumer as it is now.
    pub consumer: ConsumerLine,
    /// It goes on behind this sequence, or behind the newest if that is older; `null`: it is forgotten.
    pub to: Option<u64>,
}

/// What came of a reset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reset {
    /// What was shown before.
    pub plan: ResetPlan,
    /// Who reads the record now, by name.
    pub consumers: Vec<ConsumerLine>,
}

// === impl Maintenance ===

impl Maintenance {
    /// Who reads the record of messages, and how far they are. Works beside a running proxy.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn consumers(&self) -> Result<Readers, CommandError> {
        let consumers = self.peek().await?.consumers().await;
        let consumers = consumers.map_err(settings::store_failed)?.into_iter();
        let consumers = consumers.map(|consumer| ConsumerLine {
            name: consumer.name,
            acknowledged: consumer.acknowledged,
            dead_letters: consumer.dead_letters,
        });
        Ok(Readers {
            consumers: consumers.collect(),
        })
    }

    /// Says what it would mean to let a consumer go on behind a sequence or, without one, to forget it.
    /// Changes nothing.
    ///
    /// # Errors
    /// When there is no such consumer, or the store cannot be read.
    pub async fn plan_reset(&self, name: &str, to: Option<u64>) -> Result<ResetPlan, CommandError> {
        let readers = self.consumers().await?.consumers;
        let names: Vec<_> = readers.iter().map(|line| line.name.clone()).collect();
        let consumer = readers.into_iter().find(|line| line.name == name);
        let consumer = consumer.ok_or_else(|| {
            let known = if names.is_empty() {
                "there are none".to_owned()
            } else {
                format!("there are: {}", names.join(", "))
            };
            CommandError::Usage(format!("no consumer is named {name:?}; {known}"))
        })?;
        Ok(ResetPlan { consumer, to })
    }

    /// Lets a consumer go on there, or forgets it, as it was shown; its dead letters go in both cases. A
    /// stream that it has open ends.
    ///
    /// # Errors
    /// When there is none to forget any more, or whoever holds the store does not do it.
    pub async fn reset_consumer(&self, plan: ResetPlan) -> Result<Reset, CommandError> {
        let instruction = Instruction::ResetConsumer {
            name: plan.consumer.name.clone(),
            to: plan.to,
        };
        self.instruct(&instruction).await?.end().await?;
        let consumers = self.consumers().await?.consumers;
        Ok(Reset { plan, consumers })
    }
}
