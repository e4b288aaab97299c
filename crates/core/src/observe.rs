//! Looking: everything an invocation needs to know, read concurrently before anything is decided.

use crate::{
    model::{Connections, Snapshot},
    port::{CallResult, Port},
};

/// How much to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether to read the route table.
    pub routes: bool,
    /// Which connections to read.
    pub connections: Reach,
}

/// Which connections to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The first page: enough to show.
    FirstPage,
    /// Page after page until one is in use: enough to be certain that none is.
    UntilInUse,
}

/// Reads everything at once.
///
/// # Errors
/// The first call that failed; nothing can be decided on half a picture.
pub async fn observe(port: &impl Port, look: Look) -> CallResult<Snapshot> {
    let routes = async {
        match look.routes {
            true => port.routes().await.map(Some),
            false => Ok(None),
        }
    };
    let (endpoint, associations, routes, connections) =
        tokio::try_join!(port.endpoint(), port.associations(), routes, connections(port, look.connections))?;
    Ok(Snapshot { endpoint, associations, routes, connections })
}

/// Reads marks and connections again, just before the first change that could take the VPN from somebody.
///
/// # Errors
/// The first call that failed.
pub async fn look_again(port: &impl Port, first: Snapshot) -> CallResult<Snapshot> {
    let (endpoint, connections) = tokio::try_join!(port.endpoint(), connections(port, Reach::UntilInUse))?;
    Ok(Snapshot { endpoint, connections, ..first })
}

async fn connections(port: &impl Port, reach: Reach) -> CallResult<Connections> {
    let mut read = Connections { listed: Vec::new(), more: false };
    let mut next = None;
    loop {
        let page = port.connections(next.as_deref()).await?;
        read.listed.extend(page.listed);
        read.more = page.next.is_some();
        next = page.next;
        let enough = reach == Reach::FirstPage || read.in_use() > 0;
        if enough || next.is_none() {
            return Ok(read);
        }
    }
}
