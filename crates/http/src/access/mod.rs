//! Who calls, and what that caller may do here. The rules are those of the crate `access`; here they are carried out.
//!
//! ```text
//! request --> guard: who is it? may its role ask this? does it see this conversation? --> handler, which may take a `Caller`
//! ```

mod caller;
mod guard;
mod visible;

pub(crate) use caller::Caller;
pub(crate) use guard::{OUTREACH, SEND_OPTIONS, guard, included_to};
pub(crate) use visible::visible;
