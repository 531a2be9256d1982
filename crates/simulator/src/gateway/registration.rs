//! A connection's entry in the books.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::sessions::Order;
use crate::shared::Shared;

/// Held as long as the connection lives. However that ends, also when its task is dropped, the
/// entry goes and the session's resume window begins.
pub(crate) struct Registration {
    pub(crate) connection: u64,
    shared: Arc<Shared>,
}

impl Registration {
    /// Enters a new connection; orders for it come out of the receiver, and its end is an order
    /// to end too.
    pub(crate) fn new(shared: &Arc<Shared>) -> (Self, mpsc::Receiver<Order>) {
        let (connection, orders) = shared.sessions.enter();
        (
            Self {
                connection,
                shared: Arc::clone(shared),
            },
            orders,
        )
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.shared.sessions.leave(self.connection);
    }
}
