//! Two generations held at one position: what they say can be compared, and one can take the place of the other.

use std::time::Duration;

use origem_domain::position::Offset;
use origem_projector::Handle;

/// How long a projector may take to stand still: a large batch takes its time.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the one that serves is held for the other to catch up, at most.
const WAIT: Duration = Duration::from_secs(1);
/// How far behind the other one may be when both are held: what it folds while the other waits.
pub(super) const NEAR: u64 = 500;

/// Both stand still, with everything before `at` committed and nothing after it, until this is dropped.
pub(super) struct Held {
    pub(super) at: Offset,
    projectors: Vec<Handle>,
}

impl Held {
    /// Holds both. `None` if they cannot be held close to each other now: one is further behind, or does not stand still.
    pub(super) fn of(serving: &Handle, other: &Handle) -> Option<Self> {
        let mut held = Self {
            at: Offset(0),
            projectors: vec![serving.clone(), other.clone()],
        };
        // The other first: its batches are large, and who serves goes on meanwhile.
        let others = other.hold(Offset(0), PATIENCE)?;
        if serving.progress().checkpoint.next.0 > others.0 + NEAR {
            return None;
        }
        let servings = serving.hold(Offset(0), PATIENCE)?;
        held.at = servings.max(others);
        let reached = if servings < others {
            serving.hold(held.at, WAIT)?
        } else {
            other.hold(held.at, WAIT)?
        };
        (reached == held.at).then_some(held)
    }

    /// Holds one whose counterpart is stopped already. `None` if it does not stand still now.
    pub(super) fn alone(projector: &Handle) -> Option<Self> {
        let mut held = Self {
            at: Offset(0),
            projectors: vec![projector.clone()],
        };
        held.at = projector.hold(Offset(0), PATIENCE)?;
        Some(held)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        for projector in &self.projectors {
            projector.release();
        }
    }
}
