//! A permission that is lost in the middle: a clear message, and the work is finished once it is back.

use crate::world::{DELETE, World, alive};

const MANAGE_CHANNELS: u64 = 1 << 4;

/// Takes the permission away when the first channels are gone, and gives it back at the end.
fn loses_it_in_the_middle(world: &World, leftovers: &[u64], command: &str) {
    let all = world.discord.config().proxy.permissions;
    world.slow(DELETE, 300);
    let left = world.alive(leftovers);
    let running = world.start(command, &[]);
    world.wait_until("a deletion", |discord| alive(discord, leftovers) < left);
    world.discord.set_permissions(all & !MANAGE_CHANNELS);
    let (code, told) = running.end();
    assert_eq!(code, Some(1), "{command}: {told}");
    let needs = "Missing Permissions (the bot needs Manage Channels";
    assert!(told.contains(needs), "{told}");
    let left = world.alive(leftovers);
    assert!(left > 0, "{command} was through before");
    let list = world.expect(0, "channels list");
    assert_eq!(list.matches("parked").count(), left, "{list}");
    world.discord.clear_faults();
    world.discord.set_permissions(all);
}

#[test]
fn an_adoption_and_a_sweep_that_lose_the_permission_say_so_and_are_finished_by_a_sweep() {
    let world = World::new();
    let leftovers = world.discord.create_leftovers("cdp-chat-", 100);
    let adopt = "channels adopt --legacy-prefix cdp-chat- --apply --count 100";
    loses_it_in_the_middle(&world, &leftovers, adopt);
    loses_it_in_the_middle(&world, &leftovers, "channels sweep --apply");
    world.expect(0, "channels sweep --apply");
    assert_eq!(world.alive(&leftovers), 0);
}
