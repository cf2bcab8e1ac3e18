"""Make the vectors of this folder from fixed keys and ``invoer.json``.

    python tests/vectors/build.py               every vector, the same bytes every time
    python tests/vectors/build.py --new-kasten  make invoer.json anew (keys, encapsulations)

HPKE encapsulations and key pairs are random, so they are inputs, made once and
committed. Everything else is computed here: run it, and ``git diff --exit-code``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

# Run as a script, this folder's parent is not on the path yet.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from vectors.materiaal import FILES, FOLDER, new_kasten
from vectors.messages import (
    bad_senders,
    broken_cellen,
    broken_columns,
    signed_messages,
)
from vectors.pieces import (
    aliases,
    attestations,
    broken_manifests,
    broken_signatures,
    parsers,
)

from corvus_crypto.suite import SUITES


def main() -> None:
    if "--new-kasten" in sys.argv[1:]:
        new_kasten()
    for suite in SUITES:
        signed_messages(suite)
        broken_cellen(suite)
        bad_senders(suite)
        broken_columns(suite)
        broken_manifests(suite)
    broken_signatures()
    parsers()
    aliases()
    attestations()
    for old in FOLDER.glob("*_*.json"):
        old.unlink()
    for name, cases in FILES.items():
        text = json.dumps({"cases": cases}, indent=1, sort_keys=True)
        (FOLDER / f"{name}.json").write_text(text + "\n")
    total = sum(map(len, FILES.values()))
    sys.stdout.write(f"{total} cases in {len(FILES)} files\n")


if __name__ == "__main__":
    main()
