"""A witness of the audit log, run by another organisation than the broker (SPEC 19)."""
