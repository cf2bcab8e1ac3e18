"""Apache Kafka's jars: resolved once through Maven, checked, kept in a cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from importlib import resources
from pathlib import Path

from rich.console import Console

from corvus_schemas.errors import SettingsError

KAFKA_VERSION = "4.3.1"
POM = "pom.xml"
DIGESTS = "jars.sha256"

HOW_TO_GET_ONE = (
    "Install a JDK 17 or newer and Maven (Debian: apt-get install openjdk-17-jre-"
    "headless maven), or set KAFKA_BOOTSTRAP to an existing cluster."
)


def unavailable(message: str) -> SettingsError:
    """Say why there is no Kafka here, and how to get one."""
    return SettingsError("kafka.niet_beschikbaar", message, advice=HOW_TO_GET_ONE)


def default_cache() -> Path:
    """Folder of the jars: ``corvus/kafka-<version>`` in the user's cache."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "corvus" / f"kafka-{KAFKA_VERSION}"


def java() -> str:
    """Path of java. Raises SettingsError ``kafka.niet_beschikbaar``."""
    found = shutil.which("java")
    if found is None:
        raise unavailable("there is no java on this machine")
    return found


def resolve(cache: Path | None = None) -> Path:
    """Give the folder with the jars, fetched through Maven when it is not there.

    Raises:
        SettingsError: ``kafka.niet_beschikbaar``; no Maven, no network, or a jar that
            is not the one this version was released with.
    """
    folder = cache or default_cache()
    if folder.is_dir():
        return folder
    mvn = shutil.which("mvn")
    if mvn is None:
        raise unavailable(f"Kafka is not in {folder} and there is no mvn to fetch it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=folder.parent, prefix=".kafka-") as work,
        Console(stderr=True).status(f"Maven fetches Apache Kafka {KAFKA_VERSION}"),
    ):
        fetched = Path(work) / "jars"
        _fetch(mvn, Path(work), fetched)
        _check(fetched)
        # Whole or not at all; two that start together fetch the same bytes.
        if not folder.is_dir():
            fetched.rename(folder)
    return folder


def _fetch(mvn: str, work: Path, fetched: Path) -> None:
    pom = work / POM
    pom.write_text(_data(POM), encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - our own arguments, no shell
        [
            *(mvn, "-q", "-B", "-ntp", "-f", str(pom)),
            *("dependency:copy-dependencies", f"-DoutputDirectory={fetched}"),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        lines = [line for line in done.stdout.splitlines() if "ERROR" in line]
        reason = lines[0] if lines else f"exit code {done.returncode}"
        raise unavailable(f"Maven could not fetch Kafka: {reason}")


def _check(fetched: Path) -> None:
    there = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in fetched.glob("*.jar")
    }
    pinned = {
        name: digest
        for digest, name in (line.split() for line in _data(DIGESTS).splitlines())
    }
    if there != pinned:
        wrong = sorted(
            name
            for name in there.keys() | pinned.keys()
            if there.get(name) != pinned.get(name)
        )
        raise unavailable(f"Maven delivered other jars than pinned: {wrong[0]}")


def _data(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
