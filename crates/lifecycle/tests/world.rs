//! The driver over the real sender against a simulated Discord, all in one runtime with a paused
//! clock.
//!
//! Each test ends in [`World::settle`]: a virtual day passes under a driver that works, and then
//! nothing that our bot created may be there, nobody else's channel may have been touched, and
//! every row has to be settled.

mod world {
    mod capacity;
    mod creating;
    mod deleting;
    mod dying;
    mod floor;
    mod haunted;
    mod operating;
    mod refused;
    mod threads;
}
