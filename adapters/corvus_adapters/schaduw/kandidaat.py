"""A table that is not in force, ready to decide as if it were."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from corvus_broker.kalender import AMSTERDAM
from corvus_broker.register import TABEL_TYPE, entry_digest
from corvus_crypto.dsse import canonical_json
from corvus_routing.diff_stand import stand_of
from corvus_routing.tabel import tabel_payload
from corvus_schemas.catalogus import load_catalogus

if TYPE_CHECKING:
    from corvus_routing.compileer import GecompileerdeTabel
    from corvus_routing.regel import Verstrekkingentabel

_DAGEN: Final = 8
"""Days a candidate is kept compiled for: the log is nearly in order of time."""


class Kandidaat:
    """Gives the table of any moment; on the nearest day that it is valid."""

    def __init__(self, tabel: Verstrekkingentabel, statussen: frozenset[str]) -> None:
        self.tabel = tabel
        self._statussen = statussen
        self._per_dag: dict[date, GecompileerdeTabel] = {}
        payload = canonical_json(tabel_payload(tabel))
        self.digest = entry_digest(TABEL_TYPE, payload)

    def __call__(self, op_ms: int) -> GecompileerdeTabel:
        """Give the table compiled for the day of a moment."""
        moment = datetime.fromtimestamp(op_ms / 1000, UTC)
        dag = moment.astimezone(AMSTERDAM).date()
        compiled = self._per_dag.get(dag)
        if compiled is None:
            if len(self._per_dag) >= _DAGEN:
                self._per_dag.pop(next(iter(self._per_dag)))
            catalogus = load_catalogus()
            compiled = stand_of(self.tabel, catalogus, dag, self._statussen).compiled
            self._per_dag[dag] = compiled
        return compiled
