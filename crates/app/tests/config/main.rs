//! Configuration: what is right is taken, what is wrong is named with its fix.

mod upkeep;

use std::{fs, time::Duration};

use cordboard_app::{Config, ConfigError, Environment};
use secrecy::ExposeSecret;

const GOOD: &str = r#"
[discord]
token = "token"
guild_id = "1087394857203948572"

[[bots]]
name = "helper"
user_id = "1087394857203948999"
models = ["helper"]
default_channel_id = "1087394857203948111"

[[keys]]
name = "me"
secret = "sk-me"
"#;

fn parse(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment: Environment = variables.iter().copied().collect();
    Config::parse(text, "cordboard.toml", &environment)
}

fn error(text: &str, variables: &[(&str, &str)]) -> String {
    parse(text, variables)
        .expect_err("this configuration is wrong")
        .to_string()
}

#[test]
fn a_minimal_configuration_gets_the_documented_defaults() {
    let config = parse(GOOD, &[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:7077");
    assert_eq!(config.channels.delete_after, Some(Duration::from_secs(5)));
    assert_eq!(config.channels.name_prefix, "cord");
    assert_eq!(config.limits.conversations, 256);
    assert_eq!(config.shutdown_grace, Duration::from_secs(25));
    // A bot's default channel is protected without being told so.
    let protected: Vec<_> = config
        .channels
        .protected
        .iter()
        .map(|id| id.get())
        .collect();
    assert_eq!(protected, [1_087_394_857_203_948_111]);
}

#[test]
fn the_first_key_for_administration_is_kept_for_who_asks_a_running_proxy() {
    assert!(parse(GOOD, &[]).unwrap().admin_key.is_none());
    let keys = |scopes: &[&str]| -> String {
        let keys = scopes.iter().enumerate();
        let keys = keys.map(|(number, scopes)| {
            format!("[[keys]]\nname = \"{number}\"\nsecret = \"sk-{number}\"\nscopes = {scopes}\n")
        });
        keys.collect()
    };
    let text = format!(
        "{GOOD}{}",
        keys(&[r#"["relay"]"#, r#"["chat", "admin"]"#, r#"["admin"]"#])
    );
    let config = parse(&text, &[]).unwrap();
    let key = config.admin_key.as_ref().map(ExposeSecret::expose_secret);
    assert_eq!(key, Some("sk-1"));
    assert!(
        !format!("{config:?}").contains("sk-1"),
        "and is not printed"
    );
}

#[test]
fn zero_keeps_channels_and_no_other_number_is_a_time() {
    for zero in ["0", "\"0\"", "\"0s\""] {
        let text = format!("{GOOD}\n[channels]\ndelete_after = {zero}\n");
        assert_eq!(parse(&text, &[]).unwrap().channels.delete_after, None);
    }
    let text = error(&format!("{GOOD}\n[channels]\ndelete_after = 5\n"), &[]);
    assert!(text.contains("5s"), "{text}");
}

#[test]
fn a_key_opens_the_chat_alone_unless_told_otherwise() {
    use cordboard_frontend::Scope;
    let config = parse(GOOD, &[]).unwrap();
    let opened = [Scope::Chat, Scope::Relay, Scope::Admin].map(|scope| config.keys[0].opens(scope));
    assert_eq!(opened, [true, false, false]);
}

#[test]
fn the_environment_wins_over_the_file() {
    let config = parse(
        GOOD,
        &[
            ("CORDBOARD__LISTEN", "127.0.0.1:1234"),
            ("CORDBOARD__CHANNELS__DELETE_AFTER", "2m"),
            ("CORDBOARD__CHANNELS__PROTECTED", r#"["11", "12"]"#),
            ("CORDBOARD__DISCORD__GUILD_ID", "42"),
            ("CORDBOARD__LIMITS__QUEUE", "7"),
            ("CORDBOARD__KEYS__1__NAME", "second"),
            ("CORDBOARD__KEYS__1__SECRET", "sk-second"),
            ("HOME", "elsewhere"),
        ],
    )
    .unwrap();
    assert_eq!(config.listen.port(), 1234);
    assert_eq!(config.channels.delete_after, Some(Duration::from_mins(2)));
    assert_eq!(config.channels.protected.len(), 3);
    assert_eq!(config.discord.guild_id.get(), 42);
    assert_eq!(config.limits.queue, 7);
    assert_eq!(config.keys.len(), 2);
}

/// What to replace in the good configuration, by what, and what the error then has to name.
const MISTAKES: &[(&str, &str, &[&str])] = &[
    (
        "guild_id = ",
        "guild = ",
        &["unknown field `guild`", "line 4"],
    ),
    (
        "\"1087394857203948572\"",
        "1087394857203948572",
        &["id in quotes", "line 4"],
    ),
    (
        "\"1087394857203948572\"",
        "\"general\"",
        &["id in quotes", "general"],
    ),
    (
        "token = \"token\"",
        "",
        &["discord.token: is missing", "discord.token_file"],
    ),
    (
        "token = \"token\"",
        "token = \" \"",
        &["discord.token: is empty"],
    ),
    (
        "secret = \"sk-me\"",
        "",
        &["keys[0].secret: is missing", "secret_file"],
    ),
    (
        "secret = \"sk-me\"",
        "secret_file = \"no-such-file\"",
        &["keys[0].secret_file", "no-such-file"],
    ),
    (
        "models = [\"helper\"]",
        "models = []",
        &["bots[0].models", "names no model"],
    ),
    (
        "models = [\"helper\"]",
        "models = [\"helper\"]\nprofile = \"x\"",
        &["bots[0].profile", "\"x\"", "default"],
    ),
    (
        "secret = \"sk-me\"",
        "secret = \"s\"\nmodels = [\"gpt\"]",
        &["keys[0].models", "\"gpt\""],
    ),
    (
        "secret = \"sk-me\"",
        "secret = \"s\"\nscopes = [\"root\"]",
        &["unknown variant `root`", "chat"],
    ),
    (
        "[discord]",
        "listen = \"here\"\n[discord]",
        &["listen: \"here\" is not an address", "127.0.0.1:7077"],
    ),
    (
        "[discord]",
        "[store]\nurl = \"mysql://x\"\n[discord]",
        &["store.url", "sqlite:PATH"],
    ),
    (
        "[discord]",
        "[channels]\nname_prefix = \"My Channel\"\n[discord]",
        &["channels.name_prefix", "a-z"],
    ),
    (
        "[discord]",
        "[channels]\ndelete_after = \"soon\"\n[discord]",
        &["soon"],
    ),
    (
        "[discord]",
        "[discord]\nrest_url = \"discord.com\"",
        &["discord.rest_url", "https://"],
    ),
    (
        "[discord]",
        "[discord]\nrest_url = \"http://discord.com\"",
        &["discord.rest_url", "in clear", "127.0.0.1"],
    ),
    (
        "[discord]",
        "[discord]\ngateway_url = \"ws://10.0.0.1:80\"",
        &["discord.gateway_url", "not encrypted", "wss://"],
    ),
    (
        "[discord]",
        "[discord]\ngateway_url = \"ws://localhost:80\"",
        &["discord.gateway_url", "not encrypted", "127.0.0.1"],
    ),
    (
        "[discord]",
        "[discord]\ngateway_url = \"wss://gateway.discord.gg/?v=9\"",
        &["discord.gateway_url", "query"],
    ),
    (
        "[discord]",
        "[discord]\nrest_url = \"https://me@discord.com\"",
        &["discord.rest_url", "user name"],
    ),
    (
        "token = \"token\"",
        "token = \"Bot token\"",
        &["discord.token", "without `Bot `"],
    ),
    (
        "token = \"token\"",
        "token = \"to\\u0007ken\"",
        &["discord.token", "characters"],
    ),
    (
        "\"1087394857203948572\"",
        "\"general\"",
        &["line 4", "discord.guild_id"],
    ),
    (
        "[discord]",
        "[limits]\nqueue = 0\n[discord]",
        &["at least 1"],
    ),
];

#[test]
fn each_mistake_is_named_with_its_key_and_its_fix() {
    for (from, to, names) in MISTAKES {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "the row changes something: {from}");
        let error = error(&text, &[]);
        for name in *names {
            assert!(error.contains(name), "{to}: {name:?} is not in:\n{error}");
        }
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let error = error("", &[]);
    for key in ["discord.token:", "discord.guild_id:", "bots:", "keys:"] {
        assert!(error.contains(key), "{key} is not in:\n{error}");
    }
}

#[test]
fn what_discords_side_refuses_is_told_at_once_too() {
    let wrong = "[discord]\nrest_url = \"discord.com\"\ngateway_url = \"gateway\"";
    let text = GOOD.replacen("[discord]", wrong, 1);
    for (text, keys) in [
        (
            text.replacen("\"token\"", "\"Bot token\"", 1),
            ["token: must be", "rest_url:", "gateway_url:"],
        ),
        (
            text.replacen("token = \"token\"", "", 1),
            ["token: is missing", "rest_url:", "gateway_url:"],
        ),
    ] {
        let error = error(&text, &[]);
        for key in keys {
            assert!(error.contains(key), "{key} is not in:\n{error}");
        }
        assert_eq!(error.matches("discord.token:").count(), 1, "{error}");
    }
}

#[test]
fn a_mistake_in_the_environment_is_blamed_on_it() {
    let unknown = error(GOOD, &[("CORDBOARD__DISCORD__GILD_ID", "1")]);
    assert!(
        unknown.contains("environment") && unknown.contains("gild_id"),
        "{unknown}"
    );
    let bad = error(GOOD, &[("CORDBOARD__DISCORD__GUILD_ID", "general")]);
    assert!(
        bad.contains("environment") && bad.contains("discord.guild_id"),
        "{bad}"
    );
    let hole = error(GOOD, &[("CORDBOARD__KEYS__5__NAME", "x")]);
    assert!(hole.contains("CORDBOARD__KEYS__5__NAME"), "{hole}");
    let empty = error(GOOD, &[("CORDBOARD__DISCORD____TOKEN", "x")]);
    assert!(empty.contains("CORDBOARD__DISCORD____TOKEN"), "{empty}");
}

#[test]
fn a_secret_comes_from_a_file_and_is_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "very-secret\n").unwrap();
    let token_file = format!("token_file = {:?}", file.display().to_string());
    let config = parse(&GOOD.replace("token = \"token\"", &token_file), &[]).unwrap();
    let printed = format!("{config:?}");
    assert!(
        !printed.contains("very-secret") && !printed.contains("sk-me"),
        "{printed}"
    );
    let twice = GOOD.replace("token = \"token\"", &format!("token = \"x\"\n{token_file}"));
    assert!(error(&twice, &[]).contains("given twice"));
}

#[test]
fn keys_that_share_a_secret_are_named_and_the_secret_is_not() {
    // How: the same secret once in place and once from a file, among keys that are right.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    fs::write(&file, "sk-me\n").unwrap();
    let other = "[[keys]]\nname = \"other\"\nsecret = \"sk-other\"\n";
    let text = format!("{GOOD}{other}[[keys]]\nname = \"guest\"\nsecret_file = {file:?}\n");
    let error = error(&text, &[]);
    for name in ["keys[2].secret:", "\"me\"", "\"guest\""] {
        assert!(error.contains(name), "{name} is not in:\n{error}");
    }
    assert!(
        !error.contains("sk-") && !error.contains("other\""),
        "{error}"
    );
}

#[test]
fn a_secret_of_the_wrong_kind_is_not_repeated() {
    for wrong in [
        "8675309",
        "86753.09",
        "8675309123456789012345",
        "[8675309]",
        "{ a = 8675309 }",
    ] {
        for (from, key) in [
            ("token = \"token\"", "token"),
            ("secret = \"sk-me\"", "secret"),
        ] {
            let error = error(&GOOD.replace(from, &format!("{key} = {wrong}")), &[]);
            assert!(!error.contains("86753"), "{error}");
            assert!(error.contains("line"), "{error}");
        }
    }
}

#[test]
fn a_file_that_is_too_large_is_refused_and_not_cut() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "x".repeat(20_000)).unwrap();
    let token_file = format!("token_file = {:?}", file.display().to_string());
    let told = error(&GOOD.replace("token = \"token\"", &token_file), &[]);
    assert!(
        told.contains("discord.token_file") && told.contains("16384"),
        "{told}"
    );

    let file = folder.path().join("cordboard.toml");
    fs::write(&file, format!("{GOOD}\n#{}", "x".repeat(2 << 20))).unwrap();
    let told = Config::load(Some(&file), &Environment::default()).unwrap_err();
    assert!(told.to_string().contains("cordboard.toml"), "{told}");
}
