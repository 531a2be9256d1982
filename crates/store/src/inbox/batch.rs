//! Writing a batch.

use cordboard_lifecycle::kp;
use cordboard_recovery::{Batch, Committed, Known, News, Record};
use rusqlite::Connection;
use serde_json::value::RawValue;

use super::{
    entry, gap,
    message::{self, Object},
    shard,
    tally::Tally,
    watched,
};

/// Writes a batch, in the transaction that is under way.
pub(super) fn write(connection: &Connection, batch: Batch) -> rusqlite::Result<Committed> {
    let before = Tally::read(connection)?;
    let mut tally = before;
    tally.at_ms = tally.at_ms.max(batch.watermark_ms.unwrap_or_default());
    for record in batch.records {
        tally.at_ms = tally.at_ms.max(record.sight.tells_ms(batch.latest_ms));
        take(connection, &mut tally, record)?;
    }
    kp!("store.inbox.recorded");
    for gap in &batch.gaps {
        gap::tell(connection, &mut tally, gap)?;
    }
    for channel in &batch.channels {
        watched::write(connection, batch.shard, channel)?;
    }
    for id in &batch.closed {
        watched::close(connection, *id)?;
    }
    if batch.session.is_some() || batch.watermark_ms.is_some() {
        let (session, watermark_ms) = (batch.session.as_ref(), batch.watermark_ms);
        shard::write(connection, batch.shard, session, watermark_ms)?;
        kp!("store.inbox.marked");
    }
    if tally != before {
        tally.write(connection)?;
    }
    Ok(Committed {
        newest: tally.newest,
        entries: tally.newest - before.newest,
    })
}

fn take(connection: &Connection, tally: &mut Tally, record: Record) -> rusqlite::Result<()> {
    let Record { channel_id, sight } = record;
    let key = (channel_id, sight.message_id());
    let held = message::find(connection, key)?;
    let known = held.as_ref().map(|held| &held.known);
    let Some(verdict) = sight.verdict(known) else {
        return Ok(());
    };
    let mut told_in = held.as_ref().map_or(0, |held| held.told_in);
    let mut object = object(known, &verdict.known);
    if let Some(news) = verdict.news {
        told_in = entry::tell(connection, tally, channel_id, &news)?;
        if matches!(news, News::Created { .. } | News::Updated { .. }) {
            object = Object::In(told_in);
        }
    } else if known.is_some_and(|known| is_same(known, &verdict.known)) {
        return Ok(());
    }
    message::write(connection, key, &verdict.known, told_in, object)
}

/// Where the object is, if no new entry has it.
fn object<'a>(before: Option<&Known>, after: &'a Known) -> Object<'a> {
    match (before, &after.json) {
        (Some(before), _) if text(before) == text(after) => Object::Stays,
        (_, Some(json)) => Object::Own(json),
        (_, None) => Object::None,
    }
}

fn is_same(before: &Known, after: &Known) -> bool {
    (before.edited_ms, before.presence, text(before))
        == (after.edited_ms, after.presence, text(after))
}

fn text(known: &Known) -> Option<&str> {
    known.json.as_deref().map(RawValue::get)
}
