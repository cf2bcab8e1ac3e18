"""What happens to a message: a pure pipeline, its effects, one driver."""
