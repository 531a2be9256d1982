//! The keys that were let in: those of `PROXY_SECRET`, each for the models of its entries in
//! `bot_config.json`.

use std::io;

use secrecy::SecretString;

use super::{Note, Old, SecretFile, old::ELSEWHERE};

/// A key to be written; its secret is in a file.
#[derive(Debug)]
pub(super) struct OldKey {
    pub(super) name: String,
    pub(super) file: String,
    /// Empty: all.
    pub(super) models: Vec<String>,
    pub(super) scope: &'static str,
}

/// Keys for what had none.
#[derive(Debug)]
pub struct FreshKeys {
    /// For clients, should nothing have been set.
    pub client: SecretString,
    /// For administration.
    pub admin: SecretString,
}

// === impl FreshKeys ===

impl FreshKeys {
    /// Keys that nobody can guess.
    ///
    /// # Errors
    /// When the operating system has no random numbers.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            client: fresh()?,
            admin: fresh()?,
        })
    }
}

/// 256 bits, as clients expect keys to look.
fn fresh() -> io::Result<SecretString> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let digits = data_encoding::HEXLOWER.encode(&bytes);
    Ok(SecretString::from(format!("sk-{digits}")))
}

/// The keys, and the files with their secrets.
pub(super) fn keys(
    old: &Old,
    entries: Option<&[(String, Vec<String>)]>,
    fresh: FreshKeys,
    notes: &mut Vec<Note>,
) -> (Vec<OldKey>, Vec<SecretFile>) {
    let let_in = let_in(old, entries, notes);
    let (mut keys, mut files) = (Vec::new(), Vec::new());
    let mut add = |name: String, secret: SecretString, models, scope| {
        let file = format!("key-{name}");
        keys.push(OldKey {
            name,
            file: file.clone(),
            models,
            scope,
        });
        files.push(SecretFile { name: file, secret });
    };
    for (number, (secret, models)) in (1..).zip(&let_in) {
        let secret = SecretString::from(secret.as_str());
        add(format!("client-{number}"), secret, models.clone(), "chat");
    }
    if old.is_elsewhere("PROXY_SECRET") {
        let text = format!(
            "{ELSEWHERE}: who was let in is not known, and nobody is. Set the values in the environment, \
             and import again with --force and without --env-file"
        );
        notes.push(Note::to_do("PROXY_SECRET", text));
    } else if let_in.is_empty() {
        add("client-1".to_owned(), fresh.client, Vec::new(), "chat");
        let text = "no key was set, so that everybody was let in. Nobody is now: a key was made in \
                    the file key-client-1; give it to your clients";
        notes.push(Note::to_do("PROXY_SECRET", text));
    }
    add("admin".to_owned(), fresh.admin, Vec::new(), "admin");
    let text = "a key for administration was made in the file key-admin: PROXY_SECRET opened that, \
                too, and clients need not";
    notes.push(Note::taken("PROXY_SECRET", text));
    (keys, files)
}

/// The secrets that opened something, each once, with the models that they opened (none: all).
/// coze-discord-proxy wanted a key to be in `PROXY_SECRET`, and with a `bot_config.json` in an entry of
/// it as well: what it refused is not let in here either.
fn let_in(
    old: &Old,
    entries: Option<&[(String, Vec<String>)]>,
    notes: &mut Vec<Note>,
) -> Vec<(String, Vec<String>)> {
    if old.is_elsewhere("PROXY_SECRET") {
        return Vec::new();
    }
    let mut secrets: Vec<&str> = Vec::new();
    for secret in old.get("PROXY_SECRET").unwrap_or_default().split(',') {
        let secret = secret.trim();
        if !secret.is_empty() && !secrets.contains(&secret) {
            secrets.push(secret);
        }
    }
    if !secrets.is_empty() {
        let text = "keys, each with a file of its own (key-client-…)";
        notes.push(Note::taken("PROXY_SECRET", text));
    }
    let Some(entries) = entries else {
        return secrets
            .into_iter()
            .map(|secret| (secret.to_owned(), Vec::new()))
            .collect();
    };
    if secrets.is_empty() {
        return entries.to_vec();
    }
    let is_in = |secret: &str| secrets.contains(&secret);
    let (known, strange): (Vec<_>, Vec<_>) = entries.iter().partition(|(secret, _)| is_in(secret));
    if !strange.is_empty() {
        let text = format!(
            "keys that are not in PROXY_SECRET, which coze-discord-proxy refused, and which are not taken \
             over: {}",
            strange.len()
        );
        notes.push(Note::dropped("bot_config.json", text));
    }
    let unused = secrets.len() - known.len();
    if unused > 0 {
        let text = format!(
            "keys that are in no entry of bot_config.json, for which coze-discord-proxy had no bot, and \
             which are not taken over: {unused}"
        );
        notes.push(Note::dropped("PROXY_SECRET", text));
    }
    known.into_iter().cloned().collect()
}
