"""The audit log: follow the audit topic, keep the tree, sign it, show it (SPEC 19)."""
