"""Looking at a cluster and bringing it to the state that is declared."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from typing import TYPE_CHECKING

from aiokafka import errors

from corvus_adapters.kafka.admin import BROKER_DEFAULT
from corvus_adapters.kafka.clusteradmin import ClusterAdmin
from corvus_adapters.kafka.faults import guarded, retried, translate
from corvus_adapters.kafka.toestand import TOPICS, Doe, Toestand, differences

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from corvus_adapters.kafka.settings import KafkaSettings
    from corvus_adapters.kafka.toestand import Stap


class Beheerder:
    """Plans and applies, with an operator's certificate."""

    def __init__(
        self, settings: KafkaSettings, wanted: Toestand, *, spare: str | None = None
    ) -> None:
        """Name the cluster and how it should be; see ``differences`` for ``spare``."""
        self._settings = settings
        self._wanted = wanted
        self._spare = spare

    async def plan(self) -> list[Stap]:
        """Give every difference; nothing is changed.

        Raises:
            UnavailableError: ``transport.onbereikbaar``.
            SettingsError: ``transport.geen_toegang``.
        """
        async with self._connected("look at topics, rules and quotas") as admin:
            return await retried(lambda: self._differences(admin))

    async def apply(self, *, verwijder: bool = False) -> list[Stap]:
        """Make every difference good that can be; give those that there were.

        What is left over goes with ``verwijder`` only. Returns when the brokers, not
        only the controller, show what was asked for.

        Raises:
            UnavailableError: ``transport.onbereikbaar``; a part may be done: again.
            SettingsError: ``transport.geen_toegang``.
        """
        async with self._connected("change topics, rules and quotas") as admin:
            steps = await retried(lambda: self._differences(admin))
            await self._create_topics(admin, steps)
            await self._settle(admin, steps, Doe.MAAK, Doe.WIJZIG)
            if verwijder:
                await self._remove(admin, steps)
            await retried(lambda: self._done(admin, verwijder=verwijder))
        return steps

    @contextlib.asynccontextmanager
    async def _connected(self, what: str) -> AsyncIterator[ClusterAdmin]:
        admin = ClusterAdmin(self._settings)
        try:
            async with guarded(what, self._settings.request_timeout_s):
                await admin.start()
                yield admin
        finally:
            await admin.close()

    async def _differences(self, admin: ClusterAdmin) -> list[Stap]:
        settings = {name for one in self._wanted.topics.values() for name in one.config}
        there = Toestand(
            await admin.topics(TOPICS, sorted(settings)),
            frozenset(await admin.acls()),
            await admin.quotas(),
        )
        return differences(self._wanted, there, spare=self._spare)

    async def _create_topics(self, admin: ClusterAdmin, steps: Sequence[Stap]) -> None:
        new = {
            step.naam: self._wanted.topics[step.naam]
            for step in steps
            if (step.soort, step.doe) == ("topic", Doe.MAAK)
        }
        if not new:
            return
        outcome = await retried(
            lambda: admin.create_topics(
                {name: (one.partitions, one.config) for name, one in new.items()},
                replication=next(iter(new.values())).replicas or BROKER_DEFAULT,
            )
        )
        for name, error in outcome.items():
            if error not in (errors.NoError, errors.TopicAlreadyExistsError):
                raise translate(error(), f"create {name}")

    async def _settle(
        self, admin: ClusterAdmin, steps: Sequence[Stap], *doe: Doe
    ) -> None:
        todo = [step for step in steps if step.doe in doe]
        configs: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        quotas: defaultdict[str, list[tuple[str, float | None]]] = defaultdict(list)
        for step in todo:
            if step.soort == "topic" and step.doe is Doe.WIJZIG:
                configs[step.naam].append((step.onderdeel, step.naar))
            if step.soort == "quotum":
                quotas[step.naam].append((step.onderdeel, float(step.naar)))
        acls = [step.acl for step in todo if step.acl is not None]
        if configs:
            await retried(lambda: admin.set_configs(list(configs.items())))
        if acls:
            await retried(lambda: admin.create_acls(acls))
        if quotas:
            await retried(lambda: admin.set_quotas(list(quotas.items())))

    async def _remove(self, admin: ClusterAdmin, steps: Sequence[Stap]) -> None:
        over = [step for step in steps if step.doe is Doe.OVER]
        acls = [step.acl for step in over if step.acl is not None]
        quotas: defaultdict[str, list[tuple[str, float | None]]] = defaultdict(list)
        for step in over:
            if step.soort == "quotum":
                quotas[step.naam].append((step.onderdeel, None))
        topics = [step.naam for step in over if step.soort == "topic"]
        # Rights first: what goes on being written to a topic is not to outlive it.
        if acls:
            await retried(lambda: admin.delete_acls(acls))
        if quotas:
            await retried(lambda: admin.set_quotas(list(quotas.items())))
        if topics:
            await retried(lambda: admin.delete_topics(topics))

    async def _done(self, admin: ClusterAdmin, *, verwijder: bool) -> None:
        """Raise what makes ``retried`` look again, until nothing is left to do."""
        open_ended = {Doe.KAN_NIET} if verwijder else {Doe.KAN_NIET, Doe.OVER}
        left = [
            step
            for step in await self._differences(admin)
            if step.doe not in open_ended
        ]
        if left:
            raise errors.LeaderNotAvailableError
