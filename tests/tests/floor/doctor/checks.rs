//! That every check is one that the floor has seen go wrong, and what is said of it then.

use std::{collections::HashSet, fs};

use cordboard_app::{
    Environment,
    config::Draft,
    maintenance::doctor::{self, CHECKS, Diagnosis, Finding, State},
};
use cordboard_tests::World;

use super::{ALL_PRIVILEGED, amiss, diagnosed, faults, sim};

/// What this floor cannot set up, and why.
const ELSEWHERE: [(&str, &str); 2] = [
    ("channel.guild", "the simulator has one guild"),
    (
        "upstream.content",
        "without the intent, that is what is said, and with it Discord refuses empty messages",
    ),
];

/// Those of which the operator's manual says that nothing is ever wrong.
fn never_wrong() -> HashSet<&'static str> {
    let manual = include_str!("../../../../docs/OPERATIONS.md");
    let lines = manual.lines();
    let said = lines.filter(|line| line.contains("| nothing is ever wrong here"));
    said.map(|line| line.split('`').nth(1).unwrap()).collect()
}

#[test]
fn every_check_is_named_by_a_fault_or_by_a_look_at_what_is_well() {
    // How: of the faults that `each_fault_alone_is_named_once` sets up, the ids; then a whole report.
    let faults = faults::all();
    let wrong: HashSet<&str> = faults
        .iter()
        .flat_map(|fault| fault.expected.iter().copied())
        .collect();
    let never = never_wrong();
    let elsewhere = HashSet::from(ELSEWHERE.map(|(id, _)| id));
    for (id, _) in CHECKS {
        let places = [&wrong, &never, &elsewhere];
        let count = places.iter().filter(|ids| ids.contains(id)).count();
        assert_eq!(count, 1, "{id}");
    }
    sim(async |world| {
        world.stop_proxy().await;
        let category = world.discord.create_category("cords").to_string();
        let variables = faults::set("DISCORD__CATEGORY_ID", &category);
        world.discord.set_privileged_intents(ALL_PRIVILEGED);
        let diagnosis = diagnosed(world, &variables, true).await;
        assert!(amiss(world, &diagnosis).is_empty(), "{diagnosis:#?}");
        let findings = diagnosis.findings.iter();
        let well: HashSet<&str> = findings.map(|one| one.check).collect();
        let unsaid = CHECKS
            .iter()
            .map(|(id, _)| *id)
            .filter(|id| !well.contains(id));
        // Of these there is a line only when they are wrong.
        let silent = [
            "config.key",
            "guild.timeout",
            "channel.exists",
            "channel.guild",
            "channel.type",
            "channel.visible",
            "channel.special",
            "upstream.user",
        ];
        assert_eq!(unsaid.collect::<Vec<_>>(), silent);
    });
}

fn look_at(world: &World, text: Option<&str>) -> Draft {
    let path = world.config_file();
    match text {
        Some(text) => fs::write(&path, text).unwrap(),
        None => drop(fs::remove_file(&path)),
    }
    Draft::load(Some(&path), &Environment::default())
}

async fn diagnose(world: &World, draft: Draft) -> Diagnosis {
    doctor::doctor(draft, world.wall_clock(), true, &|_| ()).await
}

#[test]
fn a_configuration_that_cannot_be_read_is_one_line_with_its_remedy() {
    // How: there is no file, it is no TOML, and a table is something else; then it is right.
    sim(async |world| {
        let asked = world.discord.requests(None).len();
        let whole = world.configuration();
        for (text, matter, fix) in [
            (None, "cordboard.toml", "--config"),
            (Some("[discord"), "line 1", "docs/CONFIGURATION.md"),
            (Some("\ndiscord = 1"), "line 2", "docs/CONFIGURATION.md"),
        ] {
            let diagnosis = diagnose(world, look_at(world, text)).await;
            assert_eq!(amiss(world, &diagnosis), ["config.file"], "{diagnosis:#?}");
            assert!(diagnosis.is_config_unusable && !diagnosis.is_discord_unreachable);
            let [file, reach] = &*diagnosis.findings else {
                panic!("{diagnosis:#?}")
            };
            let says =
                |said: &Option<String>, what| said.as_ref().is_some_and(|it| it.contains(what));
            assert!(
                says(&file.matter, matter) && says(&file.fix, fix),
                "{file:?}"
            );
            let why = "the configuration cannot be read";
            assert_eq!(*reach, Finding::skipped("discord.reach", "Discord", why));
        }
        assert_eq!(world.discord.requests(None).len(), asked, "nobody is asked");
        let diagnosis = diagnose(world, look_at(world, Some(&whole))).await;
        assert_eq!(diagnosis.findings[0].state, State::Ok);
        assert!(amiss(world, &diagnosis).is_empty(), "{diagnosis:#?}");
    });
}
