//! What the daybook says, read by somebody who only looks.

use std::{collections::BTreeMap, path::Path};

use rusqlite::{Connection, OpenFlags, Row};

/// The daybook of a store; it is there as soon as anybody has had something to do with it.
pub(super) struct Daybook(Connection);

/// One due time that somebody has claimed.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) at_ms: u64,
    /// Until when whoever claimed it last is not taken for dead, or when it was done.
    pub(super) until_ms: u64,
    pub(super) is_done: bool,
}

// === impl Daybook ===

impl Daybook {
    /// `None`: there is none yet.
    pub(super) fn open(store: &Path) -> Option<Self> {
        let mut path = store.as_os_str().to_owned();
        path.push(".daybook");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database = Connection::open_with_flags(path, flags).ok()?;
        let tables = "SELECT count(*) FROM sqlite_schema WHERE name IN ('diary', 'alarm')";
        let tables: i64 = database.query_row(tables, [], |row| row.get(0)).ok()?;
        (tables == 2).then_some(Self(database))
    }

    fn rows<T>(&self, query: &str, read: impl Fn(&Row<'_>) -> rusqlite::Result<T>) -> Vec<T> {
        let mut query = self.0.prepare(query).expect("the tables are there");
        let rows = query.query_map([], read).expect("they can be read");
        rows.collect::<Result<_, _>>()
            .expect("each row can be read")
    }

    /// How often a role's deletion is on record, by role.
    pub(super) fn role_deletions(&self) -> BTreeMap<u64, usize> {
        let acts =
            "SELECT subject, count(*) FROM act WHERE action = 'role.delete' GROUP BY subject";
        let acts = self.rows(acts, |row| Ok((row.get::<_, String>(0)?, row.get(1)?)));
        acts.into_iter()
            .map(|(role_id, count): (_, i64)| {
                let count = usize::try_from(count).expect("it is counted");
                (role_id.parse().expect("it is an id"), count)
            })
            .collect()
    }

    /// At which stage each role on record stands, and why.
    pub(super) fn roles(&self) -> BTreeMap<u64, (String, Option<String>)> {
        let roles = "SELECT role_id, stage, detail FROM role_removal";
        let read = |row: &Row<'_>| Ok((id(row, 0)?, (row.get(1)?, row.get(2)?)));
        self.rows(roles, read).into_iter().collect()
    }

    /// What was due of a job and claimed, the oldest first.
    pub(super) fn dues(&self, job: &str) -> Vec<Due> {
        let dues = format!(
            "SELECT due_ms, max(until_ms, coalesce(done_ms, 0)), outcome IS NOT NULL FROM diary
             WHERE job = '{job}' ORDER BY due_ms"
        );
        self.rows(&dues, |row| {
            Ok(Due {
                at_ms: id(row, 0)?,
                until_ms: id(row, 1)?,
                is_done: row.get(2)?,
            })
        })
    }

    /// Due times that something came of more than once.
    pub(super) fn concluded_twice(&self) -> Vec<String> {
        let twice = "SELECT job, due_ms, count(*) FROM keepalive WHERE job NOT LIKE '%/by hand'
             GROUP BY job, due_ms HAVING count(*) > 1";
        self.rows(twice, |row| {
            let (job, due_ms): (String, i64) = (row.get(0)?, row.get(1)?);
            let count: i64 = row.get(2)?;
            Ok(format!("C28: {job} of {due_ms} is on record {count} times"))
        })
    }

    /// Orders of which nothing has come.
    pub(super) fn open_orders(&self) -> Vec<String> {
        let open = "SELECT id, body FROM standing_order WHERE done_ms IS NULL";
        self.rows(open, |row| {
            let (id, body): (i64, String) = (row.get(0)?, row.get(1)?);
            Ok(format!("C29: order {id} stands at the end: {body}"))
        })
    }
}

fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}
