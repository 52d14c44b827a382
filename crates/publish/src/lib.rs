//! Views to projected topics: what to publish, from where to go on.
