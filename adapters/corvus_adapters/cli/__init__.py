"""The command ``corvus``: parse, call, print."""
