//! The maintenance binary's commands beside a proxy at work, and without one.

use std::{fs, sync::Mutex, time::Duration};

use cordboard_app::{
    Environment,
    maintenance::{
        status::StatusRequest,
        store::{BackupRequest, Versions},
        support::{SupportRequest, support_bundle},
    },
};
use cordboard_simulator::Fault;
use cordboard_store::{Act, Daybook, Location, Peek, Settings, Store};
use cordboard_tests::{MODEL, Setup, World, sim, sim_with};
use hyper::Method;
use rusqlite::Connection;
use tokio::time::sleep;
use twilight_model::id::Id;

const DELETE: &str = "DELETE /channels/{channel_id}";

fn at(world: &World) -> StatusRequest {
    StatusRequest {
        url: Some(world.client().url()),
        key: None,
    }
}

async fn hold_deletions(world: &World) {
    let body = "{\"enabled\": false}";
    let path = "/admin/v1/deletions";
    let answer = world.client().send(Method::POST, path, body).await;
    assert_eq!(answer.unwrap().status, 200);
}

async fn allow_deletions(world: &World) {
    let body = "{\"enabled\": true}";
    let path = "/admin/v1/deletions";
    let answer = world.client().send(Method::POST, path, body).await;
    assert_eq!(answer.unwrap().status, 200);
}

#[test]
fn status_tells_how_a_proxy_is_and_that_there_is_none() {
    sim(async |world| {
        world.client().ask(MODEL, "Hello").await.unwrap();
        sleep(Duration::from_mins(1)).await;
        let maintenance = world.maintenance("status");
        let request = at(world);
        let status = maintenance.status(&request).await.unwrap();
        assert!(status.is_ready);
        assert!(status.findings.is_empty(), "{:?}", status.findings);
        assert_eq!(status.health["service"], "cordboard");
        assert_eq!(status.ended["gone"], 1);
        assert_eq!(status.debts.unwrap().counts["parked"], 0);
        assert_eq!(status.left_out, None);

        world.stop_proxy().await;
        let failed = maintenance.status(&request).await.unwrap_err();
        assert_eq!(failed.exit_code(), 69, "{}", failed.chain());
        assert!(failed.chain().contains(request.url.as_deref().unwrap()));
    });
}

#[test]
fn status_finds_debts_and_what_an_operator_holds() {
    // How: deletions are refused for lack of a permission, and then held by an operator.
    sim(async |world| {
        let refusal = Fault::status(DELETE, 403).code(50013).always();
        world.discord.fault(refusal);
        world.client().ask(MODEL, "Hello").await.unwrap();
        sleep(Duration::from_secs(30)).await;
        hold_deletions(world).await;
        let status = world
            .maintenance("status")
            .status(&at(world))
            .await
            .unwrap();
        assert!(status.is_ready, "neither stops new conversations");
        let findings = status.findings.join("; ");
        for expected in ["deletions_held", "parked"] {
            assert!(findings.contains(expected), "{findings}");
        }
        assert!(!status.debts.as_ref().unwrap().deletions_enabled);
        world.discord.clear_faults();
        allow_deletions(world).await;
    });
}

#[test]
fn status_says_that_its_key_is_refused_and_tells_the_rest() {
    sim(async |world| {
        let request = StatusRequest {
            key: Some("sk-somebody-else".into()),
            ..at(world)
        };
        let status = world.maintenance("status").status(&request).await.unwrap();
        assert!(status.is_ready);
        assert!(status.findings[0].contains("does not know the key"));
        assert!(status.debts.is_none());
        // What answers there is no proxy: the simulated Discord.
        let elsewhere = StatusRequest {
            url: Some(world.discord.rest_url()),
            key: None,
        };
        let failed = world.maintenance("status").status(&elsewhere).await;
        let said = failed.unwrap_err().chain();
        assert!(said.contains("is not cordboard"), "{said}");
    });
}

#[test]
fn a_store_is_checked_beside_its_proxy_and_without_one() {
    sim(async |world| {
        world.client().ask(MODEL, "Hello").await.unwrap();
        sleep(Duration::from_mins(1)).await;
        let maintenance = world.maintenance("store check");
        let check = maintenance.store_check().await.unwrap();
        assert!(check.is_well(), "{:?}", check.findings);
        assert_eq!(check.channels["gone"], 1);
        assert!(check.daybook.is_some(), "the proxy looks for orders in it");

        hold_deletions(world).await;
        let check = maintenance.store_check().await.unwrap();
        assert!(!check.is_well() && check.deletions_held);
        allow_deletions(world).await;
        world.stop_proxy().await;

        let key = fs::read(world.key()).unwrap();
        fs::remove_file(world.key()).unwrap();
        let check = maintenance.store_check().await.unwrap();
        let wrong: Vec<_> = check
            .findings
            .iter()
            .filter(|one| one.trouble.is_some())
            .collect();
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!(wrong[0].subject, "channels.key_file");
        assert!(!world.key().exists(), "none was made");
        let restored = world.key();
        fs::write(&restored, key).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&restored, mode).unwrap();
        assert!(maintenance.store_check().await.unwrap().is_well());
    });
}

#[test]
fn a_backup_beside_a_proxy_at_work_opens_as_a_store() {
    // How: conversations go on while it is made, and so does one after it.
    sim(async |world| {
        for _ in 0..3 {
            world.client().ask(MODEL, "Hello").await.unwrap();
        }
        let maintenance = world.maintenance("store backup");
        let folder = tempfile::tempdir().unwrap();
        let request = BackupRequest {
            to: folder.path().join("backup"),
            with_key: true,
        };
        let seen = Mutex::new(Vec::new());
        let watcher = |progress| seen.lock().unwrap().push(progress);
        let client = world.client();
        let (backed_up, asked) = tokio::join!(
            maintenance.store_backup(&request, &watcher),
            client.ask(MODEL, "Hello")
        );
        let backed_up = backed_up.unwrap();
        assert_eq!(asked.unwrap().0, 200);
        assert_eq!(
            backed_up.files,
            ["cordboard.db.daybook", "cordboard.db", "cordboard.db.key"]
        );
        let key = fs::read(request.to.join("cordboard.db.key")).unwrap();
        assert_eq!(key, fs::read(world.key()).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft");

        let copy = Location::Path(request.to.join("cordboard.db"));
        let peek = Peek::open(&copy, Settings::default()).await.unwrap();
        let rows: u64 = peek.counts().await.unwrap().values().sum();
        assert!((3..=4).contains(&rows), "{rows}");
        drop(peek);
        drop(Store::open(&copy).await.unwrap());

        let again = maintenance.store_backup(&request, &|_| ()).await;
        let said = again.unwrap_err().chain();
        assert!(said.contains("nothing is overwritten"), "{said}");
    });
}

#[test]
fn a_store_is_not_migrated_while_its_proxy_holds_it() {
    sim(async |world| {
        let maintenance = world.maintenance("store migrate");
        let failed = maintenance.store_migrate().await.unwrap_err();
        assert_eq!(failed.exit_code(), 73, "{}", failed.chain());
        world.stop_proxy().await;
        let migrated = maintenance.store_migrate().await.unwrap();
        assert_eq!(migrated.store.from, migrated.store.to);
        let Versions { from, to } = migrated.daybook;
        assert_eq!((from, to > 0), (to, true), "the proxy has made it");
    });
}

#[test]
fn budgets_are_told_with_where_they_come_from() {
    sim(async |world| {
        for _ in 0..2 {
            world.client().ask(MODEL, "Hello").await.unwrap();
        }
        sleep(Duration::from_mins(1)).await;
        let budget = world.maintenance("budget show").budget().await.unwrap();
        assert!(budget.is_well(), "{budget:?}");
        let used = |name: &str| {
            let line = budget.lines.iter().find(|line| line.name == name);
            line.unwrap().used.unwrap()
        };
        assert_eq!(used("identifies"), 1);
        assert_eq!(used("creations_last_day"), 2);
        assert_eq!(used("deletions_last_day"), 2);
        let truth = world.discord.truth().channels;
        let alive = truth.iter().filter(|channel| channel.alive).count();
        assert_eq!(used("guild_channels"), alive as u64);
        assert!(used("guild_roles") >= 1);
        assert_eq!(used("active_threads"), 0);
        assert!(budget.lines.iter().all(|line| !line.source.is_empty()));
    });
}

/// Somebody's home, in two parts so that no machine is named here.
const HOME: &str = concat!("/ho", "me/alice");

/// What must be nowhere in a bundle.
const PLANTED: [&str; 9] = [
    "sk-world",
    "planted-prompt",
    "planted-reason",
    "planted-in-the-journal",
    "planted-subject",
    "planted-outcome",
    "planted-in-the-environment",
    "planted-misspelt",
    HOME,
];

/// Puts secrets and content wherever a store can hold any.
async fn plant(world: &World) {
    let database = Connection::open(world.store()).unwrap();
    database
        .execute_batch(
            "UPDATE channel SET reason = 'planted-reason';
             INSERT INTO journal (at_ms, row_id, attempt, from_stage, to_stage, event, channel_id,
                 evidence, instance, epoch, reason)
             SELECT at_ms, row_id, attempt, from_stage, to_stage, event, channel_id, evidence,
                 instance, epoch, 'planted-in-the-journal' FROM journal ORDER BY seq DESC LIMIT 1;",
        )
        .unwrap();
    let location = Location::Path(world.store());
    let daybook = Daybook::open(&location, Settings::default()).await.unwrap();
    let act = Act {
        at_ms: 5,
        actor: "cordboard-maintenance roles remove".to_owned(),
        action: "role.delete".to_owned(),
        guild_id: Id::new(7),
        subject: "the role Planted-subject".to_owned(),
        reason: "planted-reason".to_owned(),
    };
    let id = daybook.intend(act).await.unwrap();
    let outcome = "Discord said: planted-outcome".to_owned();
    daybook.acted(id, outcome).await.unwrap();
}

#[test]
fn a_support_bundle_tells_much_and_nothing_that_is_secret() {
    // How: secrets and content are put wherever they can be, and looked for in the bundle.
    let setup = Setup {
        toml: "[relay]\nchannels = \"all\"\n".to_owned(),
        ..Setup::default()
    };
    sim_with(setup, async |world| {
        world.client().ask(MODEL, "planted-prompt").await.unwrap();
        sleep(Duration::from_mins(1)).await;
        plant(world).await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cordboard.toml");
        let misspelt = format!("\n[tokens]\ntokn = \"planted-misspelt\"\npath = \"{HOME}/x\"\n");
        fs::write(&path, world.configuration() + &misspelt).unwrap();
        let environment: Environment = [
            ("CORDBOARD__KEYS__1__SECRET", "planted-in-the-environment"),
            ("OTHER", "planted-in-the-environment"),
            ("HOME", HOME),
        ]
        .into_iter()
        .collect();
        let request = SupportRequest {
            path: &path,
            environment: &environment,
            status: at(world),
        };
        let maintenance = world.maintenance("support-bundle");
        let bundle = support_bundle(request, Ok(maintenance)).await;
        let text = bundle.text();
        let token = world.discord.token();
        let key = fs::read(world.key()).unwrap();
        let key = String::from_utf8_lossy(&key);
        for planted in PLANTED
            .iter()
            .copied()
            .chain([token.as_str(), key.as_ref()])
        {
            let lower = text.to_lowercase();
            assert!(
                !lower.contains(&planted.to_lowercase()),
                "{planted}: {text}"
            );
        }
        let content = &bundle.content;
        assert_eq!(content["proxy"]["is_ready"], true, "{text}");
        assert_eq!(content["environment"][0], "CORDBOARD__KEYS__1__SECRET");
        let guild_id = world.discord.guild_id().to_string();
        assert_eq!(content["configuration"]["discord"]["guild_id"], guild_id);
        assert_eq!(content["store"]["channels"]["gone"], 1);
        assert_eq!(content["acts"][0]["action"], "role.delete");
        assert_eq!(content["journal"][0]["has_reason"], true);
        assert!(!content["doctor"].as_array().unwrap().is_empty());
    });
}
