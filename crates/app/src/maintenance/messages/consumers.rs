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

    /// Lets a consumer go on behind a sequence, whether it was there or not; without one, forgets it with its
    /// dead letters. A stream that it has open goes on where it was.
    ///
    /// # Errors
    /// When there is none to forget, or whoever holds the store does not do it.
    pub async fn reset_consumer(
        &self,
        name: &str,
        to: Option<u64>,
    ) -> Result<Readers, CommandError> {
        let name = name.to_owned();
        let instruction = Instruction::ResetConsumer { name, to };
        self.instruct(&instruction).await?.end().await?;
        self.consumers().await
    }
}
