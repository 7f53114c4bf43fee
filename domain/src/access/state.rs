//! G7: resolving the lists of a state to principals (stub).
