"""Everything that touches the world: transports, stores, SDK, CLI."""
