//! What Discord counts is nearly used up.

use std::sync::Mutex;

use cordboard_simulator::Fault;

use super::{NOTHING, SetUpFault, case, set};

/// The roles that fill the guild.
static MADE: Mutex<Vec<u64>> = Mutex::new(Vec::new());

pub(super) fn all() -> Vec<SetUpFault> {
    vec![
        case(
            "the guild is full",
            |world| {
                for _ in 0..9 {
                    world.discord.create_channel("more");
                }
                let mut variables = set("CHANNELS__GUILD_MAX", &10);
                variables.extend(set("CHANNELS__RESERVE", &1));
                variables
            },
            &["headroom.channels"],
            NOTHING,
        ),
        case(
            "the category is nearly full",
            |world| {
                let category = world.discord.create_category("cords");
                for _ in 0..46 {
                    world
                        .discord
                        .create_channel_with("cord", None, Some(category));
                }
                set("DISCORD__CATEGORY_ID", &category)
            },
            &["headroom.categories"],
            NOTHING,
        ),
        case(
            "the guild has nearly all roles that it may have",
            |world| {
                let roles = (0..226).map(|_| world.discord.create_role("more"));
                MADE.lock().unwrap().extend(roles);
                Vec::new()
            },
            &["headroom.roles"],
            |world| {
                let made = MADE.lock().unwrap().split_off(0);
                for role_id in made {
                    world.discord.delete_role(role_id);
                }
            },
        ),
        case(
            "how many sessions may be begun is not told",
            |world| {
                let refused = Fault::status("GET /gateway/bot", 503).always();
                world.discord.fault(refused);
                Vec::new()
            },
            &["headroom.identifies"],
            |world| world.discord.clear_faults(),
        ),
    ]
}
