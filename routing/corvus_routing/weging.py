"""Rules with their conditions, weighed against one set of kenmerken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from corvus_routing.voorwaarde import Truth, Voorwaarde

if TYPE_CHECKING:
    from collections.abc import Mapping

    from corvus_routing.regel import Regel
    from corvus_schemas.kenmerken import KenmerkWaarde

Activation: TypeAlias = "Mapping[str, KenmerkWaarde]"


@dataclass(frozen=True, slots=True)
class Kandidaat:
    """A rule with its compiled condition."""

    regel: Regel
    voorwaarde: Voorwaarde


class Weging:
    """Conditions weighed against one set of kenmerken, each condition text once.

    A table uses the same few conditions over and over: a berichttype with sixty
    rubrieken seldom has more than ten.
    """

    def __init__(self, activation: Activation) -> None:
        """Keep the kenmerken; those not in it are unknown."""
        self._activation = activation
        self._truths: dict[tuple[Voorwaarde, str | None], Truth] = {}

    def truth(self, kandidaat: Kandidaat) -> Truth:
        """Give the truth of a rule's condition."""
        return self._weigh(kandidaat.voorwaarde, None)

    def holds(self, kandidaat: Kandidaat) -> bool:
        """Tell whether the rule would fire if its hold kenmerk were false."""
        hold = kandidaat.regel.hold
        return (
            hold is not None and self._weigh(kandidaat.voorwaarde, hold) is Truth.WAAR
        )

    def _weigh(self, voorwaarde: Voorwaarde, hold: str | None) -> Truth:
        truth = self._truths.get((voorwaarde, hold))
        if truth is None:
            activation = self._activation
            if hold is not None:
                activation = {**activation, hold: False}
            truth = voorwaarde.evaluate(activation)
            self._truths[voorwaarde, hold] = truth
        return truth
