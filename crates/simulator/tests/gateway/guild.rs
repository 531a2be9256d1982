//! What a session hears when its guild goes and comes back.

use std::time::Duration;

use cordboard_simulator::OutageAnswer;
use serde_json::json;
use tokio::time::timeout;

use crate::client::{Client, INTENTS, config, identify, simulate};

#[tokio::test(start_paused = true)]
async fn an_outage_is_told_and_its_end_brings_the_whole_guild() {
    simulate(config(""), async |simulator| {
        let (mut client, _) = Client::log_in(&simulator).await;
        simulator.begin_outage(OutageAnswer::ServerError);
        let gone = client.payload().await;
        assert_eq!(gone["t"], "GUILD_DELETE");
        let guild_id = simulator.guild_id().to_string();
        let unavailable = json!({ "id": guild_id, "unavailable": true });
        assert_eq!(gone["d"], unavailable);

        // Who comes in the meantime is told the same after READY.
        tokio::time::sleep(Duration::from_secs(5)).await;
        let mut late = Client::hello(&simulator).await;
        late.say(identify(&simulator, INTENTS)).await;
        assert_eq!(late.payload().await["d"]["guilds"], json!([unavailable]));
        assert_eq!(late.payload().await["t"], "GUILD_DELETE");

        simulator.end_outage();
        for client in [&mut client, &mut late] {
            let back = client.payload().await;
            assert_eq!(back["t"], "GUILD_CREATE");
            assert_eq!(back["d"]["unavailable"], false);
            assert_eq!(back["d"]["channels"].as_array().unwrap().len(), 1);
        }
        simulator.create_channel("after");
        assert_eq!(client.payload().await["t"], "CHANNEL_CREATE");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_kick_and_an_invitation_are_told() {
    simulate(config(""), async |simulator| {
        let (mut client, _) = Client::log_in(&simulator).await;
        simulator.kick(simulator.user_id());
        let gone = client.payload().await;
        assert_eq!(
            (&gone["t"], &gone["d"]["unavailable"]),
            (&json!("GUILD_DELETE"), &json!(null))
        );
        simulator.create_channel("unseen");
        let silence = timeout(Duration::from_secs(5), client.hear()).await;
        silence.expect_err("who is out hears nothing");
        simulator.invite(1 << 10);
        let back = client.payload().await;
        assert_eq!(back["t"], "GUILD_CREATE");
        let member = &back["d"]["members"][0];
        let role = member["roles"][0].clone();
        let roles = back["d"]["roles"].as_array().unwrap();
        let own = roles.iter().find(|one| one["id"] == role).unwrap();
        assert_eq!(own["permissions"], "1024");
        assert_eq!(client.payload().await["t"], "GUILD_ROLE_CREATE");
    })
    .await;
}
