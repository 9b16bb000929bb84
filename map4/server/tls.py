"""TLS with a certificate and key, reloaded when their files change."""

from __future__ import annotations

import logging
import os
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from map4.core.base.regular_files import OnDisk
from map4.errors import UsageError

log = logging.getLogger("map4.server")

LOOK_S = 60.0
"""Seconds until renewed files are used, at most."""
MOST_BYTES = 1_000_000
_BEGIN = b"-----BEGIN CERTIFICATE-----"

TlsVersion = Literal["1.2", "1.3"]


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate with its key.

    cert: PEM file with the server's certificate, then the intermediate certificates
    key: file of the private key
    least: oldest accepted TLS version
    """

    cert: str
    key: str
    least: TlsVersion = "1.3"

    def require_usable(self) -> None:
        """Raise UsageError if the files can't be used, with the reason."""
        self._loaded()

    def context(self, *, now: Callable[[], float] = time.monotonic) -> ssl.SSLContext:
        """The SSL context; each connection gets the certificate currently in the files."""
        stamp, shown, looked = self._stamp(), self._loaded(), now()

        def choose(connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
            nonlocal stamp, shown, looked
            if now() - looked >= LOOK_S:
                looked = now()
                if (new_stamp := self._stamp()) != stamp:
                    stamp = new_stamp
                    try:
                        shown = self._loaded()
                    except (UsageError, OSError) as error:  # only one of the two files may be written yet
                        log.error("still using the old certificate: %s", error)
            connection.context = shown

        # Only its TLS versions matter; the certificate comes from the callback.
        answering = self._loaded()
        answering.sni_callback = choose  # also called for clients without SNI
        return answering

    def _loaded(self) -> ssl.SSLContext:
        _require_valid(self.cert)
        _read(self.key, "--key")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[self.least]
        try:
            context.load_cert_chain(self.cert, self.key, password=_no_password)
        except ssl.SSLError as error:
            why = f"--key {self.key} is not the key of --cert {self.cert}"
            if error.reason != "KEY_VALUES_MISMATCH":
                why = f"--cert {self.cert} and --key {self.key} can't be used ({error.reason or 'not PEM'})"
            raise UsageError(f"{why}; give the certificate and its own key, both as PEM") from None
        return context

    def _stamp(self) -> tuple[tuple[int, int, int], ...]:
        return tuple(_stamp_of(path) for path in (self.cert, self.key))


def _stamp_of(path: str) -> tuple[int, int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return (0, 0, 0)
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(path: str, option: str) -> bytes:
    try:
        return OnDisk(path).read(most_bytes=MOST_BYTES)
    except OSError as error:
        raise UsageError(f"{option} {path} can't be read ({error.strerror}); give a readable PEM file") from None


def _require_valid(path: str) -> None:
    from cryptography import x509

    data = _read(path, "--cert")
    begin = data.find(_BEGIN)
    try:
        certificate = x509.load_pem_x509_certificate(data[max(begin, 0) :])
    except ValueError:
        raise UsageError(
            f"--cert {path} is not a certificate; give a PEM file, which begins with {_BEGIN.decode()}"
        ) from None
    begins, ends, now = certificate.not_valid_before_utc, certificate.not_valid_after_utc, datetime.now(UTC)
    if now > ends:
        raise UsageError(f"the certificate of --cert {path} expired on {ends:%Y-%m-%d}; renew it")
    if now < begins:
        raise UsageError(f"the certificate of --cert {path} is not valid before {begins:%Y-%m-%d}; is the clock right?")


def _no_password() -> str:
    raise UsageError("the file of --key is encrypted; remove its password ('openssl pkey -in KEY -out FILE')")
