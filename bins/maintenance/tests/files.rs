//! The binary, as somebody at a shell uses it: commands that need no Discord.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// Variables of coze-discord-proxy, for a configuration.
const VARIABLES: &str = "BOT_TOKEN=token-of-the-bot\nGUILD_ID=1190000000000000796\n\
                         COZE_BOT_ID=1190000000000000007\nPROXY_SECRET=secret-of-a-client\n";

/// Runs the binary in a folder, without any of our variables.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cordboard-maintenance"));
    command.current_dir(folder).args(arguments);
    command.env_clear().env("HOME", folder);
    command.output().unwrap()
}

fn json(output: &Output) -> Value {
    let text = text(output);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A folder with an imported configuration.
fn imported() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old.env"), VARIABLES).unwrap();
    let import = ["import", "coze-discord-proxy", "--env-file", "old.env"];
    let output = run(folder.path(), &import);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    folder
}

#[test]
fn an_import_can_be_shown_and_is_not_made_twice() {
    let folder = imported();
    let import = ["import", "coze-discord-proxy", "--env-file", "old.env"];
    let again = run(folder.path(), &[&import[..], &["--json"]].concat());
    assert_eq!(again.status.code(), Some(3));
    assert_eq!(json(&again)["error"]["kind"], "refused");

    let shown = run(folder.path(), &[&import[..], &["--output", "-"]].concat());
    assert_eq!(shown.status.code(), Some(0));
    let written = fs::read_to_string(folder.path().join("cordboard.toml")).unwrap();
    assert_eq!(text(&shown), written);
    let told = run(
        folder.path(),
        &[&import[..], &["--output", "-", "--json"]].concat(),
    );
    assert_eq!(json(&told)["toml"], written);
    assert_eq!(json(&told)["files"], serde_json::json!([]));
    for output in [shown, told] {
        let all = format!("{output:?}");
        assert!(!all.contains("token-of-the-bot"), "{all}");
        assert!(!all.contains("secret-of-a-client"), "{all}");
    }
}

#[test]
fn an_import_of_nothing_is_a_mistake_and_one_that_lacks_something_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = run(folder.path(), &["import", "coze-discord-proxy"]);
    assert_eq!(nothing.status.code(), Some(2));
    fs::write(folder.path().join("old.env"), "GUILD_ID=1").unwrap();
    let import = ["import", "coze-discord-proxy", "--env-file", "old.env"];
    let lacking = run(folder.path(), &import);
    assert_eq!(lacking.status.code(), Some(1));
    assert!(text(&lacking).contains("to do:"), "{lacking:?}");
    let unreadable = ["import", "coze-discord-proxy", "--env-file", "nowhere"];
    let unreadable = run(folder.path(), &unreadable);
    assert_eq!(unreadable.status.code(), Some(2));
}

#[test]
fn the_files_of_an_installation_are_made_checked_and_copied() {
    let folder = imported();
    let none = run(folder.path(), &["store", "check", "--json"]);
    assert_eq!(none.status.code(), Some(1), "there is no store yet");

    let made = run(folder.path(), &["store", "migrate", "--json"]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    assert_eq!(json(&made)["store"]["from"], 0);
    let again = run(folder.path(), &["store", "migrate"]);
    assert!(text(&again).contains("already"), "{again:?}");

    let check = run(folder.path(), &["store", "check", "--json"]);
    assert_eq!(check.status.code(), Some(0), "{check:?}");
    assert_eq!(json(&check)["store"]["version"], json(&made)["store"]["to"]);
    let for_people = run(folder.path(), &["store", "check"]);
    assert!(text(&for_people).contains("ok    the store is undamaged"));

    let backup = ["store", "backup", "--to", "backup", "--json"];
    let backed_up = run(folder.path(), &backup);
    assert_eq!(backed_up.status.code(), Some(0), "{backed_up:?}");
    let files = json(&backed_up)["files"].clone();
    assert_eq!(
        files,
        serde_json::json!(["cordboard.db.daybook", "cordboard.db"])
    );
    assert_eq!(json(&backed_up)["has_key"], false);
    let again = run(folder.path(), &backup);
    assert_eq!(again.status.code(), Some(3));
    assert_eq!(json(&again)["error"]["kind"], "refused");

    // As a shell completes it.
    fs::create_dir(folder.path().join("backups")).unwrap();
    let slash = ["store", "backup", "--to", "backups/one/", "--json"];
    let slash = run(folder.path(), &slash);
    assert_eq!(slash.status.code(), Some(0), "{slash:?}");
    assert_eq!(json(&slash)["folder"], "backups/one");
    let there = fs::read_dir(folder.path().join("backups")).unwrap();
    assert_eq!(there.count(), 1, "no draft");
}

#[test]
fn a_store_that_is_damaged_or_from_elsewhere_is_a_finding() {
    let folder = imported();
    let store = folder.path().join("cordboard.db");
    fs::write(
        &store,
        "this is no database, and long enough to be looked at".repeat(9),
    )
    .unwrap();
    let foreign = run(folder.path(), &["store", "check", "--json"]);
    assert_eq!(foreign.status.code(), Some(1), "{foreign:?}");
    let migrate = run(folder.path(), &["store", "migrate"]);
    assert_eq!(migrate.status.code(), Some(3), "{migrate:?}");
    let untouched = fs::read_to_string(&store).unwrap();
    assert!(untouched.starts_with("this is no database"));
}

#[test]
fn where_no_proxy_is_status_says_so() {
    let folder = imported();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let nobody = run(folder.path(), &["status", "--url", &url, "--json"]);
    assert_eq!(nobody.status.code(), Some(4), "{nobody:?}");
    assert_eq!(json(&nobody)["error"]["kind"], "upstream");
    let wrong = run(folder.path(), &["status", "--url", "https://x", "--json"]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    assert_eq!(json(&wrong)["error"]["kind"], "usage");
}

#[test]
fn a_bundle_is_made_also_of_a_configuration_that_cannot_be_used() {
    let folder = imported();
    let path = folder.path().join("cordboard.toml");
    let text = fs::read_to_string(&path).unwrap() + "\n[wrong]\nkey = \"secret-in-a-typo\"\n";
    fs::write(&path, text).unwrap();
    let output = run(folder.path(), &["support-bundle"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let bundle = json(&output);
    assert_eq!(bundle["configuration"]["wrong"]["key"], "<redacted>");
    let error = bundle["configuration_error"].as_str().unwrap();
    assert!(error.contains("wrong"), "{error}");
    let all = format!("{output:?}");
    for secret in ["token-of-the-bot", "secret-of-a-client", "secret-in-a-typo"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
    assert!(!all.contains(folder.path().to_str().unwrap()), "{all}");

    let written = run(
        folder.path(),
        &["support-bundle", "--output", "bundle.json"],
    );
    assert_eq!(written.status.code(), Some(0));
    let again = run(
        folder.path(),
        &["support-bundle", "--output", "bundle.json"],
    );
    assert_eq!(again.status.code(), Some(3));
}

#[test]
fn a_secret_in_the_place_of_its_file_is_hidden_from_a_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[discord]\ntoken_file = \"MTk4.Cl2FMQ.pasted/token\"\n\
                guild_id = \"1190000000000000796\"\n\
                [channels]\nkey_file = \"pasted-key\"\n\
                [[keys]]\nname = \"one\"\nsecret_file = \"sk-live-pasted\"\n";
    fs::write(folder.path().join("cordboard.toml"), text).unwrap();
    let output = run(folder.path(), &["support-bundle"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let bundle = json(&output);
    let configuration = &bundle["configuration"];
    assert_eq!(configuration["discord"]["token_file"], "<redacted>");
    assert_eq!(configuration["channels"]["key_file"], "<redacted>");
    assert_eq!(configuration["keys"][0]["secret_file"], "<redacted>");
    let error = bundle["configuration_error"].as_str().unwrap();
    assert!(error.contains("cannot read <redacted>"), "{error}");
    let all = format!("{output:?}");
    assert!(!all.contains("pasted"), "{all}");
}

#[test]
fn a_wrong_command_line_and_a_missing_configuration_are_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["nonsense"][..],
        &["store"],
        &["store", "backup"],
        &["store", "check"],
        &["budget", "show"],
        &["status"],
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    }
    for arguments in [
        &["--help"][..],
        &["store", "backup", "--help"],
        &["--version"],
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
    }
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = run(folder.path(), &["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        let script = text(&output);
        for command in ["support-bundle", "coze-discord-proxy", "migrate"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    let output = run(folder.path(), &["man", "."]);
    assert_eq!(output.status.code(), Some(0));
    for page in ["status", "store-backup", "budget-show", "support-bundle"] {
        let page = folder
            .path()
            .join(format!("cordboard-maintenance-{page}.1"));
        assert!(page.exists(), "{}", page.display());
    }
}
