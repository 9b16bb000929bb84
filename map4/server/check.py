"""Health check of a server on this machine, with one line and an exit code."""

from __future__ import annotations

import json
import os
import ssl
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection

TIMEOUT_S = 5.0
_ALL = {"0.0.0.0": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}
_MOST_BYTES = 1000
_OK, _FORBIDDEN, _UNAVAILABLE = 200, 403, 503
_PROBLEM = b"urn:map4:problem:"


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """The result of a health check.

    is_well: whether the server answers and can read its library
    message: one line for people
    """

    is_well: bool
    message: str


def check(host: str, port: int, timeout_s: float = TIMEOUT_S) -> HealthCheck:
    """Check the server on this host and port, by HTTP and TLS."""
    shown_host, why = _ALL.get(host, host), "no map4 answers there"
    there = f"port {port} of {shown_host}"
    for connection in _connections(shown_host, port, timeout_s):
        try:
            status, body = _answer(connection, "/ready")
        except TimeoutError:
            why = "no answer in time"
            continue
        except (ssl.SSLError, HTTPException):  # try the other scheme
            continue
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else why
            continue
        if status == _FORBIDDEN and _PROBLEM in body:
            return HealthCheck(True, f"map4 serve answers on {there}, but reports its state only to its proxy")
        if not _is_ready_or_not(body):
            continue
        if status == _OK:
            return HealthCheck(True, f"map4 serve answers on {there}, and its library can be read")
        if status == _UNAVAILABLE:
            return HealthCheck(False, f"map4 serve answers on {there}, but its library can't be read")
    return HealthCheck(False, f"no map4 serve answers on {there}: {why}")


def _is_ready_or_not(body: bytes) -> bool:
    """Whether a body is a response of `/ready`."""
    try:
        return set(json.loads(body)) == {"status"}
    except (ValueError, TypeError):
        return False


def is_map4(host: str, port: int) -> bool:
    """Whether map4 listens on this host and port."""
    return any(_answers_as_map4(connection) for connection in _connections(host, port, timeout_s=1))


def _connections(host: str, port: int, timeout_s: float) -> tuple[HTTPConnection, ...]:
    tls = ssl.create_default_context()
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE  # no data is sent or trusted
    return HTTPConnection(host, port, timeout=timeout_s), HTTPSConnection(host, port, timeout=timeout_s, context=tls)


def _answer(connection: HTTPConnection, path: str) -> tuple[int, bytes]:
    with closing(connection):
        connection.request("GET", path, headers={"Host": "localhost"})
        answer = connection.getresponse()
        return answer.status, answer.read(_MOST_BYTES)


def _answers_as_map4(connection: HTTPConnection) -> bool:
    try:
        return set(json.loads(_answer(connection, "/health")[1])) == {"status", "version"}
    except (OSError, HTTPException, ValueError, TypeError):
        return False
