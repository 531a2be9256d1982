//! Roles that are deleted: in time, too late for the load balancer, and under faults.

use std::time::Duration;

use cordboard_simulator::{Config, Fault, RoleConfig, RoleDeletion, RoleTruth, Violation};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::world::{World, seconds, world};

const DELETE_ROLE: &str = "DELETE /guilds/{guild_id}/roles/{role_id}";
const ROLE: u64 = 1_400_000_000_000_000_200;

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

fn path_of(world: &World, role_id: u64) -> String {
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

/// What the truth knows of a role.
fn truth_of(world: &World, role_id: u64) -> RoleTruth {
    let mut roles = world.discord.truth().roles.into_iter();
    roles.find(|role| role.id == role_id).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_truth_knows_who_deleted_a_role_and_how_often_it_was_tried() {
    let mut config = Config::default();
    config.guild.members_extra = 50;
    config.guild.roles = vec![RoleConfig::numbered(0).held_by(50)];
    config.guild.role_cleanup_ms = 60_000;
    world(config, async |world| {
        world.discord.fault(Fault::status(DELETE_ROLE, 503));
        world.discord.fault(Fault::act_then_hang_up(DELETE_ROLE));
        let path = path_of(&world, ROLE);
        let mut statuses = Vec::new();
        for _ in 0..3 {
            let sent = world.send(http::Method::DELETE, &path, None, &[]).await;
            statuses.push(sent.map_or(0, |reply| reply.status));
            seconds(1).await;
        }
        assert_eq!(statuses, [503, 0, 404]);
        let truth = truth_of(&world, ROLE);
        assert_eq!(truth.name.as_deref(), Some("Role"));
        assert!(!truth.alive && !truth.managed && !truth.everyone && !truth.above_actor);
        assert_eq!(truth.deleted_by, Some(world.discord.user_id()));
        assert!(truth.deleted_at.is_some());
        assert_eq!(truth.requests, 3);
        assert_eq!(truth.statuses, [(404, 1), (503, 1)].into());
        assert_eq!(truth.holders, 50, "the clean-up is not done");
        seconds(60).await;
        world.get("/api/v10/users/@me").await;
        assert_eq!(truth_of(&world, ROLE).holders, 0);
        assert_eq!(world.discord.check(), []);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_truth_marks_roles_that_cannot_or_must_not_go() {
    let mut config = Config::default();
    config.guild.roles = (0..3).map(RoleConfig::numbered).collect();
    config.guild.roles[1].managed = true;
    config.guild.roles[2].above_bots = true;
    world(config, async |world| {
        let guild_id = world.discord.guild_id();
        for role_id in [ROLE + 1, ROLE + 2, guild_id, 77] {
            world.delete(&path_of(&world, role_id)).await;
        }
        let marks = |role_id| {
            let truth = truth_of(&world, role_id);
            let RoleTruth {
                alive,
                managed,
                everyone,
                above_actor,
                statuses,
                ..
            } = truth;
            let status = *statuses.keys().next().unwrap();
            (alive, managed, everyone, above_actor, status)
        };
        assert_eq!(marks(ROLE + 1), (true, true, false, false, 400));
        assert_eq!(marks(ROLE + 2), (true, false, false, true, 403));
        assert_eq!(marks(guild_id), (true, false, true, false, 400));
        assert_eq!(marks(77), (false, false, false, false, 404));
        assert_eq!(truth_of(&world, 77).name, None);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_role_that_was_told_gone_is_not_deleted_again() {
    let mut config = Config::default();
    config.guild.roles = (0..2).map(RoleConfig::numbered).collect();
    world(config, async |world| {
        // Told by 204, and told by 10011 that a person was faster.
        let by_hand = json!({ "act": "delete_role", "role_id": (ROLE + 1).to_string() });
        world.post("/__sim/acts", by_hand).await;
        for role_id in [ROLE, ROLE + 1] {
            world.delete(&path_of(&world, role_id)).await;
        }
        assert_eq!(
            truth_of(&world, ROLE + 1).deleted_by,
            Some(world.discord.config().human.user_id)
        );
        assert_eq!(world.discord.check(), []);
        seconds(1).await;
        for role_id in [ROLE, ROLE + 1] {
            world.delete(&path_of(&world, role_id)).await;
        }
        let found = world.discord.violations_so_far();
        let twice = found.iter().map(|one| match one {
            Violation::RoleDeletedTwice { role_id, .. } => *role_id,
            other => panic!("{other:?}"),
        });
        assert_eq!(twice.collect::<Vec<_>>(), [ROLE, ROLE + 1]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_was_answered_504_may_ask_again() {
    world(scanning(40_000), async |world| {
        let path = path_of(&world, ROLE);
        let mut statuses = Vec::new();
        for _ in 0..2 {
            statuses.push(world.delete(&path).await.status);
            seconds(20).await;
        }
        assert_eq!(statuses, [504, 404]);
        assert_eq!(world.discord.check(), []);
        let outside = world.get("/__sim/truth").await.json();
        let role = &outside["roles"][0];
        assert_eq!(role["statuses"], json!({ "404": 1, "504": 1 }));
        assert_eq!(
            (&role["alive"], &role["name"]),
            (&json!(false), &json!("Role"))
        );
    })
    .await;
}
