//! The examples as processes, against a simulated Discord in this one. On the real clock, because another
//! process has no other.

#![expect(clippy::unwrap_used, reason = "what cannot go on fails its test here")]

use std::{
    io::{BufRead as _, BufReader},
    net::Ipv4Addr,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use cordboard_simulator::{Config, Fault, RoleConfig, Simulator};
use tokio::{net::TcpListener, task::spawn_blocking};

/// An example while it runs. It ends with the test, whatever becomes of that.
struct Life(Child);

impl Drop for Life {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where cargo has put it: beside the folder of this test.
fn built(example: &str) -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(example);
    path.set_extension(std::env::consts::EXE_EXTENSION);
    let help = "cargo builds it for `cargo test`, but not for one of its targets alone";
    assert!(path.exists(), "{} is missing. {help}", path.display());
    path
}

/// What an example prints, up to a line that begins so.
async fn prints(example: &'static str, arguments: &[String], last: &'static str) -> Vec<String> {
    let mut process = Command::new(built(example));
    process.args(arguments).stdout(Stdio::piped());
    let reading = spawn_blocking(move || {
        let mut life = Life(process.spawn().unwrap());
        let mut lines = Vec::new();
        for line in BufReader::new(life.0.stdout.take().unwrap()).lines() {
            lines.push(line.unwrap());
            if lines.last().is_some_and(|line| line.starts_with(last)) {
                return lines;
            }
        }
        panic!("{example} has ended without {last:?}: {lines:?}");
    });
    reading.await.unwrap()
}

/// A story against a simulated Discord.
async fn told(config: Config, story: impl AsyncFnOnce(&Simulator)) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let simulator = Simulator::new(config);
    tokio::select! {
        () = simulator.serve(listener, std::future::pending()) => unreachable!("it is served for ever"),
        () = story(&simulator) => {}
    }
}

#[tokio::test]
async fn the_role_remover_removes_what_nobody_holds_and_settles_what_was_not_answered() {
    // How: a load balancer gives up on one deletion although it is carried out.
    let mut config = Config::default();
    config.proxy.privileged_intents |= 1 << 1; // GUILD_MEMBERS
    let role = |index: usize| RoleConfig {
        name: format!("temp-{index}"),
        ..RoleConfig::numbered(index)
    };
    config.guild.roles = (0..3).map(role).collect();
    config.guild.members_extra = 10;
    config.guild.roles[2].holders = 7;
    told(config, async |simulator| {
        let deletion = "DELETE /guilds/{guild_id}/roles/{role_id}";
        simulator.fault(Fault::status_after(deletion, 504).nth(2));
        let arguments = [
            simulator.rest_url(),
            simulator.token(),
            simulator.guild_id().to_string(),
            "temp-*".to_owned(),
        ];
        let lines = prints("remove_roles", &arguments, "Clean").await;
        for line in [
            "temp-0: gone (deleted)",
            "temp-1: gone (it left the list of roles)",
        ] {
            let is_there = lines.iter().any(|told| told == line);
            assert!(is_there, "no {line:?} in {lines:?}");
        }
        // Told are those that somebody has asked to delete.
        let roles = simulator.truth().roles.into_iter();
        let roles: Vec<_> = roles.map(|role| (role.name.unwrap(), role.alive)).collect();
        let gone = |name: &str| (name.to_owned(), false);
        assert_eq!(roles, [gone("temp-0"), gone("temp-1")], "{lines:?}");
    })
    .await;
}

#[tokio::test]
async fn the_keeper_speaks_to_the_bot_and_says_that_it_has_answered() {
    told(Config::default(), async |simulator| {
        let me = simulator.introduction();
        let arguments = [
            me.rest_url,
            me.token,
            me.guild_id.to_string(),
            me.default_channel_id.to_string(),
            me.bots[0].user_id.to_string(),
        ];
        let lines = prints("keep_alive", &arguments, "friend").await;
        assert!(lines[0].starts_with("friend answered after"), "{lines:?}");
        let said = simulator.messages(me.default_channel_id);
        let asked = said[0]["content"].as_str().unwrap();
        assert!(asked.contains("What is 2 + 2?"), "{said:?}");
        assert!(said.len() > 1, "{said:?}");
    })
    .await;
}
