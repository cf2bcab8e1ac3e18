"""Proof files: who received what, on which ground, checked without a network."""
