//! The files of an installation.

use super::Finding;

/// The files of an installation, as they are found.
#[derive(Clone, Debug)]
pub struct StoreFacts {
    /// The store.
    pub file: FileFacts,
    /// The daybook beside it.
    pub daybook: FileFacts,
    /// The key that signs marks.
    pub key: KeyFacts,
    /// The room on the disk; `None`: it cannot be told.
    pub disk: Option<DiskFacts>,
    /// Who works on the store.
    pub holder: HolderFacts,
    /// Whether an operator holds deletions; `None`: the store cannot be read.
    pub are_deletions_held: Option<bool>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFacts {
    /// It can be read, and is of this version.
    Sound(u32),
    /// There is none yet, and it can be made; in which folder. One that is relative is another one for whoever
    /// is started elsewhere.
    Creatable(String),
    /// It cannot be used.
    Refused {
        /// What is wrong.
        matter: String,
        /// What to do.
        fix: String,
    },
    /// It is in a process's memory, or nowhere; why.
    Skipped(String),
}

/// The key that signs marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFacts {
    /// It is the one that the store knows, as far as the store can be read.
    Fits,
    /// There is none yet, and none is needed yet.
    NotYet,
    /// It is lost, another one, or cannot be read.
    Refused {
        /// What is wrong.
        matter: String,
        /// What to do.
        fix: String,
    },
    /// There is none to look for; why.
    Skipped(String),
}

/// The room on a disk, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskFacts {
    /// What is free.
    pub free: u64,
    /// What has to be.
    pub needed: u64,
}

/// Who works on the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderFacts {
    /// Nobody.
    Nobody,
    /// A process, with its number as far as it said so.
    Process(Option<u32>),
    /// It cannot be told.
    Unknown,
}

/// Judges the files of an installation.
#[must_use]
pub fn store(facts: &StoreFacts) -> Vec<Finding> {
    let mut findings = vec![
        file("store.file", "the store", &facts.file),
        file("store.daybook", "the daybook", &facts.daybook),
        key(&facts.key),
    ];
    if let Some(disk) = facts.disk {
        findings.push(self::disk(disk));
    }
    findings.push(holder(facts.holder));
    match facts.are_deletions_held {
        Some(true) => findings.push(Finding::wrong(
            "store.deletions",
            "deletions",
            "are held by an operator: channels stay, and the guild fills up",
            "when all is right again, POST {\"enabled\": true} to /admin/v1/deletions",
        )),
        Some(false) => findings.push(Finding::ok("store.deletions", "deletions")),
        None => {}
    }
    findings
}

fn file(check: &'static str, subject: &str, facts: &FileFacts) -> Finding {
    match facts {
        FileFacts::Sound(version) => {
            Finding::ok(check, subject).noting(format!("its version is {version}"))
        }
        FileFacts::Creatable(folder) => {
            Finding::ok(check, subject).noting(format!("there is none yet in {folder}"))
        }
        FileFacts::Refused { matter, fix } => Finding::wrong(check, subject, matter, fix),
        FileFacts::Skipped(why) => Finding::skipped(check, subject, why),
    }
}

fn key(facts: &KeyFacts) -> Finding {
    let (check, subject) = ("store.key", "the key that signs marks");
    match facts {
        KeyFacts::Fits => Finding::ok(check, subject),
        KeyFacts::NotYet => Finding::ok(check, subject).noting("there is none yet"),
        KeyFacts::Refused { matter, fix } => Finding::wrong(check, subject, matter, fix),
        KeyFacts::Skipped(why) => Finding::skipped(check, subject, why),
    }
}

fn disk(facts: DiskFacts) -> Finding {
    let (free, needed) = (facts.free >> 20, facts.needed >> 20);
    if facts.free >= facts.needed {
        return Finding::ok("store.disk", "the store's disk")
            .noting(format!("{free} MiB are free"));
    }
    Finding::wrong(
        "store.disk",
        "the store's disk",
        format!("has {free} MiB free, and {needed} have to be: no conversation is begun"),
        "make room on it, or set store.free_min_bytes",
    )
}

fn holder(facts: HolderFacts) -> Finding {
    let note = match facts {
        HolderFacts::Nobody => "nobody works on it".to_owned(),
        HolderFacts::Process(Some(number)) => format!("the process {number} works on it"),
        HolderFacts::Process(None) => "a process works on it".to_owned(),
        HolderFacts::Unknown => "whether anybody works on it cannot be told".to_owned(),
    };
    Finding::ok("store.holder", "the store's lock").noting(note)
}
