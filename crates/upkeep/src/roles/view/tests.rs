use super::*;

const GUILD: u64 = 1;

fn role(id: u64, position: i64, name: &str) -> Role {
    Role {
        id: Id::new(id),
        name: name.to_owned(),
        position,
        permissions: Permissions::empty(),
        is_managed: false,
    }
}

/// Our bot holds the role 50 in position 5; three others are in that position or above.
fn view() -> View {
    let bot = Role {
        permissions: Permissions::MANAGE_ROLES,
        is_managed: true,
        ..role(50, 5, "bot")
    };
    let booster = Role {
        is_managed: true,
        ..role(30, 1, "booster")
    };
    let roles = [
        role(GUILD, 0, "@everyone"),
        role(10, 2, "temp-1"),
        role(20, 3, "temp-2"),
        role(40, 5, "older, same position"),
        role(60, 5, "younger, same position"),
        role(70, 6, "above"),
        bot,
        booster,
    ];
    View {
        guild_id: Id::new(GUILD),
        roles: roles.into_iter().map(|role| (role.id, role)).collect(),
        standing: Standing {
            roles: vec![Id::new(50)],
            ..Standing::default()
        },
        holders: Some([(Id::new(10), 0), (Id::new(20), 3)].into_iter().collect()),
    }
}

fn refusals(view: &View, ids: impl IntoIterator<Item = u64>) -> Vec<Option<Refusal>> {
    let ids = ids.into_iter();
    ids.map(|id| view.refusal(Id::new(id))).collect()
}

#[test]
fn each_role_that_cannot_go_has_its_own_reason() {
    let found = refusals(&view(), [GUILD, 10, 30, 40, 50, 60, 70, 99]);
    let expected = [
        Some(Refusal::Everyone),
        None,
        Some(Refusal::Managed),
        Some(Refusal::NotBelowUs),
        Some(Refusal::Managed),
        None,
        Some(Refusal::NotBelowUs),
        Some(Refusal::Unknown),
    ];
    assert_eq!(found, expected);
}

#[test]
fn without_the_permission_no_role_can_go() {
    let mut weak = view();
    for role in weak.roles.values_mut() {
        role.permissions = Permissions::empty();
    }
    let found = refusals(&weak, [10, GUILD, 99]);
    let expected = [
        Some(Refusal::MissingPermission),
        Some(Refusal::Everyone),
        Some(Refusal::Unknown),
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_administrator_is_held_to_the_hierarchy_and_the_owner_is_not() {
    let mut administrator = view();
    let bot = administrator.roles.get_mut(&Id::new(50)).unwrap();
    bot.permissions = Permissions::ADMINISTRATOR;
    assert_eq!(
        refusals(&administrator, [10, 70]),
        [None, Some(Refusal::NotBelowUs)]
    );
    let mut owner = view();
    owner.standing.is_owner = true;
    owner.standing.roles.clear();
    assert_eq!(refusals(&owner, [10, 70]), [None, None]);
}

fn plan(selection: &Selection) -> (Vec<u64>, Vec<(u64, Refusal)>) {
    let plan = view().plan(selection, &BTreeSet::new());
    let refused = plan.refused.into_iter();
    (
        plan.roles.iter().map(|role| role.role_id.get()).collect(),
        refused
            .map(|role| (role.role_id.get(), role.refusal))
            .collect(),
    )
}

fn ids(ids: impl IntoIterator<Item = u64>) -> BTreeSet<Id<RoleMarker>> {
    ids.into_iter().map(Id::new).collect()
}

#[test]
fn every_criterion_has_to_be_met_and_a_given_id_is_never_passed_over() {
    let all = Selection {
        names: vec!["*".parse().unwrap()],
        ..Selection::default()
    };
    let (roles, refused) = plan(&all);
    assert_eq!(roles, [10, 20, 60], "the lowest first");
    assert_eq!(refused.len(), 5);

    let temporary = Selection {
        names: vec!["temp-*".parse().unwrap()],
        without_members: true,
        ..Selection::default()
    };
    assert_eq!(plan(&temporary), (vec![10], vec![]));

    let given = Selection {
        ids: ids([10, 20, 60, 99]),
        ..temporary
    };
    let expected = vec![
        (20, Refusal::HasMembers(3)),
        (60, Refusal::NotNamedSo),
        (99, Refusal::Unknown),
    ];
    assert_eq!(plan(&given), (vec![10], expected));
    assert_eq!(plan(&Selection::default()), (vec![], vec![]));
}

#[test]
fn roles_whose_members_are_not_counted_do_not_pass_for_empty_ones() {
    let empty = Selection {
        ids: ids([10]),
        without_members: true,
        ..Selection::default()
    };
    let mut blind = view();
    blind.holders = None;
    let plan = blind.plan(&empty, &BTreeSet::new());
    assert_eq!(plan.refused[0].refusal, Refusal::MembersNotTold);
}

#[test]
fn what_is_on_record_as_gone_is_not_planned_again() {
    let given = Selection {
        ids: ids([10, 20]),
        ..Selection::default()
    };
    let plan = view().plan(&given, &ids([20]));
    assert_eq!(plan.roles.len(), 1);
    assert_eq!(plan.refused[0].refusal, Refusal::AlreadyGone);
}

#[test]
fn a_plan_has_the_same_hash_on_every_machine() {
    let given = |of: [u64; 2]| Selection {
        ids: ids(of),
        ..Selection::default()
    };
    let plan = |of| view().plan(&given(of), &BTreeSet::new());
    assert_eq!(plan([10, 20]).hash, plan([20, 10]).hash);
    assert_ne!(plan([10, 20]).hash, plan([10, 60]).hash);
    assert_eq!(plan([10, 20]).hash.len(), 16);
}
