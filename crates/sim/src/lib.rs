//! A believable business.
