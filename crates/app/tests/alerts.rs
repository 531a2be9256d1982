//! `[[alerts]]`: what is right is taken, what is wrong is named with its fix, and nothing secret is printed.

use std::time::Duration;

use cordboard_app::{
    Config, ConfigError, Environment,
    config::{Alert, AlertPlace},
};

const BASE: &str = r#"
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

const SECRET: &str = "secret = \"planted-secret-of-some-length\"";

fn parse(alerts: &str) -> Result<Config, ConfigError> {
    let none: Environment = [("", ""); 0].into_iter().collect();
    Config::parse(&format!("{BASE}{alerts}"), "cordboard.toml", &none)
}

fn alert(lines: &str) -> String {
    format!("[[alerts]]\nname = \"ops\"\n{lines}\n")
}

fn taken(lines: &str) -> Alert {
    let mut alerts = parse(&alert(lines)).expect(lines).alerts;
    assert_eq!(alerts.len(), 1);
    alerts.remove(0)
}

fn error(alerts: &str) -> String {
    let error = parse(alerts).expect_err(alerts).to_string();
    assert!(!error.contains("planted"), "a secret is in it: {error}");
    assert!(error.contains("fix: "), "{error}");
    error
}

#[test]
fn what_is_left_out_is_as_documented_and_a_channel_is_protected() {
    let config = parse(&alert("channel_id = \"1087394857203948222\"")).unwrap();
    let target = &config.alerts[0].target;
    assert_eq!(target.kinds, None);
    assert_eq!(target.remind_after, Duration::from_hours(24));
    let protected = config.channels.protected.iter().map(|id| id.get());
    assert!(protected.clone().any(|id| id == 1_087_394_857_203_948_222));
    assert_eq!(protected.count(), 2);
    assert!(parse("").unwrap().alerts.is_empty());
}

#[test]
fn an_address_may_be_one_of_this_machine_or_encrypted_and_no_other() {
    for url in [
        "https://hooks.example/planted?key=planted",
        "https://[2001:db8::1]:8443/",
        "http://127.0.0.1:9000/planted",
        "http://[::1]/",
    ] {
        let alert = taken(&format!("url = \"{url}\"\n{SECRET}"));
        assert!(matches!(alert.place, AlertPlace::Webhook { .. }), "{url}");
        let printed = format!("{alert:?}");
        assert!(!printed.contains("planted"), "{printed}");
    }
    for (url, matter) in [
        ("http://hooks.example/planted", "not on this machine"),
        ("http://localhost/planted", "not on this machine"),
        ("http://127.0.0.1.planted.example/", "not on this machine"),
        ("http://10.0.0.1/planted", "not on this machine"),
        (
            "ftp://hooks.example/planted",
            "neither https:// nor http://",
        ),
        (
            "https://planted:planted@hooks.example/",
            "name or a password",
        ),
        ("https://hooks.example/#planted", "never sent"),
        ("/planted", "not an address"),
        ("planted", "neither https:// nor http://"),
        ("", "not an address"),
    ] {
        let error = error(&alert(&format!("url = \"{url}\"\n{SECRET}")));
        assert!(error.contains("alerts[0].url"), "{error}");
        assert!(error.contains(matter), "{url}: {error}");
    }
}

#[test]
fn whatever_else_is_wrong_is_named_with_its_key() {
    let url = "url = \"https://hooks.example/planted\"";
    let channel = "channel_id = \"1087394857203948222\"";
    for (lines, key) in [
        (String::new(), "alerts[0].url: is missing"),
        (
            format!("{url}\n{SECRET}\n{channel}"),
            "alerts[0].url: is set beside",
        ),
        (url.to_owned(), "alerts[0].secret: is missing"),
        (
            format!("{url}\nsecret = \"planted\""),
            "alerts[0].secret: is so short",
        ),
        (format!("{channel}\n{SECRET}"), "alerts[0].secret: is set"),
        (
            "channel_id = \"1087394857203948111\"".to_owned(),
            "alerts[0].channel_id: is a default channel of the bot \"helper\"",
        ),
        (
            format!("{channel}\nkinds = []"),
            "alerts[0].kinds: is empty",
        ),
        (
            format!("{channel}\nkinds = [\"bot_silent\", \"bot_loud\"]"),
            "alerts[0].kinds: there is no kind \"bot_loud\"",
        ),
        (
            format!("{channel}\nkinds = [\"test\"]"),
            "alerts[0].kinds: there is no kind \"test\"",
        ),
        (
            format!("{channel}\nremind_after = \"5m\""),
            "alerts[0].remind_after: is so short",
        ),
    ] {
        let error = error(&alert(&lines));
        assert!(error.contains(key), "{lines}: {error}");
        assert_eq!(error.matches("fix: ").count(), 1, "{error}");
    }
    let two = alert(channel).repeat(2);
    assert!(error(&two).contains("alerts[1].name: \"ops\" is taken"));
    let unnamed = alert(channel).replace("\"ops\"", "\"the people\"");
    assert!(error(&unnamed).contains("alerts[0].name: \"the people\" is not a plain name"));
    let many: String = (0..17)
        .map(|n| alert(channel).replace("ops", &format!("ops{n}")))
        .collect();
    assert!(error(&many).contains("alerts: has more than 16"));
}
