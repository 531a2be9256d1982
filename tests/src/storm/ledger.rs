//! What the proxy has on record, held against what Discord saw.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::Path,
};

use cordboard_lifecycle::{Mark, conformance};
use cordboard_simulator::{RequestTruth, Simulator};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::weather::{CREATE, CREATE_THREAD, DELETE};

/// How a channel comes to be.
const CREATIONS: [&str; 2] = [CREATE, CREATE_THREAD];

/// How far Discord's history has been held against one copy of the record.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    creations: Arrivals<2>,
    deletions: Arrivals<1>,
    /// How many deletions Discord had received when this copy became the record.
    deletions_before: usize,
    /// Deletions that were on record already when it became it, by channel.
    asked_before: HashMap<String, i64>,
}

/// How many requests of each of some routes have been looked at.
#[derive(Debug)]
struct Arrivals<const N: usize>([usize; N]);

/// An open row.
pub(super) struct OpenRow {
    pub(super) stage: String,
    pub(super) channel_id: Option<u64>,
    /// All of it, for people.
    pub(super) text: String,
}

// === impl Ledger ===

impl Ledger {
    /// The record is a copy, or nothing, from here on: only what follows has to be in it.
    pub(super) fn since_now(store: &Path, discord: &Simulator) -> Self {
        let mut ledger = Self::default();
        drop(ledger.creations.since_last(CREATIONS, discord));
        ledger.deletions_before = ledger.deletions.since_last([DELETE], discord).len();
        if let Some(database) = open(store) {
            ledger.asked_before = asked(&database);
        }
        ledger
    }

    /// C04 and C06: whatever Discord was asked is on record, and was before it was asked. What Discord
    /// has received by now has to be there now, each deletion with a line of its own. One that was
    /// refused with a 429 was not done, and is sent once more for the same line.
    pub(super) fn behind(&mut self, store: &Path, discord: &Simulator) -> Vec<String> {
        let creations = self.creations.since_last(CREATIONS, discord);
        let deletions = self.deletions.since_last([DELETE], discord);
        let mut wrong = Vec::new();
        if creations.is_empty() && deletions.is_empty() {
            return wrong;
        }
        let Some(database) = open(store) else {
            wrong.push("C04: Discord was asked for something, and there is no record".to_owned());
            return wrong;
        };
        for request in creations {
            let Some(mark) = request.reason.as_deref().and_then(Mark::find) else {
                wrong.push("C04: a creation without a mark".to_owned());
                continue;
            };
            let attempt = mark.attempt().to_string();
            let inserted = "event = 'inserted' AND attempt = ?1";
            if lines(&database, inserted, &attempt) == 0 {
                wrong.push(format!("C04: creation of {attempt} is not on record"));
            }
        }
        for request in deletions {
            let channel_id = request.path.rsplit('/').next().unwrap_or_default();
            let received = self.received(&request.path, discord);
            let before = self.asked_before.get(channel_id).copied();
            let asked = lines(&database, "event = 'asked' AND channel_id = ?1", channel_id);
            let asked = asked - before.unwrap_or_default();
            if usize::try_from(asked).is_ok_and(|asked| asked < received) {
                wrong.push(format!(
                    "C06: deletion {received} of {channel_id}, and {asked} on record"
                ));
            }
        }
        wrong
    }

    /// How many deletions of this path Discord has received since this copy is the record, and has
    /// not refused with a 429.
    fn received(&self, path: &str, discord: &Simulator) -> usize {
        let all = discord.requests(Some(DELETE)).into_iter();
        let new = all.skip(self.deletions_before);
        new.filter(|request| request.path == path && request.status != Some(429))
            .count()
    }
}

// === impl Arrivals ===

impl<const N: usize> Default for Arrivals<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Arrivals<N> {
    /// The requests of these routes that arrived since it was last asked.
    fn since_last(&mut self, routes: [&str; N], discord: &Simulator) -> Vec<RequestTruth> {
        let counts = discord.counters().routes;
        let mut arrived = Vec::new();
        for (seen, route) in self.0.iter_mut().zip(routes) {
            let count = counts.get(route).copied().unwrap_or_default();
            if usize::try_from(count).is_ok_and(|count| count > *seen) {
                let all = discord.requests(Some(route));
                arrived.extend(all.iter().skip(*seen).cloned());
                *seen = all.len();
            }
        }
        arrived
    }
}

fn open(store: &Path) -> Option<Connection> {
    let database = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    // A store that was never opened has no tables yet.
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'journal'";
    let tables: i64 = database.query_row(tables, [], |row| row.get(0)).ok()?;
    (tables == 1).then_some(database)
}

fn lines(database: &Connection, condition: &str, value: &str) -> i64 {
    let count = format!("SELECT count(*) FROM journal WHERE {condition}");
    let mut count = database
        .prepare_cached(&count)
        .expect("the journal is there");
    count
        .query_row([value], |row| row.get(0))
        .expect("the journal can be read")
}

/// How many deletions are on record, by channel.
fn asked(database: &Connection) -> HashMap<String, i64> {
    let count = "SELECT CAST(channel_id AS TEXT), count(*) FROM journal
        WHERE event = 'asked' GROUP BY channel_id";
    let mut query = database.prepare(count).expect("the journal is there");
    let counts = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    let counts = counts.expect("the journal can be read");
    counts
        .collect::<Result<_, _>>()
        .expect("each line can be read")
}

/// Whether there is a record.
pub(super) fn is_there(store: &Path) -> bool {
    open(store).is_some()
}

/// Says that the record is of a schema so much newer than it is.
pub(super) fn raise_version(store: &Path, by: i64) {
    let database = Connection::open(store).expect("the store can be opened");
    let version = database.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    let version = version.expect("it has a version") + by;
    let set = database.pragma_update(None, "user_version", version);
    set.expect("the version can be set");
}

/// The channels that are kept for good.
pub(super) fn kept(store: &Path) -> Vec<u64> {
    let Some(database) = open(store) else {
        return Vec::new();
    };
    let kept = "SELECT channel_id FROM channel WHERE stage = 'kept'";
    let mut query = database.prepare(kept).expect("the registry can be read");
    let kept = query.query_map([], |row| row.get::<_, i64>(0));
    let kept = kept.expect("the registry can be read");
    kept.map(|id| id.expect("each row can be read").cast_unsigned())
        .collect()
}

/// At which stage the row of a channel stands, if there is one.
pub(super) fn stage_of(store: &Path, channel_id: u64) -> Option<String> {
    let database = open(store)?;
    let mut query = database
        .prepare("SELECT stage FROM channel WHERE channel_id = ?1")
        .expect("the registry can be read");
    query
        .query_row([channel_id.cast_signed()], |row| row.get(0))
        .optional()
        .expect("the row can be read")
}

/// Rows that are not settled; `None`: there is no record.
pub(super) fn open_rows(store: &Path) -> Option<Vec<OpenRow>> {
    let database = open(store)?;
    let mut query = database
        .prepare(
            "SELECT attempt, stage, channel_id, reason FROM channel
             WHERE stage NOT IN ('not_created', 'abandoned', 'gone')",
        )
        .expect("the registry can be read");
    let rows = query.query_map([], |row| {
        let (attempt, stage): (String, String) = (row.get(0)?, row.get(1)?);
        let channel_id = row.get::<_, Option<i64>>(2)?.map(i64::cast_unsigned);
        let reason: Option<String> = row.get(3)?;
        let text = format!("{attempt}: {stage}, channel {channel_id:?}, because {reason:?}");
        Ok(OpenRow {
            stage,
            channel_id,
            text,
        })
    });
    let rows = rows.expect("the registry can be read");
    let rows = rows.collect::<Result<_, _>>();
    Some(rows.expect("each row can be read"))
}

/// C08 and C09: each row's life is one that the state machine allows, and no life writes after a later
/// one. A copy that came back is one piece: its rows are as old as its journal.
pub(super) fn history(store: &Path) -> Vec<String> {
    let Some(database) = open(store) else {
        return vec!["C07: there is no record at the end".to_owned()];
    };
    let legal = legal_steps();
    let mut wrong = Vec::new();
    let mut stages: HashMap<String, String> = HashMap::new();
    let mut last_epoch = 0;
    let mut query = database
        .prepare("SELECT attempt, from_stage, to_stage, event, epoch FROM journal ORDER BY seq")
        .expect("the journal can be read");
    let lines = query.query_map([], |row| {
        let text = |index| row.get::<_, Option<String>>(index);
        let attempt = text(0)?.unwrap_or_default();
        Ok((attempt, text(1)?, text(2)?, text(3)?, row.get::<_, i64>(4)?))
    });
    for line in lines.expect("the journal can be read") {
        let (attempt, from, to, event, epoch) = line.expect("each line can be read");
        if epoch < last_epoch {
            wrong.push(format!("C09: life {epoch} wrote after life {last_epoch}"));
        }
        last_epoch = epoch;
        let to = to.unwrap_or_default();
        if stages.get(&attempt) != from.as_ref() {
            wrong.push(format!(
                "C08: {attempt} stood at {:?}, and the journal says {from:?}",
                stages.get(&attempt)
            ));
        }
        if let Some(from) = from.filter(|from| *from != to)
            && !legal.contains(&(from.clone(), to.clone()))
        {
            wrong.push(format!(
                "C08: {attempt} went from {from} to {to} ({event:?})"
            ));
        }
        stages.insert(attempt, to);
    }
    wrong
}

/// C10: once a proxy says that it is ready, no open row belongs to a dead life.
pub(super) fn orphans(store: &Path) -> Vec<String> {
    let Some(database) = open(store) else {
        return vec!["C10: a proxy is ready, and there is no record".to_owned()];
    };
    let orphans = "SELECT attempt, stage FROM channel WHERE epoch < (SELECT epoch FROM state)
        AND stage IN ('planned', 'unknown', 'live', 'condemned', 'verifying', 'parked')";
    let mut query = database.prepare(orphans).expect("the registry is there");
    let orphans = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    let told = |orphan: rusqlite::Result<(String, String)>| {
        let (attempt, stage) = orphan.expect("each row can be read");
        format!("C10: {attempt} is {stage} and belongs to a dead life")
    };
    orphans
        .expect("the registry can be read")
        .map(told)
        .collect()
}

fn legal_steps() -> HashSet<(String, String)> {
    let mut legal = BTreeSet::new();
    for (stage, _) in conformance::stages() {
        for event in conformance::events() {
            if let Ok(after) = stage.after(event) {
                legal.insert((stage.name(), after.name()));
            }
        }
    }
    let owned = |(from, to): (&str, &str)| (from.to_owned(), to.to_owned());
    legal.into_iter().map(owned).collect()
}
