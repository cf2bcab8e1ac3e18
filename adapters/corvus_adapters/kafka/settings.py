"""How to reach a Kafka cluster."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corvus_schemas.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """Address, certificates and patience.

    TLS is on when ``ssl_cafile`` is set; without it the connection is plaintext, for
    benchmarks on one machine only. ``request_timeout_s`` bounds each call of the
    transport: after it the cluster counts as unreachable.
    """

    bootstrap: str
    ssl_cafile: Path | None = None
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    ssl_key_password: str | None = None
    request_timeout_s: float = 30.0

    def __repr__(self) -> str:
        """Give the address only: no password in a log."""
        return f"KafkaSettings(bootstrap={self.bootstrap!r})"

    def ssl_context(self) -> ssl.SSLContext | None:
        """Give the TLS context, or None for plaintext.

        Raises:
            SettingsError: ``kafka.certificaat``; a file cannot be read or used.
        """
        if self.ssl_cafile is None:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ssl_cafile)
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            if self.ssl_certfile is not None:
                context.load_cert_chain(
                    self.ssl_certfile, self.ssl_keyfile, self.ssl_key_password
                )
        except OSError as error:  # ssl.SSLError is one too
            raise SettingsError(
                "kafka.certificaat",
                f"the TLS files for {self.bootstrap} cannot be used:"
                f" {error.strerror or type(error).__name__}",
                advice="Check the CA, certificate and key file in the settings.",
            ) from error
        return context
