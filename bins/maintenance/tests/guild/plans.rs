//! What is shown before anything is done, and how somebody agrees to it.

use crate::world::{World, json};

#[test]
fn a_dry_run_changes_nothing_and_only_the_right_count_and_plan_are_carried_out() {
    let world = World::new();
    let leftovers = world.discord.create_leftovers("cdp-chat-", 3);
    let before = world.holds();
    let adopt = "channels adopt --legacy-prefix cdp-chat-";
    let plan = json(&world.expect(0, &format!("{adopt} --json")));
    assert_eq!(plan["count"], 3, "{plan}");
    let hash = plan["hash"].as_str().unwrap();
    for (code, flags) in [
        (0, ""),
        (0, " --dry-run"),
        // Nobody sits at a terminal who could type the number.
        (2, " --apply"),
        (3, " --apply --count 4"),
        (3, " --apply --count 3 --plan 0000"),
    ] {
        world.expect(code, &format!("{adopt}{flags}"));
        assert_eq!(world.holds(), before, "{flags}");
    }
    world.expect(0, "channels sweep");
    world.expect(0, "channels sweep --dry-run");
    assert_eq!(world.holds(), before);
    let wrong = world.expect(3, &format!("{adopt} --apply --count 3 --plan 0000"));
    assert!(wrong.contains("the plan has changed"), "{wrong}");

    world.expect(0, &format!("{adopt} --apply --count 3 --plan {hash}"));
    assert_eq!(world.alive(&leftovers), 0);
}

#[test]
fn what_is_typed_wrong_is_refused_and_names_what_there_is() {
    let world = World::new();
    world.expect(0, "store migrate");
    let protect = world.expect(2, "channels protect 77");
    assert!(
        protect.contains("77 is no channel of the guild"),
        "{protect}"
    );
    let forget = world.expect(2, "channels forget 77");
    assert!(forget.contains("see channels list"), "{forget}");
    for flags in ["", " --to 3", " --apply", " --to 3 --apply"] {
        let reset = world.expect(2, &format!("messages consumers reset nobody{flags}"));
        assert!(reset.contains("there are none"), "{reset}");
    }
    let export = world.expect(2, "messages export --channel 78 --output all.jsonl");
    assert!(export.contains("78 is neither on record"), "{export}");
    assert!(!world.folder.path().join("all.jsonl").exists());
    for wrong in [
        "export --until 2014-01-01",
        "export --since 2160-01-01",
        "backfill --since 2014-01-01",
    ] {
        let told = world.expect(2, &format!("messages {wrong}"));
        let flag = wrong.split(' ').nth(1).unwrap();
        assert!(told.contains(flag) && told.contains("2015-01-01"), "{told}");
    }
    let silent = world.discord.default_channel_id();
    let export = world.expect(0, &format!("messages export --channel {silent}"));
    assert!(export.contains("no message of"), "{export}");
}
