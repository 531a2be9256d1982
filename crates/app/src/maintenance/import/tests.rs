//! Tables and a golden file: text in, text out.

use std::{fmt::Write as _, fs, os::unix::fs::PermissionsExt as _, path::Path};

use secrecy::ExposeSecret as _;

use super::*;
use crate::{Config, Environment};

const TOKEN: &str = "MTE5OTk2.token.of-the-bot";

/// Everything that can be set, with secrets to look for afterwards.
const VARIABLES: &str = include_str!("tests/full.env");
const BOT_CONFIG: &str = include_str!("tests/bot_config.json");

fn fresh() -> FreshKeys {
    FreshKeys {
        client: "sk-fresh-client".into(),
        admin: "sk-fresh-admin".into(),
    }
}

fn import(old: &Old) -> Imported {
    let options = ImportOptions {
        models: &[],
        folder: Path::new(""),
    };
    Imported::new(old, &options, fresh())
}

fn full() -> Old {
    Old::of_text(VARIABLES).with_bot_config(BOT_CONFIG.to_owned())
}

/// What the configuration comes to when it and its secrets are in a folder.
fn load(old: &Old) -> (Imported, Result<Config, String>) {
    let folder = tempfile::tempdir().unwrap();
    let options = ImportOptions {
        models: &[],
        folder: folder.path(),
    };
    let imported = Imported::new(old, &options, fresh());
    let path = folder.path().join("cordboard.toml");
    imported.write_to(&path, false).unwrap();
    let config = Config::load(Some(&path), &Environment::default());
    (imported, config.map_err(|error| error.to_string()))
}

#[test]
fn the_whole_of_a_configuration_is_written_as_in_the_golden_file() {
    let imported = import(&full());
    assert_eq!(imported.toml, include_str!("tests/full.toml"));
}

#[test]
fn what_is_written_is_a_configuration_once_its_secrets_are_there() {
    let (imported, config) = load(&full());
    let config = config.unwrap();
    assert!(imported.is_complete(), "{:?}", imported.notes);
    assert_eq!(config.discord.token.expose_secret(), TOKEN);
    assert_eq!(config.discord.guild_id.get(), 1_190_000_000_000_000_796);
    let bots: Vec<_> = config
        .bots
        .iter()
        .map(|bot| (bot.user_id.get(), bot.models.join(" ")))
        .collect();
    assert_eq!(
        bots,
        [
            (
                1_200_000_000_000_000_031,
                "gpt-3.5 gpt-3.5-16k gpt-4".to_owned()
            ),
            (1_200_000_000_000_000_064, "GPT-4".to_owned()),
        ]
    );
    let opens = |name: &str, model: &str| {
        let key = config.keys.iter().find(|key| key.name == name).unwrap();
        key.allows(model)
    };
    assert!(opens("client-1", "gpt-3.5"));
    assert!(!opens("client-2", "gpt-3.5"), "not in its entries");
    assert_eq!(config.keys.len(), 3, "two clients, and administration");
    assert_eq!(config.bots[0].profile.idle_timeout.as_secs(), 90);
}

#[test]
fn the_least_that_coze_discord_proxy_starts_with_is_enough() {
    let old = Old::of_text("BOT_TOKEN=t\nGUILD_ID=1\nCOZE_BOT_ID=2\nPROXY_SECRET=abc\n");
    let (imported, config) = load(&old);
    let config = config.unwrap();
    assert!(imported.is_complete(), "{:?}", imported.notes);
    assert!(config.bots[0].models.contains(&"gpt-4".to_owned()));
    assert_eq!(config.channels.delete_after.unwrap().as_secs(), 5);
}

#[test]
fn without_a_key_nobody_is_let_in_and_one_is_made() {
    let old = Old::of_text("BOT_TOKEN=t\nGUILD_ID=1\nCOZE_BOT_ID=2");
    let (imported, config) = load(&old);
    assert!(!imported.is_complete());
    assert_eq!(config.unwrap().keys.len(), 2);
}

#[test]
fn no_secret_is_in_the_configuration_or_in_what_is_told() {
    let imported = import(&full());
    let mut told = serde_json::to_string(&imported.notes).unwrap();
    told.push_str(&imported.toml);
    let _ = write!(told, "{imported:?}");
    for secret in [
        TOKEN,
        "client-secret-one",
        "client-secret-two",
        "client-secret-three",
        "client-secret-four",
        "user-token-one",
        "telegram-token",
        "sk-fresh-admin",
        "unknown-value",
        "strange-value",
        "proxy.example",
    ] {
        assert!(!told.contains(secret), "{secret}");
    }
    let secrets: Vec<&str> = imported
        .secrets
        .iter()
        .map(|file| file.secret.expose_secret())
        .collect();
    assert_eq!(
        secrets,
        [
            TOKEN,
            "client-secret-one",
            "client-secret-two",
            "sk-fresh-admin"
        ]
    );
}

#[test]
fn everything_that_was_set_is_accounted_for() {
    let imported = import(&full());
    let told = |name: &str| imported.notes.iter().any(|note| note.subject == name);
    for line in VARIABLES.lines().filter(|line| line.contains('=')) {
        let name = line.split('=').next().unwrap();
        assert!(told(name), "{name}");
    }
}

#[test]
fn what_makes_no_sense_is_named_without_being_repeated_and_somebody_has_to_act() {
    for (lines, bot_config, subject) in [
        ("GUILD_ID=hidden", None, "GUILD_ID"),
        ("GUILD_ID=0", None, "GUILD_ID"),
        ("COZE_BOT_ID=hidden", None, "COZE_BOT_ID"),
        ("CHANNEL_ID=hidden\nCOZE_BOT_ID=1", None, "CHANNEL_ID"),
        ("PORT=hidden", None, "PORT"),
        ("PORT=70000", None, "PORT"),
        (
            "CHANNEL_AUTO_DEL_TIME=hidden",
            None,
            "CHANNEL_AUTO_DEL_TIME",
        ),
        ("CHANNEL_AUTO_DEL_TIME=-1", None, "CHANNEL_AUTO_DEL_TIME"),
        ("", None, "BOT_TOKEN"),
        ("", None, "GUILD_ID"),
        ("", Some("{}"), "bot_config.json"),
        ("", Some("[1]"), "bot_config.json"),
        ("", Some("[{\"a\": \"hidden\" // x\n}]"), "bot_config.json"),
        (
            "",
            Some("[{\"model\": [\"a\"]}]"),
            "bot_config.json[0].cozeBotId",
        ),
        (
            "",
            Some("[{\"cozeBotId\": \"hidden\", \"model\": \"a\"}]"),
            "bot_config.json[0].cozeBotId",
        ),
    ] {
        let mut old = Old::of_text(lines);
        if let Some(bot_config) = bot_config {
            old = old.with_bot_config(bot_config.to_owned());
        }
        let imported = import(&old);
        let note = imported.notes.iter().find(|note| note.subject == subject);
        assert_eq!(note.unwrap().outcome, Fate::ToDo, "{lines}");
        let told = format!("{:?}{}", imported.notes, imported.toml);
        assert!(!told.contains("hidden"), "{told}");
    }
}

#[test]
fn a_value_that_is_kept_elsewhere_is_left_to_somebody_and_written_nowhere() {
    let variables = "BOT_TOKEN=${BOT_TOKEN}\nGUILD_ID=$GUILD_ID\nCOZE_BOT_ID=2\n\
                     PROXY_SECRET=one,$PROXY_SECRET\nALL_DIALOG_RECORD_ENABLE=${DIALOG:-1}\n\
                     USER_AUTHORIZATION=${TOKENS}\n";
    for bot_config in [None, Some(BOT_CONFIG)] {
        let mut old = Old::of_text(variables);
        if let Some(bot_config) = bot_config {
            old = old.with_bot_config(bot_config.to_owned());
        }
        let imported = import(&old);
        let fate = |name: &str| {
            let notes = imported.notes.iter().filter(|note| note.subject == name);
            notes.map(|note| note.outcome).collect::<Vec<_>>()
        };
        assert_eq!(fate("BOT_TOKEN"), [Fate::ToDo]);
        assert_eq!(fate("GUILD_ID"), [Fate::ToDo]);
        assert_eq!(fate("PROXY_SECRET"), [Fate::ToDo, Fate::Taken], "admin");
        assert_eq!(fate("ALL_DIALOG_RECORD_ENABLE"), [Fate::ToDo]);
        assert_eq!(fate("USER_AUTHORIZATION"), [Fate::Dropped]);
        // Who was let in is not known, so that nobody is.
        let files = imported.secrets.iter();
        let files: Vec<&str> = files.map(|file| file.name.as_str()).collect();
        assert_eq!(files, ["key-admin"]);
        assert!(!imported.toml.contains("client-1"), "{}", imported.toml);
    }
    for line in [
        "PROXY_SECRET=sk-$KEY",
        "PROXY_SECRET=a$$b",
        "  - PROXY_SECRET",
        "  - \"PROXY_SECRET\"",
        "  PROXY_SECRET:",
        "-e PROXY_SECRET \\",
    ] {
        let imported = import(&Old::of_text(line));
        assert_eq!(imported.secrets.len(), 1, "{line}");
        let mut notes = imported.notes.iter();
        let note = notes.find(|note| note.subject == "PROXY_SECRET").unwrap();
        assert_eq!(note.outcome, Fate::ToDo, "{line}");
        assert!(note.text.contains("not in this file"), "{line}: {note:?}");
    }
    // In an environment, everything has its value already.
    let environment: Environment = [("PROXY_SECRET", "$ecret")].into_iter().collect();
    let imported = import(&Old::of_environment(&environment));
    assert_eq!(imported.secrets[0].secret.expose_secret(), "$ecret");
}

#[test]
fn seconds_and_switches_become_what_they_meant() {
    for (line, expected) in [
        ("CHANNEL_AUTO_DEL_TIME=0", "delete_after = 0\n"),
        ("CHANNEL_AUTO_DEL_TIME=7", "delete_after = \"7s\"\n"),
        ("REQUEST_OUT_TIME=60", "request_timeout = \"60s\"\n"),
        ("STREAM_REQUEST_OUT_TIME=9", "idle_timeout = \"9s\"\n"),
        ("ALL_DIALOG_RECORD_ENABLE=0", "history = \"last_user\"\n"),
        ("DEFAULT_CHANNEL_ENABLE=1", "# isolation = \"thread\"\n"),
        ("PORT=8080", "listen = \"127.0.0.1:8080\"\n"),
    ] {
        let toml = import(&Old::of_text(line)).toml;
        assert!(toml.contains(expected), "{line}: {toml}");
    }
    let toml = import(&Old::of_text("ALL_DIALOG_RECORD_ENABLE=1")).toml;
    assert!(!toml.contains("[profiles"), "{toml}");
}

#[test]
fn model_names_cannot_break_out_of_their_quotes() {
    let bot_config =
        r#"[{"cozeBotId": "1", "model": ["a\"]\n[discord]\ntoken = \"x"], "proxySecret": "s"}]"#;
    let old = Old::of_text("BOT_TOKEN=t\nGUILD_ID=1").with_bot_config(bot_config.to_owned());
    let (_, config) = load(&old);
    let config = config.unwrap();
    assert_eq!(config.bots[0].models[0], "a\"]\n[discord]\ntoken = \"x");
    assert_eq!(config.discord.token.expose_secret(), "t");
}

#[test]
fn files_are_for_nobody_else_and_nothing_is_overwritten_unless_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cordboard.toml");
    let imported = import(&full());
    fs::write(folder.path().join("key-admin"), "mine").unwrap();
    let refused = imported.write_to(&path, false).unwrap_err();
    assert!(matches!(&refused, ImportError::Exists { paths } if paths.len() == 1));
    assert!(!path.exists(), "nothing was written");

    let written = imported.write_to(&path, true).unwrap();
    assert_eq!(written.len(), 5);
    for file in &written {
        let mode = fs::metadata(file).unwrap().permissions().mode() & 0o777;
        let is_secret = file != &path;
        assert!(!is_secret || mode == 0o600, "{}: {mode:o}", file.display());
    }
    let admin = fs::read_to_string(folder.path().join("key-admin")).unwrap();
    assert_eq!(admin, "sk-fresh-admin\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5, "no drafts");
}
