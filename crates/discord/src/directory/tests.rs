use super::*;

fn guild() -> Guild {
    json(
        br#"{"name":"g","owner_id":"1","roles":[
        {"id":"100","permissions":"1024"},
        {"id":"101","permissions":"16"},
        {"id":"102","permissions":"8"}]}"#,
    )
    .unwrap()
}

#[test]
fn permissions_come_from_everyone_and_from_the_bots_roles() {
    let member = |roles: &[u64]| Member {
        roles: roles.iter().copied().map(Id::new).collect(),
    };
    let of = |bot, roles: &[u64]| permissions(&guild(), Id::new(100), Id::new(bot), &member(roles));
    assert_eq!(of(5, &[]), Permissions::VIEW_CHANNEL);
    assert_eq!(
        of(5, &[101]),
        Permissions::VIEW_CHANNEL | Permissions::MANAGE_CHANNELS
    );
    assert_eq!(of(5, &[102]), Permissions::all());
    assert_eq!(of(1, &[]), Permissions::all());
}
