//! The archiver, which writes a line for all that happens.

use cordboard_simulator::Simulator;
use serde_json::{Value, json};

use crate::life::{Life, soon, told};

/// The lines about what happened, and those that tell of its progress.
fn lines(life: &Life) -> (Vec<Value>, Vec<String>) {
    let (told, happened): (Vec<_>, Vec<_>) = life
        .lines()
        .into_iter()
        .partition(|line| line.starts_with('#'));
    let happened = happened.iter();
    let happened = happened.map(|line| serde_json::from_str(line).unwrap());
    (happened.collect(), told)
}

#[tokio::test]
async fn it_writes_down_what_was_said_before_it_began_and_what_happens_then() {
    told(async |simulator: &Simulator| {
        let folder = tempfile::tempdir().unwrap();
        let store_file = folder.path().join("archive.db").display().to_string();
        let (here, there) = (
            simulator.default_channel_id(),
            simulator.create_channel("not watched"),
        );
        let first = simulator.say(here, "Said before anybody watched.");
        let arguments = [store_file, here.to_string()];
        let mut life = Life::begin("archiver", simulator, &arguments);
        soon("what was said is not read", || lines(&life).0.len() == 1).await;
        simulator.say(there, "Nobody listens here.");
        simulator.edit(here, first, "Edited.");
        let second = simulator.say(here, "Said.");
        soon("what is said is not heard", || lines(&life).0.len() == 3).await;
        simulator.delete_message(here, second);
        soon("it does not hear a deletion", || lines(&life).0.len() == 4).await;
        let (happened, progress) = lines(&life);
        for line in &happened {
            assert_eq!(line["channel_id"], here.to_string(), "{line}");
        }
        let sequences = happened
            .iter()
            .map(|line| line["sequence"].as_u64().unwrap());
        assert!(sequences.is_sorted_by(|before, after| before < after));
        assert_eq!(
            happened[0]["created"]["content"],
            "Said before anybody watched."
        );
        assert_eq!(happened[1]["updated"]["content"], "Edited.");
        assert_eq!(happened[2]["created"]["content"], "Said.");
        assert_eq!(happened[3]["deleted"], json!(second.to_string()));
        let last = progress.last().map(String::as_str);
        assert_eq!(last, Some("# 0 of 1 channels to be read"));

        life.end();
        simulator.say(here, "Said while it was away.");
        let life = Life::begin("archiver", simulator, &arguments);
        let away = |line: &Value| line["created"]["content"] == "Said while it was away.";
        soon("what it missed is not read", || {
            lines(&life).0.iter().any(away)
        })
        .await;
    })
    .await;
}
