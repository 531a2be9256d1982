//! The files of an installation: are they sound, a copy of them, and a newer schema.

mod backup;
mod finding;

use std::{collections::BTreeMap, path::PathBuf};

use cordboard_store::{Location, Peek, Reading, Store, StoreError, versions};
use serde::Serialize;

pub use self::{
    backup::{BackedUp, BackupRequest},
    finding::{Finding, Trouble},
};
use super::Maintenance;
use crate::{ConfigError, Failed, config::Problem, error::chain, mark_key, settings};

/// What a look at the files of an installation found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StoreCheck {
    /// What was looked at, and what is wrong.
    pub findings: Vec<Finding>,
    /// The store, if it can be read.
    pub store: Option<FileReport>,
    /// The daybook, if there is one that can be read.
    pub daybook: Option<FileReport>,
    /// How many rows stand at each stage.
    pub channels: BTreeMap<String, u64>,
    /// Whether an operator holds all deletions.
    pub deletions_held: bool,
}

/// A file of ours.
#[derive(Clone, Debug, Serialize)]
pub struct FileReport {
    /// Where it is.
    pub path: PathBuf,
    /// The version of its schema.
    pub version: u32,
    /// How large it is.
    pub bytes: u64,
    /// What is written and not moved into it yet.
    pub wal_bytes: u64,
}

/// The versions of the schemas before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Migrated {
    /// Of the store; 0: there was none.
    pub store: Versions,
    /// Of the daybook.
    pub daybook: Versions,
}

/// A version before, and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Versions {
    /// Before; 0: there was no file.
    pub from: u32,
    /// After.
    pub to: u32,
}

// === impl StoreCheck ===

impl StoreCheck {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.trouble.is_none())
    }

    fn well(&mut self, subject: impl Into<String>) {
        self.findings.push(Finding {
            subject: subject.into(),
            trouble: None,
        });
    }

    fn ill(&mut self, subject: impl Into<String>, matter: impl Into<String>, fix: &str) {
        self.findings.push(Finding {
            subject: subject.into(),
            trouble: Some(Trouble {
                matter: matter.into(),
                fix: fix.to_owned(),
            }),
        });
    }
}

// === impl Maintenance ===

impl Maintenance {
    /// Looks at all of the store and of the daybook beside it, and at the key that belongs to them. A
    /// proxy may work on them meanwhile.
    ///
    /// # Errors
    /// When a file cannot be read at all. What is wrong with one that can is in the report.
    pub async fn store_check(&self) -> Result<StoreCheck, Failed> {
        self.in_a_file()?;
        self.teller
            .tell("looking at all of the store and of its daybook");
        let settings = settings::store(&self.config);
        let mut check = StoreCheck::default();
        match Peek::open(&self.config.store, settings).await {
            Ok(peek) => {
                check.store = Some(file("the store", peek.reading(), &mut check).await?);
                self.read(&peek, &mut check).await?;
            }
            Err(error) => refused("the store", error, &mut check)?,
        }
        match Reading::of_daybook(&self.config.store, settings).await {
            Ok(daybook) => {
                check.daybook = Some(file("the daybook", &daybook, &mut check).await?);
            }
            Err(StoreError::Older { found: 0, .. }) => check.well("there is no daybook yet"),
            Err(error) => refused("the daybook", error, &mut check)?,
        }
        Ok(check)
    }

    /// Brings the store and the daybook to the newest version of their schemas, and makes them if there
    /// are none. No proxy may hold the store.
    ///
    /// # Errors
    /// When one does, or a file cannot be migrated: then it is as it was.
    pub async fn store_migrate(&self) -> Result<Migrated, Failed> {
        self.in_a_file()?;
        let seen = async || {
            versions(&self.config.store)
                .await
                .map_err(settings::store_failed)
        };
        let (store_from, daybook_from) = seen().await?;
        self.teller
            .tell("bringing the store and its daybook to the newest schema");
        let store = Store::open_with(&self.config.store, settings::errand(&self.config)).await;
        let store = store.map_err(settings::store_failed)?;
        let daybook = self.daybook().await?;
        let (store_to, daybook_to) = seen().await?;
        drop((store, daybook));
        Ok(Migrated {
            store: Versions {
                from: store_from,
                to: store_to,
            },
            daybook: Versions {
                from: daybook_from,
                to: daybook_to,
            },
        })
    }

    /// What is in the registry, and whether the key fits it.
    async fn read(&self, peek: &Peek, check: &mut StoreCheck) -> Result<(), Failed> {
        check.channels = peek.counts().await.map_err(settings::store_failed)?;
        let held = peek
            .deletions_held()
            .await
            .map_err(settings::store_failed)?;
        check.deletions_held = held;
        if held {
            let fix = "when all is right again, POST {\"enabled\": true} to /admin/v1/deletions";
            check.ill("deletions", "are held by an operator", fix);
        }
        let known = peek.key_fingerprint().await;
        let known = known.map_err(settings::store_failed)?;
        match mark_key::check(&self.config, known.as_deref()).await {
            Ok(true) => check.well("the key that signs marks fits the store"),
            Ok(false) => check.well("no key signs marks yet"),
            Err(Failed::Config(ConfigError::Unusable { problems })) => {
                for Problem { key, matter, fix } in problems {
                    check.ill(key, matter, &fix);
                }
            }
            Err(failed) => {
                let fix = "let us read it, or restore it from its copy with mode 600";
                check.ill("channels.key_file", chain(&failed), fix);
            }
        }
        Ok(())
    }

    /// # Errors
    /// When the store is in the memory of some process.
    fn in_a_file(&self) -> Result<(), Failed> {
        match &self.config.store {
            Location::Path(_) => Ok(()),
            Location::Memory => Err(Failed::Store {
                source: "store.url is sqlite::memory:, which its own process alone can see".into(),
            }),
        }
    }
}

/// Looks at all of a file.
async fn file(name: &str, reading: &Reading, check: &mut StoreCheck) -> Result<FileReport, Failed> {
    let size = reading.size().await.map_err(settings::store_failed)?;
    let found = reading.checkup().await.map_err(settings::store_failed)?;
    let fix = "restore a backup; keep the key file (crates/store/README.md says how)";
    if !found.damage.is_empty() {
        let matter = format!("is damaged: {}", found.damage.join("; "));
        check.ill(name, matter, fix);
    }
    if !found.orphans.is_empty() {
        let tables = found.orphans.join(", ");
        let matter = format!("has rows that refer to nothing, in: {tables}");
        check.ill(name, matter, fix);
    }
    if found.damage.is_empty() && found.orphans.is_empty() {
        check.well(format!("{name} is undamaged"));
    }
    Ok(FileReport {
        path: reading.path().to_owned(),
        version: reading.version(),
        bytes: size.bytes,
        wal_bytes: size.wal_bytes,
    })
}

/// What a file is refused for is a finding; that it cannot be read is none.
fn refused(name: &str, error: StoreError, check: &mut StoreCheck) -> Result<(), Failed> {
    let Some(fix) = remedy(&error) else {
        return Err(settings::store_failed(error));
    };
    check.ill(name, chain(&error), fix);
    Ok(())
}

/// What to do about a file that is refused for what it is.
pub(crate) const fn remedy(error: &StoreError) -> Option<&'static str> {
    Some(match error {
        StoreError::Older { .. } => "run `cordboard-maintenance store migrate`",
        StoreError::Newer { .. } => "use the programs of that version",
        StoreError::Foreign { .. } => "name another file in store.url",
        StoreError::Corrupt { .. } => "restore a backup; keep the key file",
        _ => return None,
    })
}
