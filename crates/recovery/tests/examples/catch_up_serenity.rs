//! Recovery under a bot on serenity.

use cordboard_simulator::{GatewayCommand, Simulator};

use crate::life::{Life, soon, told};

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
