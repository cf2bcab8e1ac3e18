"""The embedded transport: one SQLite file, several processes on one machine."""

from corvus_adapters.sqlite.transport import SqliteTransport

__all__ = ["SqliteTransport"]
