//! The store against a real file and real keys.
