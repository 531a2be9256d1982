//! Recovery under a bot on serenity.

use cordboard_simulator::{GatewayCommand, Simulator};
use serde_json::{Value, json};

use crate::life::{Life, soon, told};

#[path = "../../examples/catch_up_serenity/told.rs"]
mod event;

#[tokio::test]
async fn it_hears_what_was_said_while_serenity_had_no_session() {
    told(async |simulator: &Simulator| {
        let channel_id = simulator.default_channel_id();
        simulator.say(channel_id, "Before.");
        let life = Life::begin("catch_up_serenity", simulator, &[]);
        soon("nothing is read", || life.lines() == ["Before."]).await;
        simulator.say(channel_id, "Hello.");
        soon("nothing is heard", || life.lines() == ["Before.", "Hello."]).await;
        simulator.gateway(GatewayCommand::Invalidate { resumable: false });
        simulator.say(channel_id, "Nobody is listening.");
        let all = ["Before.", "Hello.", "Nobody is listening."];
        soon("not all is told, once and in order", || life.lines() == all).await;
    })
    .await;
}

#[test]
fn what_an_update_does_not_say_is_not_told_as_nothing() {
    let update = json!({"id": "9", "channel_id": "5", "guild_id": "7", "embeds": []});
    let event = serde_json::from_value(json!({"t": "MESSAGE_UPDATE", "d": update.clone()}));
    let told = event::told(&event.unwrap()).unwrap();
    assert_eq!(&*told.name, "MESSAGE_UPDATE");
    let data: Value = serde_json::from_str(told.data.get()).unwrap();
    assert_eq!(data, update);
}
