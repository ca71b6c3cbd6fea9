//! Who may do what: [`Role`].

use serde::{Deserialize, Serialize};

/// What a caller is trusted with; every route names the least role that it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Anybody, without signing in: health and the console's own files.
    Anyone,
    /// Reads lists, status and history.
    Viewer,
    /// Answers human-interaction requests.
    Approver,
    /// Starts, terminates, suspends and resumes.
    Operator,
    /// Purges by filter, deletes hubs, manages keys.
    Admin,
    /// Takes and completes work items.
    Worker,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 6] =
        [Self::Anyone, Self::Viewer, Self::Approver, Self::Operator, Self::Admin, Self::Worker];
}
