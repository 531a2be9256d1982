//! Removing roles: which, how fast, and what comes of it when answers are lost.

mod settling;
mod store;
mod verdict;

use std::{collections::BTreeSet, future::pending, time::Duration};

use cordboard_app::{
    WallClock,
    maintenance::{
        CommandError,
        roles::{RoleStage, RolesEnd, RolesPlanned, RolesRemoved, RolesRequest, Selection},
    },
};
use cordboard_discord::Discord;
use cordboard_simulator::{Config, Fault, RoleConfig, RoleTruth, Simulator, WindowLimit};
use cordboard_tests::{Setup, World, sim_with};
use cordboard_upkeep::roles::{MemoryRoleJournal, Refusal, Removal, RoleJournal};
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use twilight_model::id::Id;

const DELETE_ROLE: &str = "DELETE /guilds/{guild_id}/roles/{role_id}";

/// A role of this name below the bots.
fn role(index: usize, name: &str) -> RoleConfig {
    RoleConfig {
        name: name.to_owned(),
        ..RoleConfig::numbered(index)
    }
}

/// A Discord with so many roles that are called `temp-…`.
fn guild(roles: usize) -> Config {
    let mut config = Config::default();
    config.guild.roles = (0..roles)
        .map(|index| role(index, &format!("temp-{index}")))
        .collect();
    config
}

fn id_of(index: usize) -> u64 {
    RoleConfig::numbered(index).id
}

/// All roles that are called `temp-…`.
fn temporary() -> RolesRequest {
    RolesRequest {
        selection: Selection {
            names: vec!["temp-*".parse().unwrap()],
            ..Selection::default()
        },
        ..RolesRequest::default()
    }
}

fn given(ids: impl IntoIterator<Item = u64>) -> RolesRequest {
    RolesRequest {
        selection: Selection {
            ids: ids.into_iter().map(Id::new).collect(),
            ..Selection::default()
        },
        ..RolesRequest::default()
    }
}

async fn plan(world: &World, request: &RolesRequest) -> Result<RolesPlanned, CommandError> {
    world.maintenance("roles remove").plan_roles(request).await
}

/// Plans and applies, as one command does.
async fn remove(world: &World, request: &RolesRequest) -> RolesRemoved {
    let maintenance = world.maintenance("roles remove");
    let planned = maintenance.plan_roles(request).await.unwrap();
    let removed = maintenance.remove_roles(Some(planned), request, &|_| ());
    removed.await.unwrap()
}

async fn resume(world: &World) -> RolesRemoved {
    let request = RolesRequest {
        resumes: true,
        ..RolesRequest::default()
    };
    let maintenance = world.maintenance("roles remove --resume");
    let removed = maintenance.remove_roles(None, &request, &|_| ());
    removed.await.unwrap()
}

/// The truth about the role number `index`, which somebody has at least asked to delete.
fn truth(world: &World, index: usize) -> RoleTruth {
    let roles = world.discord.truth().roles;
    let id = id_of(index);
    roles.into_iter().find(|role| role.id == id).unwrap()
}

#[test]
fn roles_that_cannot_go_are_refused_up_front_each_with_its_reason() {
    let mut config = guild(2);
    config.guild.members_extra = 10;
    let more = [
        role(2, "temp-held").held_by(3),
        RoleConfig {
            managed: true,
            ..role(3, "temp-managed")
        },
        RoleConfig {
            above_bots: true,
            ..role(4, "temp-above")
        },
        role(5, "other"),
    ];
    config.guild.roles.extend(more);
    sim_with(Setup::with_discord(config), async |world| {
        let guild_id = world.discord.guild_id();
        let mut request = given(
            [0, 1, 2, 3, 4, 5]
                .map(id_of)
                .into_iter()
                .chain([guild_id, 99]),
        );
        request.selection.without_members = true;
        request.selection.names = temporary().selection.names;
        let planned = plan(world, &request).await.unwrap();
        let refused = |id: u64| {
            let mut refused = planned.plan.refused.iter();
            let found = refused.find(|role| role.role_id.get() == id);
            found.map(|role| role.refusal.clone())
        };
        assert_eq!(planned.plan.roles.len(), 2);
        assert_eq!(refused(id_of(2)), Some(Refusal::HasMembers(3)));
        assert_eq!(refused(id_of(3)), Some(Refusal::Managed));
        assert_eq!(refused(id_of(4)), Some(Refusal::NotBelowUs));
        assert_eq!(refused(id_of(5)), Some(Refusal::NotNamedSo));
        assert_eq!(refused(guild_id), Some(Refusal::Everyone));
        assert_eq!(refused(99), Some(Refusal::Unknown));
        assert!(world.discord.requests(Some(DELETE_ROLE)).is_empty());
        assert!(planned.budget.used >= 7 && planned.budget.created.is_some());

        let removed = remove(world, &request).await;
        assert_eq!(removed.end(), RolesEnd::Left, "{removed:?}");
        assert_eq!(removed.count(RoleStage::Gone), 2);
        let deletions = world.discord.requests(Some(DELETE_ROLE));
        assert_eq!(deletions.len(), 2);
        let reason = deletions[0].reason.as_deref();
        assert_eq!(reason, Some("cordboard-maintenance roles remove"));

        let removed = remove(world, &given([guild_id, 99])).await;
        assert_eq!(removed.end(), RolesEnd::Refused);
    });
}

#[test]
fn without_the_permission_every_role_is_refused_and_discord_is_not_asked() {
    sim_with(Setup::with_discord(guild(3)), async |world| {
        let all = world.discord.config().proxy.permissions;
        world.discord.set_permissions(all & !(1 << 28));
        let removed = remove(world, &temporary()).await;
        assert_eq!(removed.end(), RolesEnd::Refused);
        let refused = removed.planned.unwrap().plan.refused;
        let all_lack = |of: &Refusal| *of == Refusal::MissingPermission;
        assert!(refused.iter().all(|role| all_lack(&role.refusal)));
        assert!(world.discord.requests(Some(DELETE_ROLE)).is_empty());
        world.discord.set_permissions(all);
    });
}

#[test]
fn a_foreign_guild_and_a_request_that_makes_no_sense_are_told_clearly() {
    sim_with(Setup::with_discord(guild(1)), async |world| {
        let none = plan(world, &RolesRequest::default()).await.unwrap_err();
        assert!(matches!(&none, CommandError::Usage(why) if why.contains("--id")));
        let wordy = RolesRequest {
            reason: Some("x".repeat(513)),
            ..temporary()
        };
        let wordy = plan(world, &wordy).await.unwrap_err();
        assert!(matches!(&wordy, CommandError::Usage(why) if why.contains("--reason")));
        world.set("CORDBOARD__DISCORD__GUILD_ID", "1499999999999999999");
        let foreign = plan(world, &temporary()).await.unwrap_err();
        let CommandError::Refused(why) = foreign else {
            panic!("{foreign:?}");
        };
        assert!(
            why.contains("discord.guild_id (1499999999999999999)"),
            "{why}"
        );
        let guild_id = world.discord.guild_id().to_string();
        world.set("CORDBOARD__DISCORD__GUILD_ID", &guild_id);
    });
}

/// How long it takes to remove all of so many roles, without a proxy beside it.
fn removal(config: Config, roles: usize) -> Duration {
    removal_on_record(config, roles, async || MemoryRoleJournal::default())
}

/// The same with this record of it.
fn removal_on_record<J: RoleJournal>(
    config: Config,
    roles: usize,
    journal: impl AsyncFnOnce() -> J,
) -> Duration {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    let mut took = Duration::ZERO;
    runtime.unwrap().block_on(async {
        fastrand::seed(config.seed);
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await;
        let simulator = Simulator::new(config);
        let mut server = JoinSet::new();
        server.spawn(simulator.serve(listener.unwrap(), pending()));
        let discord = Discord::new(&cordboard_discord::Settings {
            rest_url: Some(simulator.rest_url()),
            ..cordboard_discord::Settings::new(simulator.token().into())
        });
        let journal = journal().await;
        let clock = WallClock::reading(|| Duration::from_secs(1_790_000_000));
        let guild_id = Id::new(simulator.guild_id());
        let removal = Removal::new(discord.unwrap(), journal, clock, guild_id);
        let began = Instant::now();
        let (plan, _) = removal.plan(&temporary().selection).await.unwrap();
        let report = removal.apply(&plan, "a test", &|_| ()).await;
        took = began.elapsed();
        assert!(report.stopped.is_none());
        assert_eq!(
            report.count(cordboard_upkeep::roles::RoleStage::Gone),
            roles
        );
        assert!(simulator.check().is_empty(), "{:?}", simulator.check());
    });
    took
}

#[test]
fn two_hundred_roles_go_as_fast_as_all_requests_together_may() {
    // How: no bucket for deletions, as at Discord, so fifty requests in a second.
    let took = removal(guild(200).with_limits().with_latency_ms(10), 200);
    let permitted = Duration::from_secs(200 / 50);
    println!("{took:?} instead of {permitted:?}");
    assert!(permitted >= took.mul_f64(0.95), "{took:?}");
}

#[test]
fn two_hundred_roles_go_as_fast_as_a_bucket_of_their_own_lets_them() {
    // How: a bucket that Discord may introduce at any time, of five in five seconds.
    let mut config = guild(200).with_limits().with_latency_ms(100);
    let five = WindowLimit {
        limit: 5,
        window_ms: 5_000,
    };
    config.limits.routes.insert(DELETE_ROLE.to_owned(), five);
    let took = removal(config, 200);
    let permitted = Duration::from_secs(200);
    println!("{took:?} instead of {permitted:?}");
    assert!(permitted >= took.mul_f64(0.95), "{took:?}");
}

#[test]
fn two_at_once_take_turns_and_no_role_is_asked_for_twice() {
    let config = guild(30).with_latency_ms(100);
    sim_with(Setup::with_discord(config), async |world| {
        let request = temporary();
        let (one, other) = tokio::join!(remove(world, &request), remove(world, &request));
        for removed in [one, other] {
            assert!(removed.stopped.is_none(), "{removed:?}");
            assert_eq!(removed.count(RoleStage::Gone), 30);
        }
        let mut deletions = world.discord.requests(Some(DELETE_ROLE));
        let paths: BTreeSet<String> = deletions.iter().map(|of| of.path.clone()).collect();
        assert_eq!((paths.len(), deletions.len()), (30, 30));
        deletions.sort_by_key(|of| of.arrived_ms);
        for pair in deletions.windows(2) {
            assert!(pair[0].answered_ms.unwrap() <= pair[1].arrived_ms);
        }
    });
}

#[test]
fn a_permission_that_is_lost_midway_costs_one_refusal_and_is_gone_on_with_when_it_is_back() {
    let config = guild(30).with_latency_ms(100);
    sim_with(Setup::with_discord(config), async |world| {
        let all = world.discord.config().proxy.permissions;
        let request = temporary();
        let (removed, ()) = tokio::join!(remove(world, &request), async {
            sleep(Duration::from_secs(2)).await;
            world.discord.set_permissions(all & !(1 << 28));
        });
        let (gone, left) = (
            removed.count(RoleStage::Gone),
            removed.count(RoleStage::Planned),
        );
        assert!(gone > 5 && left > 5 && gone + left == 30, "{removed:?}");
        assert_eq!(removed.end(), RolesEnd::Refused);
        let why = removed.stopped.unwrap().message;
        assert!(
            why.contains("Manage Roles") && why.contains("--resume"),
            "{why}"
        );
        let mut deletions = world.discord.requests(Some(DELETE_ROLE));
        deletions.retain(|of| of.status == Some(403));
        assert_eq!(deletions.len(), 1);

        let still = resume(world).await;
        assert_eq!(still.end(), RolesEnd::Refused, "{still:?}");
        world.discord.set_permissions(all);
        let removed = resume(world).await;
        assert_eq!(removed.end(), RolesEnd::Done);
        assert_eq!(removed.count(RoleStage::Gone), left);
    });
}

#[test]
fn what_is_left_of_an_earlier_removal_is_removed_by_the_plan_that_is_shown_now() {
    // How: a removal is cut, and another of the same roles begun for another reason.
    let config = guild(30).with_latency_ms(100);
    sim_with(Setup::with_discord(config), async |world| {
        let cut = timeout(Duration::from_secs(2), remove(world, &temporary())).await;
        assert!(cut.is_err(), "thirty roles take longer than that");
        let mut request = temporary();
        request.selection.without_members = true;
        request.reason = Some("nobody holds it".to_owned());
        let planned = plan(world, &request).await.unwrap();
        let removed = remove(world, &request).await;
        assert_eq!(removed.end(), RolesEnd::Done, "{removed:?}");
        assert!(planned.open.iter().all(|role| role.stage.is_open()));
        let deletions = world.discord.requests(Some(DELETE_ROLE));
        let reason = |at: usize| deletions[at].reason.as_deref();
        assert_eq!(reason(0), Some("cordboard-maintenance roles remove"));
        assert_eq!(reason(deletions.len() - 1), Some("nobody holds it"));
    });
}

#[test]
fn a_guild_that_lets_us_in_no_more_stops_it() {
    let config = guild(20).with_latency_ms(100);
    sim_with(Setup::with_discord(config), async |world| {
        let (me, request) = (world.discord.user_id(), temporary());
        let (removed, ()) = tokio::join!(remove(world, &request), async {
            sleep(Duration::from_secs(1)).await;
            world.discord.kick(me);
        });
        assert_eq!(removed.end(), RolesEnd::Refused, "{removed:?}");
        assert!(
            removed
                .stopped
                .unwrap()
                .message
                .contains("discord.guild_id")
        );
        let all = world.discord.config().proxy.permissions;
        world.discord.invite(all);
        let removed = resume(world).await;
        assert_eq!(removed.end(), RolesEnd::Done, "{removed:?}");
        assert!((0..20).all(|index| truth(world, index).deleted_at.is_some()));
    });
}

#[test]
fn a_role_that_somebody_was_given_before_its_turn_stays_where_nobody_was_to_hold_it() {
    let mut request = temporary();
    request.selection.without_members = true;
    sim_with(
        Setup::with_discord(guild(4).with_latency_ms(500)),
        async |world| {
            let (removed, ()) = tokio::join!(remove(world, &request), async {
                while world.discord.requests(Some(DELETE_ROLE)).is_empty() {
                    sleep(Duration::from_millis(100)).await;
                }
                let somebody = world.discord.config().human.user_id;
                world.discord.give_role(somebody, id_of(2));
                // Not to be told for a moment who holds what is no reason for the others to stay.
                let counts = "GET /guilds/{guild_id}/roles/member-counts";
                world.discord.fault(Fault::status(counts, 503).times(4));
            });
            assert_eq!(removed.count(RoleStage::Gone), 3, "{removed:?}");
            assert_eq!(removed.end(), RolesEnd::Left);
            assert_eq!(world.discord.role_holders(id_of(2)), 1);
            assert_eq!(world.discord.requests(Some(DELETE_ROLE)).len(), 3);
        },
    );
}
