//! (stub) configuration.
