//! `serve`, as a service manager runs it.

use std::{os::unix::net::UnixDatagram, time::Duration};

use crate::world::World;

/// Nothing here takes longer, on however slow a machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Reads on until a message says this, and gives that message.
fn hears(socket: &UnixDatagram, words: &str) -> String {
    let mut buffer = [0; 4_096];
    loop {
        let size = socket.recv(&mut buffer);
        let size = size.unwrap_or_else(|error| panic!("{words}: {error}"));
        let message = String::from_utf8_lossy(&buffer[..size]).into_owned();
        if message.contains(words) {
            return message;
        }
    }
}

#[test]
fn a_service_manager_hears_of_the_start_of_each_reading_of_the_configuration_and_of_the_stop() {
    let world = World::new();
    let socket = world.folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let notify = socket.display().to_string();
    let serving = world.start("serve", &[("NOTIFY_SOCKET", &notify)]);
    let ready = hears(&manager, "READY=1");
    assert!(ready.contains("STATUS=1 jobs"), "{ready}");

    // Nothing has changed: only the signal has it read again.
    serving.signal("-HUP");
    hears(&manager, "STATUS=1 jobs");
    world.configure("keepalive = { enabled = false }");
    serving.signal("-HUP");
    hears(&manager, "STATUS=0 jobs");
    // What cannot be used is refused, and the old one goes on.
    world.configure("nonsense = 1");
    serving.signal("-HUP");
    world.configure("");
    serving.signal("-HUP");
    hears(&manager, "STATUS=1 jobs");

    serving.signal("-TERM");
    hears(&manager, "STOPPING=1");
    let (code, told) = serving.end();
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("the configuration was read again"), "{told}");
}
