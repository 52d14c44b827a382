//! Who calls, and what that caller may do: the same for every edge.
//!
//! ```text
//! authorization --> guard: token? key? JWT? --> caller --> rules: may its role ask this? --> features: is it in the account's plan?
//!                                                             --> sight: what of it does it see?
//! ```
//! [`Guard`] proves who calls, [`rules`] is the one table of what each role may ask, [`features`] the one of what plans may leave out,
//! and [`Caller`] says what of the conversations it sees. Edges carry out what is said here, and have no rules of their own. Nothing
//! here is ever written to a log: neither keys nor who they belong to.

mod attempts;
mod caller;
pub mod features;
mod guard;
mod hex;
pub mod jwt;
mod key;
pub mod rules;
mod secret;
mod seen;
mod watch;

pub use attempts::Attempts;
pub use caller::{Caller, Denied};
pub use features::Need;
pub use guard::{Guard, Settings, Unproven, whole_seconds};
pub use key::{Key, NoChance, Wanted};
pub use rules::Who;
pub use secret::Secret;
pub use seen::{Told, sees};
pub use watch::{Ended, Watch};
