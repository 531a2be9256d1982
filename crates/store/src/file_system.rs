//! File systems on which a database is not safe.

use std::{io, path::Path};

/// File systems over a network or through a program, by the number with which statfs(2) names them
/// (its manual page and Linux's `magic.h`). Their locks and syncs may be no more than polite.
const NETWORK: [(u32, &str); 12] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x6573_5546, "FUSE"),
    (0x0102_1997, "9P"),
    (0x00c3_6400, "Ceph"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x0bd0_0bd0, "Lustre"),
    (0x7375_7245, "Coda"),
    (0x564c, "NCP"),
];

/// The name of the network file system of a file or folder; `None` when it is a local one. May
/// block.
#[cfg(target_os = "linux")]
pub(crate) fn network_of(place: &Path) -> io::Result<Option<&'static str>> {
    let magic = rustix::fs::statfs(place)?.f_type;
    // The numbers have 32 bits; the field has as many as the platform likes, with a sign or not.
    let [a, b, c, d, ..] = magic.to_le_bytes();
    Ok(network(u32::from_le_bytes([a, b, c, d])))
}

/// Only Linux tells file systems by number.
#[cfg(not(target_os = "linux"))]
pub(crate) fn network_of(_place: &Path) -> io::Result<Option<&'static str>> {
    Ok(None)
}

fn network(magic: u32) -> Option<&'static str> {
    let known = NETWORK.iter().find(|(known, _)| *known == magic);
    known.map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_are_known_by_their_number() {
        for (magic, expected) in [
            (0x6969, Some("NFS")),
            (0xff53_4d42, Some("CIFS")),
            (0x6573_5546, Some("FUSE")),
            (0xef53, None),
            (0x0102_1994, None),
            (0x794c_7630, None),
        ] {
            assert_eq!(network(magic), expected, "{magic:x}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernels_own_file_systems_are_local() {
        assert_eq!(network_of(Path::new("/proc")).unwrap(), None);
    }
}
