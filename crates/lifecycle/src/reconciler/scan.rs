//! One reading of the audit log.

use tokio::time::timeout;
use twilight_model::id::{Id, marker::AuditLogEntryMarker};

use super::{AllMissing, bind::bind_all};
use crate::{
    ChannelApi, Clock, Failure, GuildApi, Registry, RegistryError,
    core::Core,
    discord_time::id_at,
    kp,
    limits::{CALL_TIMEOUT, SCAN_OVERLAP, SCAN_PAGES_MAX},
};

/// What a scan came to.
pub(super) enum Scan {
    /// The log was read to its end.
    Complete,
    /// There is more to read.
    Partial,
    /// The log could not be read.
    Failed(Failure),
}

/// Reads the audit log from where it was left, and binds each creation with a mark of ours to the
/// row of its attempt. Nothing is passed over: not by a restart, not by an outage of days.
pub(super) async fn scan<A: ChannelApi + GuildApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    missing: &mut AllMissing,
) -> Result<Scan, RegistryError> {
    let guild_id = core.settings.guild_id;
    let start = core.read_to.lock().unwrap_or(Id::new(1));
    let began_ms = core.time.floor_ms();
    let mut read_to = start;
    let mut end = Scan::Partial;
    for _ in 0..SCAN_PAGES_MAX {
        let page = core.api.log(guild_id, core.settings.bot_id, Some(read_to));
        let page = match timeout(CALL_TIMEOUT, page).await {
            Ok(Ok(page)) => page,
            Ok(Err(failure)) => {
                end = Scan::Failed(failure);
                break;
            }
            Err(elapsed) => {
                end = Scan::Failed(Failure::NotDone {
                    wait: None,
                    source: elapsed.into(),
                });
                break;
            }
        };
        kp!("lifecycle.scan.page_read");
        if let Some(last) = page.last {
            core.time.heard(last);
            read_to = read_to.max(last);
        }
        bind_all(core, missing, &page.creations).await?;
        kp!("lifecycle.scan.page_bound");
        if !page.is_full {
            end = Scan::Complete;
            break;
        }
    }
    let read_to = settled(read_to, began_ms, &end);
    if read_to > start {
        // If we die before this is on record, the same entries are read again: harmless.
        core.registry
            .read_to(core.owner(), guild_id, read_to)
            .await?;
        kp!("lifecycle.scan.recorded");
        *core.read_to.lock() = Some(read_to);
    }
    Ok(end)
}

/// How far the log is done with: never as far as its newest part, where entries may still appear.
fn settled(read_to: Id<AuditLogEntryMarker>, began_ms: u64, end: &Scan) -> Id<AuditLogEntryMarker> {
    let sure = id_at(began_ms, SCAN_OVERLAP);
    match end {
        Scan::Complete => sure,
        Scan::Partial | Scan::Failed(_) => read_to.min(sure),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW_MS: u64 = 1_800_000_000_000;

    fn at(ms: u64) -> Id<AuditLogEntryMarker> {
        id_at(ms, Duration::ZERO)
    }

    #[test]
    fn the_newest_part_of_the_log_is_read_again() {
        assert_eq!(
            settled(at(NOW_MS), NOW_MS, &Scan::Complete),
            at(NOW_MS - 15_000)
        );
        assert_eq!(
            settled(at(NOW_MS - 50), NOW_MS, &Scan::Partial),
            at(NOW_MS - 15_000)
        );
    }

    #[test]
    fn a_log_that_was_not_read_to_its_end_is_gone_on_with() {
        let old = at(NOW_MS - 60_000);
        assert_eq!(settled(old, NOW_MS, &Scan::Partial), old);
        let failed = Scan::Failed(Failure::NotDone {
            wait: None,
            source: "lost".into(),
        });
        assert_eq!(settled(old, NOW_MS, &failed), old);
    }
}
