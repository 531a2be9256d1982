//! Lists of what was said, a page at a time.

use std::time::Duration;

use cordboard_tests::sim_with;
use tokio::time::sleep;

use super::{get, setup};

#[test]
fn a_page_of_large_messages_is_shorter_than_asked_for_and_says_that_there_are_more() {
    // How: four hundred messages, each as long as Discord allows and of characters that take three bytes.
    sim_with(setup(), async |world| {
        let room = world.discord.create_channel("room");
        sleep(Duration::from_mins(2)).await;
        let long = "\u{6f22}".repeat(2_000);
        let said = (0..400).map(|_| world.discord.say(room, &long).to_string());
        let said: Vec<_> = said.collect();
        sleep(Duration::from_mins(1)).await;
        let (mut found, mut pages) = (Vec::new(), Vec::new());
        let mut after = "0".to_owned();
        loop {
            let path = format!("/relay/v1/messages?channel_id={room}&limit=500&after={after}");
            let page = get(world, &path).await;
            let ids = page["data"].as_array().unwrap().iter();
            let ids = ids.map(|message| message["id"].as_str().unwrap().to_owned());
            let ids: Vec<_> = ids.collect();
            pages.push(ids.len());
            found.extend(ids);
            after = found.last().cloned().unwrap();
            if page["has_more"] == false {
                break;
            }
        }
        assert_eq!(found, said);
        assert_eq!(pages.len(), 2, "{pages:?}");
    });
}
