//! Processes that die. Everything that was created is on record, and the next start pulls it.

use std::{
    fs::{self, Permissions},
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::Duration,
};

use cordboard_simulator::{Config, Fault, GatewayCommand, Script};
use cordboard_store::{Location, Settings, Store};
use cordboard_tests::{Client, MODEL, Setup, sim, sim_with};
use hyper::Method;
use rusqlite::Connection;
use serde_json::json;
use tokio::time::{sleep, timeout};

const CREATE: &str = "POST /guilds/{guild_id}/channels";
const DELETE: &str = "DELETE /channels/{channel_id}";

#[test]
fn a_proxy_killed_in_the_middle_of_a_reply_leaves_no_channel() {
    // How: kill it once the first content is there, start it again.
    sim(async |world| {
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        world.kill_proxy().await;
        sleep(Duration::from_mins(1)).await;
        assert_eq!(world.channels_alive(), 1, "nobody could delete it");
        world.start_proxy().await;
        sleep(Duration::from_mins(1)).await;
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_proxy_killed_while_it_creates_leaves_no_channel() {
    // How: the creation's answer is on its way for ten seconds when the process dies.
    sim(async |world| {
        world
            .discord
            .fault(Fault::slow_answer(CREATE, Duration::from_secs(10)));
        let client = world.client();
        let _ = timeout(Duration::from_secs(1), client.ask(MODEL, "Hello")).await;
        world.kill_proxy().await;
        assert_eq!(world.channels_created(), 1);
        world.start_proxy().await;
        sleep(Duration::from_mins(2)).await;
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_proxy_killed_at_any_moment_leaves_no_channel() {
    // How: forty lives, each a little longer than the one before.
    sim(async |world| {
        for life in (0..2_000).step_by(50) {
            let client = world.client();
            let ask = client.ask(MODEL, "Hello");
            let _ = timeout(Duration::from_millis(life), ask).await;
            world.kill_proxy().await;
            world.start_proxy().await;
        }
        sleep(Duration::from_mins(5)).await;
        assert_eq!(world.channels_alive(), 0);
        assert!(world.channels_created() > 30);
    });
}

#[test]
fn a_start_does_not_wait_for_the_proof_that_a_channel_is_gone() {
    // How: kill it while the answer to a deletion is on its way, and let no event tell of it. The next
    // life hears that there is no such channel, and a minute later it hears so again.
    sim(async |world| {
        let unheard = Fault::drop_event("CHANNEL_DELETE");
        world.discord.fault(unheard);
        let unanswered = Fault::slow_answer(DELETE, Duration::from_secs(10));
        world.discord.fault(unanswered);
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
        while world.channels_alive() > 0 {
            sleep(Duration::from_millis(100)).await;
        }
        world.kill_proxy().await;
        timeout(Duration::from_secs(10), world.start_proxy())
            .await
            .expect("nothing takes room");
    });
}

#[test]
fn a_proxy_that_is_told_to_stop_lets_streams_end() {
    // How: SIGTERM in the middle of a reply; the client still gets all of it.
    sim(async |world| {
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        let (transcript, ()) = tokio::join!(answer.transcript(), world.stop_proxy());
        let transcript = transcript.unwrap();
        assert_eq!(transcript.text, world.discord.replies()[0].text);
        assert!(transcript.done);
        world.start_proxy().await;
    });
}

#[test]
fn a_proxy_that_is_told_to_stop_does_not_wait_for_ever() {
    // How: a bot that never answers; the grace ends, the process with it, the next start deletes.
    let setup = Setup::with_discord(Config::default().with_bots([Script::silent()]));
    sim_with(setup, async |world| {
        let client = world.client();
        let mut answer = client.stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        timeout(Duration::from_secs(40), world.stop_proxy())
            .await
            .expect("it ends within its grace");
        drop(answer);
        world.start_proxy().await;
        sleep(Duration::from_mins(1)).await;
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_lost_store_is_made_up_for_by_the_audit_log() {
    // How: kill it in the middle of a reply and delete its database; the key is still there.
    sim(async |world| {
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        world.kill_proxy().await;
        world.lose_store();
        assert_eq!(world.channels_alive(), 1);
        world.start_proxy().await;
        sleep(Duration::from_mins(10)).await;
        assert_eq!(world.channels_alive(), 0);
    });
}

#[test]
fn a_store_that_is_in_use_is_refused_to_a_second_proxy() {
    // How: start another one over the same file while the first runs.
    sim(async |world| {
        let failed = world
            .start_another_proxy()
            .await
            .expect_err("one store, one proxy");
        assert_eq!(failed.exit_code(), 73, "{}", failed.chain());
    });
}

#[test]
fn a_start_waits_for_a_command_that_has_the_store_and_says_when_that_takes_too_long() {
    // How: the store is held as a command holds it; for a minute, then for good.
    sim(async |world| {
        world.stop_proxy().await;
        let settings = Settings {
            program: Some("cordboard-maintenance"),
            ..Settings::default()
        };
        let location = Location::Path(world.store());
        let lent = Store::open_with(&location, settings).await.unwrap();
        tokio::join!(world.start_proxy(), async {
            sleep(Duration::from_mins(1)).await;
            drop(lent);
        });
        world.stop_proxy().await;
        let lent = Store::open_with(&location, settings).await.unwrap();
        let failed = world.start_another_proxy().await.expect_err("it is held");
        assert_eq!(failed.exit_code(), 75, "{}", failed.chain());
        drop(lent);
    });
}

#[test]
fn a_lost_or_replaced_key_is_refused_until_its_loss_is_accepted() {
    // How: the key is moved away, then another one put in its place, then restored; at last it is
    // lost for good, and the operator says so.
    sim(async |world| {
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
        world.stop_proxy().await;
        let key = world.key();
        let copy = fs::read(&key).unwrap();
        let refused = async |matter: &str| {
            let failed = world.start_another_proxy().await.expect_err(matter);
            assert_eq!(failed.exit_code(), 78, "{}", failed.chain());
            for said in [matter, "channels.key_file", "channels.accept_new_key"] {
                assert!(failed.chain().contains(said), "{}", failed.chain());
            }
        };
        fs::remove_file(&key).unwrap();
        refused("is missing").await;
        assert!(!key.exists(), "no key is made unasked");
        write_key(&key, &[7; 32]);
        refused("is another key").await;
        write_key(&key, &copy);
        world.start_proxy().await;
        world.stop_proxy().await;

        fs::remove_file(&key).unwrap();
        world.set("CORDBOARD__CHANNELS__ACCEPT_NEW_KEY", "true");
        world.start_proxy().await;
        world.stop_proxy().await;
        world.set("CORDBOARD__CHANNELS__ACCEPT_NEW_KEY", "false");
        world.start_proxy().await;
        world.stop_proxy().await;
        write_key(&key, &copy);
        refused("is another key").await;
        world.set("CORDBOARD__CHANNELS__ACCEPT_NEW_KEY", "true");
    });
}

#[test]
fn a_store_that_cannot_be_used_ends_the_start_with_what_to_do() {
    // How: a sound store is made newer, damaged, and another program's, one after the other.
    sim(async |world| {
        world.stop_proxy().await;
        let store = world.store();
        // Moves what is in the log into the database, so that the file alone is all of it.
        Connection::open(&store)
            .and_then(|database| database.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)"))
            .unwrap();
        let sound = fs::read(&store).unwrap();
        let refused = async |advice: &str| {
            let failed = world.start_another_proxy().await.expect_err(advice);
            assert_eq!(failed.exit_code(), 74, "{}", failed.chain());
            assert!(failed.chain().contains(advice), "{}", failed.chain());
            for ending in ["db-wal", "db-shm"] {
                drop(fs::remove_file(store.with_extension(ending)));
            }
        };
        // The version is at byte 60 of the header (sqlite.org/fileformat2.html).
        let mut newer = sound.clone();
        newer[60..64].copy_from_slice(&1_000_u32.to_be_bytes());
        fs::write(&store, newer).unwrap();
        refused("start the newer program again, or restore a backup").await;
        let mut damaged = sound.clone();
        damaged[4_096..8_192].fill(0xff);
        fs::write(&store, damaged).unwrap();
        refused("is damaged and was not touched; restore a backup").await;
        fs::write(&store, "another program's notes. ".repeat(100)).unwrap();
        refused("is not a database of cordboard and was not touched; name another file").await;
        fs::write(&store, sound).unwrap();
    });
}

fn write_key(path: &Path, key: &[u8]) {
    fs::write(path, key).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_start_that_takes_its_time_says_that_it_is_alive_and_not_ready() {
    // How: Discord's gateway takes no connection for a minute, while a client on one and the same
    // connection asks for everything.
    sim(async |world| {
        world.stop_proxy().await;
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        world.set("CORDBOARD__LISTEN", &address.to_string());
        let seconds = 60.0;
        world.discord.gateway(GatewayCommand::Refuse { seconds });
        let client = Client::new(address, "sk-world");
        let get = async |path: &str| {
            let answer = client.send(Method::GET, path, "").await.unwrap();
            let retry_after = answer.headers.contains_key("retry-after");
            let (status, body) = answer.json().await.unwrap();
            (status.as_u16(), retry_after, body)
        };
        let asking = async {
            sleep(Duration::from_secs(30)).await;
            let (status, _, body) = get("/healthz").await;
            assert_eq!((status, &body["status"]), (200, &json!("ok")), "{body}");
            let (status, _, body) = get("/readyz").await;
            assert_eq!(status, 503, "{body}");
            assert_eq!(body["causes"][0]["name"], "starting", "{body}");
            for path in ["/v1/models", "/metrics", "/admin/v1/debts", "/", "/nowhere"] {
                let (status, retry_after, body) = get(path).await;
                assert_eq!((status, retry_after), (503, true), "{path}: {body}");
                assert_eq!(body["error"]["code"], "upstream_unavailable", "{path}");
            }
            let (status, body) = client.ask(MODEL, "Hello").await.unwrap();
            assert_eq!(status, 503, "{body}");
        };
        let ((), ()) = tokio::join!(asking, world.start_proxy());
        assert_eq!(get("/readyz").await.0, 200);
        let (status, _) = client.ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
    });
}

#[test]
fn a_deploy_goes_on_with_the_session_and_so_does_whoever_comes_after_a_kill() {
    // How: stops and starts with a minute between, which Discord waits for, and with an hour. Then
    // kills: at once, after a while, and at once after each start.
    sim(async |world| {
        let sessions = || {
            let counters = world.discord.counters();
            (counters.identifies, counters.resumes)
        };
        assert_eq!(sessions(), (1, 0));
        for (pause, expected) in [
            (Duration::from_mins(1), (1, 1)),
            (Duration::from_secs(1), (1, 2)),
            (Duration::from_hours(1), (2, 3)),
        ] {
            let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
            assert_eq!(status, 200);
            world.stop_proxy().await;
            sleep(pause).await;
            world.start_proxy().await;
            assert_eq!(sessions(), expected);
        }
        for (resumes, life) in (4..).zip([0, 60, 0, 11]) {
            sleep(Duration::from_secs(life)).await;
            world.kill_proxy().await;
            world.start_proxy().await;
            assert_eq!(sessions(), (2, resumes));
        }
        // Whatever it replays may be what kills: in the end a new one begins.
        for expected in [(2, 8), (2, 9), (3, 9)] {
            world.kill_proxy().await;
            world.start_proxy().await;
            assert_eq!(sessions(), expected);
        }
        world.kill_proxy().await;
        world.start_proxy().await;
        assert_eq!(sessions(), (3, 10), "and that is gone on with again");
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
    });
}

#[test]
fn a_session_that_no_process_comes_further_with_is_not_gone_on_with_for_ever() {
    // How: stops at once after each start, however well they go: what is replayed may be the reason.
    sim(async |world| {
        let sessions = || {
            let counters = world.discord.counters();
            (counters.identifies, counters.resumes)
        };
        sleep(Duration::from_mins(1)).await;
        for expected in [(1, 1), (1, 2), (1, 3), (2, 3)] {
            world.stop_proxy().await;
            world.start_proxy().await;
            assert_eq!(sessions(), expected);
        }
    });
}
