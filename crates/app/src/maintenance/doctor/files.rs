//! The files of an installation, looked at beside whoever works on them.

use cordboard_lifecycle::Clock as _;
use cordboard_store::{Holder, Location, Peek, Reading, StoreError, Survey};
use cordboard_upkeep::checkup::{DiskFacts, FileFacts, HolderFacts, KeyFacts, StoreFacts};

use crate::{
    ConfigError, Failed,
    config::Problem,
    error::chain,
    maintenance::{Maintenance, store::remedy},
    mark_key, settings,
};

const IN_MEMORY: &str = "store.url is sqlite::memory:, which is forgotten with its process";
const FOLDER_FIX: &str = "make the folder of store.url, and let us write there";

impl Maintenance {
    /// Looks at the store, the daybook and the key. Makes and locks nothing.
    pub(super) async fn files(&self) -> StoreFacts {
        let survey = match Survey::of(&self.config.store).await {
            Ok(Some(survey)) => Ok(survey),
            Ok(None) => return in_memory(),
            Err(error) => Err(error),
        };
        let settings = settings::store(&self.config);
        let peek = Peek::open(&self.config.store, settings).await;
        let daybook = Reading::of_daybook(&self.config.store, settings).await;
        let daybook = daybook.map(|daybook| daybook.version());
        let known = match &peek {
            Ok(peek) => peek.key_fingerprint().await,
            Err(_) => Ok(None),
        };
        let is_read = peek.is_ok() && known.is_ok();
        let known = known.ok().flatten();
        let are_deletions_held = match &peek {
            Ok(peek) => peek.deletions_held().await.ok(),
            Err(_) => None,
        };
        let survey = match survey {
            Ok(survey) => survey,
            Err(error) => {
                // What is beside it cannot be told apart from it.
                let facts = refused(&error, FOLDER_FIX);
                return StoreFacts {
                    file: facts,
                    daybook: FileFacts::Skipped("the store cannot be looked at".to_owned()),
                    key: self.key(false, None).await,
                    disk: None,
                    holder: HolderFacts::Unknown,
                    are_deletions_held: None,
                };
            }
        };
        let store = peek.map(|peek| peek.reading().version());
        let folder = folder(&self.config.store);
        StoreFacts {
            file: file(store, &survey, &folder),
            daybook: file(daybook, &survey, &folder),
            key: self.key(survey.exists && !is_read, known.as_deref()).await,
            disk: Some(DiskFacts {
                free: survey.space.free_bytes,
                needed: survey
                    .space
                    .free_min_bytes(self.config.store_free_min_bytes),
            }),
            holder: holder(survey.holder),
            are_deletions_held,
        }
    }

    /// `known` is the fingerprint that the store knows. `has_unread` says that there is a store and that it
    /// cannot be read.
    async fn key(&self, has_unread: bool, known: Option<&str>) -> KeyFacts {
        match mark_key::check(&self.config, known).await {
            Ok(true) => KeyFacts::Fits,
            // A store that cannot be read has had its key all the same.
            Ok(false) if has_unread => KeyFacts::Refused {
                matter: "is missing, and there is a store whose marks are signed with it"
                    .to_owned(),
                fix: mark_key::LOST_FIX.to_owned(),
            },
            Ok(false) => KeyFacts::NotYet,
            Err(Failed::Config(ConfigError::Unusable { mut problems })) if !problems.is_empty() => {
                let Problem { matter, fix, .. } = problems.remove(0);
                KeyFacts::Refused { matter, fix }
            }
            Err(failed) => KeyFacts::Refused {
                matter: format!("cannot be read: {}", chain(&failed)),
                fix: "let us read it, or restore it from its copy with mode 600".to_owned(),
            },
        }
    }

    /// What was created in the last day, as far as the store knows.
    pub(super) async fn creations(&self) -> Option<u64> {
        let settings = settings::store(&self.config);
        let peek = Peek::open(&self.config.store, settings).await.ok()?;
        let guild_id = self.config.discord.guild_id;
        let day = peek.day(guild_id, self.clock.now_ms()).await.ok()?;
        Some(day.begun)
    }

    /// Whether the store is a file that is there.
    pub(super) async fn has_store(&self) -> bool {
        let survey = Survey::of(&self.config.store).await;
        matches!(self.config.store, Location::Path(_))
            && survey.is_ok_and(|survey| survey.is_some_and(|survey| survey.exists))
    }
}

fn in_memory() -> StoreFacts {
    StoreFacts {
        file: FileFacts::Skipped(IN_MEMORY.to_owned()),
        daybook: FileFacts::Skipped(IN_MEMORY.to_owned()),
        key: KeyFacts::Skipped(IN_MEMORY.to_owned()),
        disk: None,
        holder: HolderFacts::Unknown,
        are_deletions_held: None,
    }
}

/// Where a store is, from the root on: a relative path is relative to where the process was started.
fn folder(store: &Location) -> String {
    let Location::Path(path) = store else {
        return String::new();
    };
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let folder = whole.parent().unwrap_or(&whole);
    folder.display().to_string()
}

fn file(version: Result<u32, StoreError>, survey: &Survey, folder: &str) -> FileFacts {
    match version {
        Ok(_) if !survey.is_writable => FileFacts::Refused {
            matter: "may be read and not written by this user".to_owned(),
            fix:
                "let the proxy's user write to the file and its folder, or run doctor as that user"
                    .to_owned(),
        },
        Ok(version) => FileFacts::Sound(version),
        Err(StoreError::Older { found: 0, .. }) if survey.is_writable => {
            FileFacts::Creatable(folder.to_owned())
        }
        Err(error @ StoreError::Older { found: 0, .. }) => refused(&error, FOLDER_FIX),
        Err(error) => {
            let fix = remedy(&error).unwrap_or("let us read the file and its folder");
            refused(&error, fix)
        }
    }
}

fn refused(error: &StoreError, fix: &str) -> FileFacts {
    FileFacts::Refused {
        matter: chain(error),
        fix: fix.to_owned(),
    }
}

const fn holder(holder: Holder) -> HolderFacts {
    match holder {
        Holder::Nobody => HolderFacts::Nobody,
        Holder::Process(number) => HolderFacts::Process(number),
        Holder::Unknown => HolderFacts::Unknown,
    }
}
