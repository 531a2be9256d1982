//! Notices to people: `cordboard_upkeep::alerts::NoticeBoard`.

use std::time::Duration;

use cordboard_simulator::{Config, Fault};
use cordboard_upkeep::{
    Failure,
    alerts::{Notice, NoticeBoard as _},
};

use crate::world::{POST, World, simulated};

fn notice(world: &World) -> Notice {
    Notice {
        channel_id: world.channel_id(),
        text: "@everyone <@7> something is wrong".to_owned(),
        nonce: "0123456789abcdef01234567".to_owned(),
        timeout: Duration::from_secs(10),
    }
}

#[tokio::test(start_paused = true)]
async fn a_notice_that_is_put_up_again_is_one_message_that_mentions_nobody() {
    simulated(Config::default(), async |world| {
        let notice = notice(world);
        world.discord.put_up(&notice).await.unwrap();
        world.discord.put_up(&notice).await.unwrap();
        let messages = world.simulator.messages(notice.channel_id.get());
        let me = world.simulator.user_id().to_string();
        let mut ours = messages.iter().filter(|one| one["author"]["id"] == *me);
        let message = ours.next().unwrap();
        assert_eq!(message["content"], notice.text);
        assert_eq!(message["mention_everyone"], false);
        assert_eq!(message["mentions"].as_array().unwrap().len(), 0);
        assert!(ours.next().is_none());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn why_a_notice_is_not_put_up_says_what_may_be_done() {
    simulated(Config::default(), async |world| {
        let notice = notice(world);
        world.simulator.fault(Fault::status(POST, 403).code(50013));
        let refused = world.discord.put_up(&notice).await;
        assert!(matches!(refused, Err(Failure::Never { .. })), "{refused:?}");
        world.simulator.fault(Fault::status(POST, 503).always());
        let failed = world.discord.put_up(&notice).await;
        assert!(matches!(failed, Err(Failure::Unknown { .. })), "{failed:?}");
        world.simulator.clear_faults();
    })
    .await;
}
