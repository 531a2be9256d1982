//! What the service manager is told (systemd's `sd_notify` protocol).
//!
//! Sent here in a few lines, and not by a crate: those read the environment themselves, and block
//! when the manager does not read, which the watchdog must not.

use std::{
    io,
    os::unix::net::{SocketAddr, UnixDatagram},
    process,
    time::Duration,
};

use crate::Environment;

/// Tells the service manager, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Notifier {
    manager: Option<Manager>,
    ping_every: Option<Duration>,
}

#[derive(Debug)]
struct Manager {
    socket: UnixDatagram,
    address: SocketAddr,
}

// === impl Notifier ===

impl Notifier {
    /// Takes from the environment whom to tell, and how often that all is well.
    ///
    /// # Errors
    /// When the address cannot be used, or the operating system has no socket.
    pub(crate) fn of(environment: &Environment) -> io::Result<Self> {
        let manager = match environment.get("NOTIFY_SOCKET") {
            None | Some("") => None,
            Some(address) => Some(Manager::at(address)?),
        };
        let ping_every = manager.as_ref().and_then(|_| ping_every(environment));
        Ok(Self {
            manager,
            ping_every,
        })
    }

    /// How often the manager wants to hear that all is well, with as much time to spare.
    pub(crate) fn ping_every(&self) -> Option<Duration> {
        self.ping_every
    }

    /// Tells it, and says whether that was taken; it is not waited for. Without a manager, everything
    /// is taken.
    pub(crate) fn tell(&self, message: &str) -> bool {
        let Some(Manager { socket, address }) = &self.manager else {
            return true;
        };
        socket.send_to_addr(message.as_bytes(), address).is_ok()
    }
}

/// `WATCHDOG_USEC`, if it is meant for this process and not for the one that started it.
fn ping_every(environment: &Environment) -> Option<Duration> {
    let for_us = environment
        .get("WATCHDOG_PID")
        .is_none_or(|id| id.parse() == Ok(process::id()));
    let within: u64 = environment.get("WATCHDOG_USEC")?.parse().ok()?;
    (for_us && within > 0).then(|| Duration::from_micros(within) / 2)
}

// === impl Manager ===

impl Manager {
    fn at(address: &str) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        let address = address_of(address)?;
        Ok(Self { socket, address })
    }
}

/// A path, or behind an `@` a name that is in no file system.
#[cfg(target_os = "linux")]
fn address_of(address: &str) -> io::Result<SocketAddr> {
    use std::os::linux::net::SocketAddrExt as _;

    match address.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(address),
    }
}

#[cfg(not(target_os = "linux"))]
fn address_of(address: &str) -> io::Result<SocketAddr> {
    SocketAddr::from_pathname(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(own: bool) -> Environment {
        let id = process::id() + u32::from(!own);
        let variables = [
            ("WATCHDOG_USEC", "3000000"),
            ("WATCHDOG_PID", &id.to_string()),
        ];
        variables.into_iter().collect()
    }

    #[test]
    fn only_the_process_that_is_meant_has_to_say_that_it_is_well() {
        assert_eq!(
            ping_every(&variables(true)),
            Some(Duration::from_millis(1_500))
        );
        assert_eq!(ping_every(&variables(false)), None);
        assert_eq!(ping_every(&Environment::default()), None);
    }

    #[test]
    fn a_manager_that_does_not_read_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        let environment: Environment = [("NOTIFY_SOCKET", path.to_str().unwrap())]
            .into_iter()
            .collect();
        let notifier = Notifier::of(&environment).unwrap();
        assert!(notifier.tell("READY=1"));
        let mut told = 1;
        while notifier.tell("STATUS=again") {
            told += 1;
            assert!(told < 1_000_000, "a socket has an end");
        }
        let mut buffer = [0; 64];
        let size = manager.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..size], b"READY=1");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_manager_may_have_a_name_that_is_in_no_file_system() {
        let address = address_of("@cordboard").unwrap();
        assert!(address.is_unnamed() || address.as_pathname().is_none());
        assert!(address_of("a\0b").is_err());
    }
}
