//! What a process that cannot go on leaves on record for whoever comes after it.

use cordboard_upkeep::alerts::{Alarm, Kind};
use tokio::time::timeout;

use super::AlertBox;
use crate::{
    Failed,
    limits::{LAST_ALARM_TIMEOUT, LAST_DELIVERY_TIMEOUT},
};

/// The subject of what concerns Discord as a whole.
pub(super) const DISCORD: &str = "discord";

/// The subject of what concerns the store.
pub(super) const STORE: &str = "store";

/// What the last word of a proxy begins with.
const ENDED: &str = "the proxy has ended: ";

/// Whether this was said by a proxy that ended: only the next one knows whether it is over.
pub(super) fn is_last_word(text: &str) -> bool {
    text.starts_with(ENDED)
}

// === impl AlertBox ===

impl AlertBox {
    /// Writes down why this process ends, if somebody should be told. What cannot be written is in the log.
    ///
    /// Nobody is nudged: whoever delivers is about to be stopped, and what he had claimed by then nobody else
    /// could deliver for a while.
    pub(crate) async fn last_word(&self, failed: &Failed) {
        let Some(alarm) = alarm(failed) else {
            return;
        };
        let kind = alarm.kind.name();
        match timeout(LAST_ALARM_TIMEOUT, self.raise_quietly(alarm)).await {
            Ok(Ok(_)) => {}
            Ok(Err(failure)) => {
                let why = failure.reason();
                tracing::error!(kind, why, "why this process ends is not told");
            }
            Err(_) => tracing::error!(kind, "why this process ends is not told: no time"),
        }
    }

    /// Delivers what there is, for a moment: perhaps nobody comes after this process. What it does not
    /// deliver, the next one does.
    pub(crate) async fn last_delivery(&self, failed: &Failed) {
        if alarm(failed).is_some() && !self.targets().is_empty() {
            let courier = self.courier();
            drop(timeout(LAST_DELIVERY_TIMEOUT, courier.deliver_due()).await);
        }
    }
}

/// What somebody should be told of an end. The others are told by whoever starts processes, who starts
/// another one.
fn alarm(failed: &Failed) -> Option<Alarm> {
    match failed {
        Failed::Refused { hint, .. } => {
            let text = format!("{ENDED}{}", failed.chain());
            Some(Alarm::new(Kind::GatewayFatal, DISCORD, text, &**hint))
        }
        Failed::Store { .. } => {
            let text = format!("{ENDED}{}", failed.chain());
            let fix =
                "look at the disk of the store, and start the proxy again; the message says more";
            Some(Alarm::new(Kind::StoreFailing, STORE, text, fix))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_restart_helps_is_told_and_the_rest_is_not() {
        let refused = Failed::Refused {
            hint: "copy a fresh token".to_owned(),
            source: "401".into(),
        };
        let told = alarm(&refused).unwrap();
        assert_eq!(
            (told.kind, &*told.fix),
            (Kind::GatewayFatal, "copy a fresh token")
        );
        let store = Failed::Store {
            source: "the disk is full".into(),
        };
        let told = alarm(&store).unwrap();
        assert!(told.text.contains("the disk is full"), "{}", told.text);
        assert!(is_last_word(&told.text));
        let busy = Failed::StoreBusy {
            source: "another process".into(),
        };
        assert_eq!(alarm(&busy), None);
    }
}
