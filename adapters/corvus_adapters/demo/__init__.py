"""The demo: two cases through a real router process, shown and proven."""
