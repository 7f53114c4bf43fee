//! (stub) identity.
