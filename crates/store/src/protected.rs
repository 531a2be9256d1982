//! Channels that operators have protected.

use rusqlite::{Connection, named_params, types::FromSqlError};
use twilight_model::id::{Id, marker::ChannelMarker};

use crate::{
    Store, StoreError,
    record::{damaged, signed, unsigned},
};

/// A channel that an operator has protected: it is never deleted, whatever its row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectedChannel {
    /// The channel.
    pub channel_id: Id<ChannelMarker>,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// Why, in the operator's words.
    pub reason: String,
}

// === impl Store ===

impl Store {
    /// Protects a channel from now on. The same again changes the reason only.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn protect(&self, channel: ProtectedChannel) -> Result<(), StoreError> {
        self.database()
            .call(move |connection| {
                let mut insert = connection.prepare_cached(
                    "INSERT INTO protected (channel_id, since_ms, reason)
                     VALUES (:channel_id, :since_ms, :reason)
                     ON CONFLICT DO UPDATE SET reason = excluded.reason",
                )?;
                let values = named_params! {
                    ":channel_id": signed(channel.channel_id.get()),
                    ":since_ms": signed(channel.since_ms),
                    ":reason": channel.reason,
                };
                insert.execute(values).map(drop)
            })
            .await
    }

    /// Protects a channel no longer; `false` when it was not protected.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unprotect(&self, channel_id: Id<ChannelMarker>) -> Result<bool, StoreError> {
        self.database()
            .call(move |connection| {
                let mut delete =
                    connection.prepare_cached("DELETE FROM protected WHERE channel_id = ?1")?;
                Ok(delete.execute([signed(channel_id.get())])? > 0)
            })
            .await
    }

    /// The channels that operators have protected, the oldest channel first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn protected(&self) -> Result<Vec<ProtectedChannel>, StoreError> {
        self.database().call(read).await
    }
}

pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Vec<ProtectedChannel>> {
    let mut query = connection
        .prepare_cached("SELECT channel_id, since_ms, reason FROM protected ORDER BY channel_id")?;
    let rows = query.query_map([], |row| {
        let channel_id = Id::new_checked(unsigned(row, 0)?);
        Ok(ProtectedChannel {
            channel_id: channel_id.ok_or_else(|| damaged(0, FromSqlError::OutOfRange(0)))?,
            since_ms: unsigned(row, 1)?,
            reason: row.get(2)?,
        })
    });
    rows?.collect()
}
