use std::{os::unix::fs::MetadataExt as _, time::SystemTime};

use cordboard_lifecycle::{AttemptId, Entry, Kind, Owner, Registry as _, Row, Stage};
use tempfile::TempDir;
use tokio::sync::watch;
use twilight_model::id::Id;

use super::*;
use crate::{Act, Peek, Store};

struct Place {
    folder: TempDir,
    location: Location,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Path(folder.path().join("store.db"));
        Self { folder, location }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn store(&self) -> Store {
        Store::open(&self.location).await.unwrap()
    }

    async fn peek(&self) -> Result<Peek, StoreError> {
        Peek::open(&self.location, Settings::default()).await
    }
}

const HOUR_MS: u64 = 3_600_000;

fn planned(number: u64, owner: Owner) -> Row {
    Row {
        attempt: AttemptId::from_bytes(u128::from(number).to_be_bytes()),
        request_id: String::new(),
        guild_id: Id::new(1),
        kind: Kind::Text,
        owner,
        stage: Stage::Planned,
        since_ms: HOUR_MS,
        not_before_ms: HOUR_MS,
        deadline_at_ms: HOUR_MS,
        next_at_ms: HOUR_MS,
        tries: 0,
        reason: None,
    }
}

/// Begins a life and `rows` rows in a store.
async fn fill(store: &Store, rows: u64) -> Owner {
    let registry = store.registry();
    let entry = Entry {
        instance: 7,
        guild_id: Id::new(1),
        at_ms: HOUR_MS,
    };
    let owner = registry.enter(entry).await.unwrap().owner;
    for number in 0..rows {
        assert!(registry.insert(planned(number, owner)).await.unwrap());
    }
    owner
}

#[tokio::test]
async fn it_is_looked_at_while_its_owner_works_and_each_call_sees_the_latest() {
    let place = Place::new();
    let store = place.store().await;
    fill(&store, 3).await;
    let peek = place.peek().await.unwrap();
    assert_eq!(peek.counts().await.unwrap()["planned"], 3);
    let first = peek.rows(None, 2).await.unwrap();
    assert_eq!(first.len(), 2);
    assert_eq!(first[0].row.stage, Stage::Planned);
    let rest = peek.rows(Some(first[1].number), 9).await.unwrap();
    assert_eq!(rest.len(), 1);
    let day = peek.day(Id::new(1), HOUR_MS).await.unwrap();
    assert_eq!((day.begun, day.deleted), (3, 0));
    assert_eq!(peek.journal(2).await.unwrap().len(), 2);

    assert!(!peek.deletions_held().await.unwrap());
    store.hold_deletions(true).await.unwrap();
    assert!(peek.deletions_held().await.unwrap());
    store.set_key_fingerprint("abc".to_owned()).await.unwrap();
    let fingerprint = peek.key_fingerprint().await.unwrap();
    assert_eq!(fingerprint.as_deref(), Some("abc"));
    assert!(peek.reading().size().await.unwrap().wal_bytes > 0);
}

#[tokio::test]
async fn it_writes_nothing_and_moves_no_log() {
    // How: both files of a process at work, as if it had been killed; looking leaves them as they are.
    let place = Place::new();
    let store = place.store().await;
    fill(&store, 3).await;
    let names = ["killed.db", "killed.db-wal"];
    for name in names {
        let of = name.replace("killed", "store");
        fs::copy(place.file(&of), place.file(name)).unwrap();
    }
    let killed = Location::Path(place.file("killed.db"));
    let marks = |name: &str| -> (u64, SystemTime, u64) {
        let data = fs::metadata(place.file(name)).unwrap();
        (data.len(), data.modified().unwrap(), data.ino())
    };
    let before = names.map(marks);
    let peek = Peek::open(&killed, Settings::default()).await.unwrap();
    assert_eq!(peek.counts().await.unwrap()["planned"], 3);
    assert!(peek.reading().checkup().await.unwrap().damage.is_empty());
    let refused = peek
        .reading()
        .call(|connection| connection.execute("DELETE FROM hour", []));
    assert!(refused.await.is_err());
    drop(peek);
    assert_eq!(names.map(marks), before);
    // And its owner comes back to all of it.
    let store = Store::open(&killed).await.unwrap();
    assert_eq!(store.registry().open(None, 9).await.unwrap().len(), 3);
}

#[tokio::test]
async fn what_cannot_be_read_as_it_is_is_refused_and_left_alone() {
    let place = Place::new();
    let none = place.peek().await.unwrap_err();
    assert!(matches!(none, StoreError::Older { found: 0, .. }), "{none}");
    assert!(!place.file("store.db").exists(), "it was not made");
    assert_eq!(versions(&place.location).await.unwrap(), (0, 0));

    drop(place.store().await);
    let known = schema::STORE.version();
    assert_eq!(versions(&place.location).await.unwrap(), (known, 0));
    for (found, is_newer) in [(known + 1, true), (known - 1, false)] {
        let raw = Connection::open(place.file("store.db")).unwrap();
        raw.pragma_update(None, "user_version", found).unwrap();
        drop(raw);
        let refused = place.peek().await.unwrap_err();
        let is_as_expected = match refused {
            StoreError::Newer { found: said, .. } => is_newer && said == found,
            StoreError::Older { found: said, .. } => !is_newer && said == found,
            _ => false,
        };
        assert!(is_as_expected, "{found}");
        assert_eq!(versions(&place.location).await.unwrap().0, found);
    }
    let raw = Connection::open(place.file("store.db")).unwrap();
    raw.pragma_update(None, "application_id", 7).unwrap();
    drop(raw);
    let foreign = place.peek().await.unwrap_err();
    assert!(matches!(foreign, StoreError::Foreign { .. }), "{foreign}");
    let foreign = versions(&place.location).await.unwrap_err();
    assert!(matches!(foreign, StoreError::Foreign { .. }), "{foreign}");

    let memory = Peek::open(&Location::Memory, Settings::default()).await;
    assert!(matches!(memory, Err(StoreError::Unusable { .. })));
}

#[tokio::test]
async fn a_copy_is_of_one_moment_in_one_file_and_opens_as_a_store() {
    // How: its owner goes on writing while the copy is made.
    let place = Place::new();
    let store = place.store().await;
    let owner = fill(&store, 300).await;
    let peek = place.peek().await.unwrap();
    let (told, hears) = watch::channel(Copied::default());
    let copy = place.file("copy.db");
    let writing = async {
        for number in 300..400 {
            let row = planned(number, owner);
            store.registry().insert(row).await.unwrap();
        }
    };
    let (copied, ()) = tokio::join!(peek.reading().copy_to(copy.clone(), told), writing);
    copied.unwrap();
    let progress = *hears.borrow();
    assert_eq!(progress.pages, progress.pages_all);
    assert!(progress.pages > 0);
    assert!(!place.file("copy.db-wal").exists());

    let restored = Store::open(&Location::Path(copy.clone())).await.unwrap();
    let mut rows = 0;
    let mut after = None;
    loop {
        let page = restored.registry().open(after, 500).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.attempt);
        rows += page.len();
    }
    assert!((300..=400).contains(&rows), "{rows}");

    let (told, _) = watch::channel(Copied::default());
    let refused = peek.reading().copy_to(copy, told).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unusable { .. }), "{refused}");
}

#[tokio::test]
async fn damage_is_found_wherever_it_is() {
    // How: an index is in another order than it should be, and a row refers to one that is not there.
    let place = Place::new();
    let store = place.store().await;
    fill(&store, 10).await;
    drop(store);
    let raw = Connection::open(place.file("store.db")).unwrap();
    raw.execute_batch(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, 'row_id', 'instance') WHERE name = 'journal_of';
         PRAGMA writable_schema = OFF;
         PRAGMA foreign_keys = OFF;
         INSERT INTO dead_letter VALUES ('nobody', 1, '', 5, 0);",
    )
    .unwrap();
    drop(raw);
    let reading = Reading::of_store(&place.location, Settings::default());
    let reading = reading.await.unwrap();
    let found = reading.checkup().await.unwrap();
    assert_eq!(found.orphans, ["dead_letter"]);
    assert!(found.damage[0].contains("journal_of"), "{:?}", found.damage);
}

#[tokio::test]
async fn a_daybook_is_looked_at_and_copied_as_well() {
    let place = Place::new();
    let daybook = Daybook::open(&place.location, Settings::default());
    let daybook = daybook.await.unwrap();
    let act = Act {
        at_ms: 5,
        actor: "a test".to_owned(),
        action: "role.delete".to_owned(),
        guild_id: Id::new(7),
        subject: "8".to_owned(),
        reason: "nobody needs it".to_owned(),
    };
    daybook.intend(act).await.unwrap();
    let reading = Reading::of_daybook(&place.location, Settings::default());
    let reading = reading.await.unwrap();
    assert_eq!(reading.checkup().await.unwrap(), Checkup::default());
    let (told, _) = watch::channel(Copied::default());
    let copy = place.file("copy.db.daybook");
    reading.copy_to(copy, told).await.unwrap();
    let copy = Location::Path(place.file("copy.db"));
    let copy = Daybook::open(&copy, Settings::default()).await.unwrap();
    assert_eq!(copy.acts().await.unwrap().len(), 1);
}
