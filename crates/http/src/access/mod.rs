//! Who calls, and what that caller may do here.

mod caller;

pub(crate) use caller::Caller;
