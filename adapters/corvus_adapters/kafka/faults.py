"""Kafka's errors in our terms."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from aiokafka import errors

from corvus_schemas.errors import (
    CorvusError,
    EnvelopeError,
    FencedError,
    SettingsError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from typing import TypeVar

    R = TypeVar("R")

# AssertionError: aiokafka asserts on the state of a transaction that failed meanwhile.
KAFKA_FAULTS = (
    errors.KafkaError,
    errors.ConsumerStoppedError,
    OSError,
    TimeoutError,
    AssertionError,
)

_FENCED = (errors.ProducerFenced, errors.InvalidProducerEpoch)
_FORBIDDEN = (
    errors.TopicAuthorizationFailedError,
    errors.GroupAuthorizationFailedError,
    errors.ClusterAuthorizationFailedError,
    errors.TransactionalIdAuthorizationFailed,
)
_TOO_LARGE = (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError)

RETRY_S = 0.05


def unknown_topic(topic: str, partition: int | None = None) -> SettingsError:
    """Name what is not there."""
    what = topic if partition is None else f"{topic} partition {partition}"
    return SettingsError(
        "topic.onbekend",
        f"there is no topic {what}",
        advice="Run 'corvus init', or check the topic names in the settings.",
    )


def unavailable(message: str) -> UnavailableError:
    """Say that Kafka cannot be used now."""
    return UnavailableError(
        "transport.onbereikbaar",
        message,
        advice="Check that the cluster runs and that the address is right.",
    )


def too_large(topic: str, size: int, limit: int) -> EnvelopeError:
    """Refuse a message that its topic does not take."""
    return EnvelopeError(
        "bericht.te_groot",
        f"{size} bytes for {topic}, at most {limit}",
        advice="Send large attachments through the object store.",
    )


def forbidden(what: str) -> SettingsError:
    """Say that the ACLs do not allow this."""
    return SettingsError(
        "transport.geen_toegang",
        f"Kafka does not allow this certificate to {what}",
        advice="Check which certificate is used and the ACLs of its OIN.",
    )


def translate(error: BaseException, what: str) -> CorvusError:
    """Give our error for one of aiokafka's; it wraps the real one sometimes."""
    for cause in _causes(error):
        if isinstance(cause, CorvusError):
            return cause
        if isinstance(cause, _FENCED):
            return FencedError(
                "router.afgelost",
                "another process took over this partition",
                advice="Stop this one; the other carries on.",
            )
        if isinstance(cause, _FORBIDDEN):
            return forbidden(what)
        if isinstance(cause, _TOO_LARGE):
            return EnvelopeError("bericht.te_groot", f"too large for Kafka to {what}")
    name = type(error).__name__
    return unavailable(f"Kafka did not {what} ({name})")


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


@contextlib.asynccontextmanager
async def guarded(what: str, timeout_s: float) -> AsyncIterator[None]:
    """Bound a block in time and raise what fails in it as our errors.

    Raises:
        UnavailableError: ``transport.onbereikbaar``.
        FencedError: ``router.afgelost``.
        SettingsError: ``transport.geen_toegang``.
        EnvelopeError: ``bericht.te_groot``.
    """
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except KAFKA_FAULTS as error:
        raise translate(error, what) from error


async def retried(call: Callable[[], Awaitable[R]]) -> R:
    """Call until no passing trouble is reported; run it inside ``guarded``."""
    while True:
        try:
            return await call()
        except errors.KafkaError as error:
            if not error.retriable:
                raise
        await asyncio.sleep(RETRY_S)
