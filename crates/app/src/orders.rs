//! What only the holder of the store can do, and somebody else wants: orders in the daybook.

mod steward;

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    sync::Arc,
    time::Duration,
};

use cordboard_lifecycle::Clock as _;
use cordboard_store::{Daybook, Location, OrderId, StoreError, TakenOrder};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

pub(crate) use self::steward::Steward;
use crate::{
    limits::{DAYBOOK_RETRY, ORDER_AGE_MAX, ORDER_LOOK_EVERY, ORDER_TAKES_MAX},
    watchdog::Pulse,
};

/// What is to be done. It is written down as JSON: a proxy that does not know it says so.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(tag = "order", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Instruction {
    /// Take on these channels, which an operator was shown by these names in the plan with this hash. Whoever
    /// is of a version that does not know the names says so.
    Adopt {
        channels: BTreeMap<Id<ChannelMarker>, String>,
        plan: String,
        request_id: String,
    },
    /// Care for this debt no more.
    Forget { attempt: String },
    /// Never delete this channel.
    Protect {
        channel_id: Id<ChannelMarker>,
        reason: String,
    },
    /// Protect it no more.
    Unprotect { channel_id: Id<ChannelMarker> },
    /// Read these channels again from this message on, or from their beginning, and no further than to
    /// another one. A proxy of an older version says that it does not know how to end.
    Reread {
        channel_ids: BTreeSet<Id<ChannelMarker>>,
        after: Option<Id<MessageMarker>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Id<MessageMarker>>,
        /// Leave those out that are not watched, instead of reading none: nobody has named them.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        watched_only: bool,
    },
    /// Let this consumer go on behind this sequence; without one, forget it.
    ResetConsumer { name: String, to: Option<u64> },
    /// Compare the guild with the record now, and try again what could not be deleted.
    Sweep,
}

/// What came of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(crate) enum Told {
    /// These were left alone, and why; all others are on record as condemned.
    Adopted {
        left: Vec<(Id<ChannelMarker>, String)>,
    },
    /// It stands here now.
    Forgotten { stage: String },
    /// All are to be read again but these, which are not watched.
    Reread {
        unwatched: BTreeSet<Id<ChannelMarker>>,
    },
    /// So it is.
    Done,
    /// A safeguard forbids it, or it makes no sense.
    Refused { why: String },
    /// Not this time.
    Failed { why: String },
}

// === impl Told ===

impl Told {
    /// What was left out of what is to be read again.
    pub(crate) fn unwatched(&self) -> Vec<Id<ChannelMarker>> {
        match self {
            Self::Reread { unwatched } => unwatched.iter().copied().collect(),
            _ => Vec::new(),
        }
    }
}

/// Where a daybook is, and how it is opened.
pub(crate) type DaybookPlace = (Location, cordboard_store::Settings);

/// Carries out orders for as long as a proxy runs. A daybook that cannot be opened, or fails, is no reason
/// for it to stop: it is tried again.
pub(crate) async fn watch((location, settings): DaybookPlace, steward: Steward, pulse: Arc<Pulse>) {
    loop {
        let attending = async {
            let daybook = Daybook::open(&location, settings).await?;
            attend(&daybook, OrderId::FIRST, &steward, &pulse).await
        };
        let Err(error): Result<Infallible, StoreError> = attending.await;
        pulse.round();
        tracing::warn!(%error, "the daybook failed: no orders are taken for a while");
        sleep(DAYBOOK_RETRY).await;
    }
}

/// Carries out orders, from `first` on, for as long as we hold the store. What an earlier holder died over is
/// done anew: each order may be carried out twice.
pub(crate) async fn attend(
    daybook: &Daybook,
    first: OrderId,
    steward: &Steward,
    pulse: &Pulse,
) -> Result<Infallible, StoreError> {
    let clock = &steward.clock;
    loop {
        pulse.round();
        if !daybook.has_orders(first).await? {
            sleep(ORDER_LOOK_EVERY).await;
            continue;
        }
        let taken = daybook.take_order(first, clock.now_ms()).await?;
        let Some(TakenOrder { id, order, takes }) = taken else {
            continue;
        };
        let age_ms = clock.now_ms().saturating_sub(order.at_ms);
        tracing::info!(
            actor = order.actor,
            order = order.body,
            "carrying out an order"
        );
        let told = match serde_json::from_str::<Instruction>(&order.body) {
            // Perhaps it is what kills us.
            _ if takes > ORDER_TAKES_MAX => Told::Failed {
                why: format!("whoever was at it died over it {ORDER_TAKES_MAX} times"),
            },
            // Whoever gave it was killed, or nobody has held the store since.
            _ if Duration::from_millis(age_ms) > ORDER_AGE_MAX => Told::Refused {
                why: "the order is more than an hour old and was not carried out; give it again"
                    .to_owned(),
            },
            Ok(instruction) => steward.carry_out(instruction).await,
            Err(error) => Told::Refused {
                why: format!("whoever holds the store does not know this order: {error}"),
            },
        };
        let outcome = serde_json::to_string(&told).unwrap_or_default();
        daybook.order_done(id, clock.now_ms(), outcome).await?;
    }
}
