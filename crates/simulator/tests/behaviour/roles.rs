//! Roles that are deleted: in time, too late for the load balancer, and under faults.

use std::time::Duration;

use cordboard_simulator::{Config, Fault, RoleConfig, RoleDeletion};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::world::{World, seconds, world};

pub(crate) const DELETE_ROLE: &str = "DELETE /guilds/{guild_id}/roles/{role_id}";
pub(crate) const ROLE: u64 = 1_400_000_000_000_000_200;

/// A guild with so many silent members, all of whom hold a role that goes by the old way, a
/// thousand members per second.
fn scanning(members_extra: usize) -> Config {
    let mut config = Config::default();
    config.guild.members_extra = members_extra;
    config.guild.roles = vec![RoleConfig::numbered(0).held_by(members_extra)];
    config.guild.role_deletion = RoleDeletion::Scanning;
    config.guild.role_cleanup_members_per_second = 1_000;
    config
}

pub(crate) fn path_of(world: &World, role_id: u64) -> String {
    format!(
        "/api/v10/guilds/{}/roles/{role_id}",
        world.discord.guild_id()
    )
}

async fn listed(world: &World) -> bool {
    let path = format!("/api/v10/guilds/{}/roles", world.discord.guild_id());
    let roles = world.get(&path).await.json();
    let mut roles = roles.as_array().unwrap().iter();
    let id = json!(ROLE.to_string());
    roles.any(|role| role["id"] == id)
}

async fn lines(world: &World) -> usize {
    let guild_id = world.discord.guild_id();
    let path = format!("/api/v10/guilds/{guild_id}/audit-logs?action_type=32");
    let log = world.get(&path).await.json();
    log["audit_log_entries"].as_array().unwrap().len()
}

#[tokio::test(start_paused = true)]
async fn a_scan_that_ends_in_time_is_answered_at_its_end() {
    world(scanning(20_000), async |world| {
        let began = Instant::now();
        let reply = world.delete(&path_of(&world, ROLE)).await;
        assert_eq!(reply.status, 204);
        assert!(began.elapsed() >= Duration::from_secs(20));
        assert!(!listed(&world).await);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_scan_that_outlives_the_load_balancer_is_answered_504_and_goes_on() {
    world(scanning(300_000), async |world| {
        let began = Instant::now();
        let reply = world.delete(&path_of(&world, ROLE)).await;
        assert_eq!((reply.status, reply.json()), (504, Value::Null));
        assert_eq!(began.elapsed().as_secs(), 30);
        assert!(listed(&world).await);
        assert_eq!(lines(&world).await, 0);
        // Nobody asks for anything meanwhile: the scan ends all the same.
        seconds(271).await;
        assert!(!listed(&world).await);
        assert_eq!(lines(&world).await, 1);
        let again = world.delete(&path_of(&world, ROLE)).await;
        assert_eq!((again.status, &again.json()["code"]), (404, &json!(10_011)));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_slower_clock_scans_slower() {
    let mut config = scanning(20_000);
    config.clock_percent = 50;
    world(config, async |world| {
        let began = Instant::now();
        let reply = world.delete(&path_of(&world, ROLE)).await;
        assert_eq!(reply.status, 504);
        assert!(began.elapsed() < Duration::from_secs(31));
        seconds(11).await;
        assert!(!listed(&world).await);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn deleting_a_role_meets_the_faults_of_any_route() {
    let table = [
        (Fault::act_then_hang_up(DELETE_ROLE), "hang-up", false),
        (Fault::act_then_hang(DELETE_ROLE), "silence", false),
        (Fault::hang_up(DELETE_ROLE), "hang-up", true),
        (Fault::hang(DELETE_ROLE), "silence", true),
        (
            Fault::late(DELETE_ROLE, Duration::from_mins(1)),
            "silence",
            true,
        ),
        (
            Fault::slow_answer(DELETE_ROLE, Duration::from_mins(1)),
            "silence",
            false,
        ),
        (Fault::status(DELETE_ROLE, 500), "500", true),
        (Fault::status_after(DELETE_ROLE, 500), "500", false),
        (Fault::html(DELETE_ROLE, 504), "504", true),
    ];
    for (fault, view, stays) in table {
        let mut config = Config::default();
        config.guild.roles = vec![RoleConfig::default()];
        world(config, async |world| {
            world.discord.fault(fault.clone());
            let path = path_of(&world, ROLE);
            let sent = world.send(http::Method::DELETE, &path, None, &[]);
            let seen = match timeout(Duration::from_secs(30), sent).await {
                Err(_) => "silence".to_owned(),
                Ok(Err(_)) => "hang-up".to_owned(),
                Ok(Ok(reply)) => reply.status.to_string(),
            };
            let found = (seen.as_str(), listed(&world).await);
            assert_eq!(found, (view, stays), "{fault:?}");
        })
        .await;
    }
}
