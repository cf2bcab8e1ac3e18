"""``python -m corvus_adapters``: the command ``corvus``."""

from corvus_adapters.cli.main import main

main()
