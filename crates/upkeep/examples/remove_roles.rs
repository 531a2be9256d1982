//! A role remover for any bot: removes the roles whose names match a pattern and that nobody holds.
//!
//! `cargo run -p cordboard-upkeep --example remove_roles` runs it against a simulated Discord in this
//! process, whose load balancer gives up on one deletion although it is carried out;
//! `... -- REST_URL TOKEN GUILD_ID PATTERN` against a running `cordboard-simulator`, or against
//! Discord itself (`https://discord.com`).
//!
//! What is on record is in memory here. A bot that must not lose track when it is killed implements
//! `RoleJournal` over the database it has, and runs `roles::conformance` against it.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::{error::Error, net::Ipv4Addr, time::Duration};

use cordboard_discord::{Discord, Settings};
use cordboard_lifecycle::Clock;
use cordboard_simulator::{Config, Fault, RoleConfig, Simulator};
use cordboard_upkeep::roles::{MemoryRoleJournal, Removal, Selection};
use tokio::net::TcpListener;

/// The machine's clock, for records.
struct WallClock;

impl Clock for WallClock {
    fn now_ms(&self) -> u64 {
        #[expect(
            clippy::disallowed_methods,
            reason = "an example is a program, and reads the clock itself"
        )]
        let now = std::time::SystemTime::now();
        let since = now.duration_since(std::time::UNIX_EPOCH);
        u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Shows the plan, and carries it out.
async fn remove(
    rest_url: &str,
    token: &str,
    guild_id: &str,
    pattern: &str,
) -> Result<(), Box<dyn Error>> {
    let discord = Discord::new(&Settings {
        rest_url: Some(rest_url.to_owned()),
        ..Settings::new(token.into())
    })?;
    let journal = MemoryRoleJournal::default();
    let removal = Removal::new(discord, journal, WallClock, guild_id.parse()?);

    let selection = Selection {
        names: vec![pattern.parse()?],
        without_members: true,
        ..Selection::default()
    };
    let (plan, _) = removal.plan(&selection).await?;
    for role in &plan.roles {
        println!("{} goes", role.name);
    }
    for role in &plan.refused {
        let name = role.name.as_deref().unwrap_or("?");
        println!("{name} stays: {}", role.refusal);
    }

    let report = removal
        .apply(&plan, "nobody holds them", &|progress| {
            println!("  {} done; {}", progress.done, progress.message);
        })
        .await;
    for role in &report.roles {
        let detail = role.detail.as_deref().unwrap_or_default();
        println!("{}: {} ({detail})", role.name, role.stage.name());
    }
    if let Some(error) = report.stopped {
        return Err(error.into());
    }
    let gone = removal.gone_by_now().await?;
    let verdict = removal.verify(&gone, Duration::from_mins(1), &|_| ()).await;
    println!("{verdict:?}");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Once per process, before anything that may use TLS.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [rest_url, token, guild_id, pattern] => remove(rest_url, token, guild_id, pattern).await,
        [] => demonstrate().await,
        _ => Err("usage: remove_roles [REST_URL TOKEN GUILD_ID PATTERN]".into()),
    }
}

/// Five roles, one of which somebody holds, and one whose deletion is answered 504.
async fn demonstrate() -> Result<(), Box<dyn Error>> {
    let mut config = Config::default();
    config.guild.members_extra = 1_000;
    config.proxy.privileged_intents |= 1 << 1; // GUILD_MEMBERS
    let role = |index: usize| RoleConfig {
        name: format!("temp-{index}"),
        ..RoleConfig::numbered(index)
    };
    config.guild.roles = (0..5).map(role).collect();
    config.guild.roles[4].holders = 7;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let simulator = Simulator::new(config);
    let served = simulator.serve(listener, std::future::pending());
    let deletion = "DELETE /guilds/{guild_id}/roles/{role_id}";
    simulator.fault(Fault::status_after(deletion, 504).nth(2));
    let (rest_url, token) = (simulator.rest_url(), simulator.token());
    let guild_id = simulator.guild_id().to_string();
    tokio::select! {
        () = served => unreachable!("it is served for ever"),
        ended = remove(&rest_url, &token, &guild_id, "temp-*") => ended,
    }
}
