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

    /// Whether a caller with this role may do what `least` is needed for. Workers do the work and nothing else.
    #[must_use]
    pub fn reaches(self, least: Self) -> bool {
        self.rank() >= least.rank() && (least != Self::Worker || self == Self::Worker)
    }

    fn rank(self) -> u8 {
        match self {
            Self::Anyone | Self::Worker => 0,
            Self::Viewer => 1,
            Self::Approver => 2,
            Self::Operator => 3,
            Self::Admin => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Role::{Admin, Anyone, Approver, Operator, Viewer, Worker};

    #[test]
    fn each_role_holds_those_below_it() {
        assert!([Anyone, Viewer, Approver, Operator, Admin].is_sorted_by(|a, b| b.reaches(*a)));
        assert!(!Viewer.reaches(Approver) && !Operator.reaches(Admin));
        for role in [Viewer, Approver, Operator, Admin] {
            assert!(!Worker.reaches(role) && !role.reaches(Worker), "{role:?}");
        }
        assert!(Worker.reaches(Worker) && Worker.reaches(Anyone));
    }
}
