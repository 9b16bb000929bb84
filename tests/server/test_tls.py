"""TLS: what files it takes, and that renewed ones are taken up."""

import logging
import os
import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from certificates import certificate_in, trusting

from map4.errors import UsageError
from map4.server.tls import LOOK_S, Tls


def test_unusable_certificates_are_refused_with_a_reason(tmp_path: Path) -> None:
    cert, key = certificate_in(tmp_path)
    other, other_key = certificate_in(tmp_path, "other")
    old, _ = certificate_in(tmp_path, "old", begins_in_days=-4)
    early, _ = certificate_in(tmp_path, "early", begins_in_days=1)
    locked, locked_key = certificate_in(tmp_path, "locked", password="secret")
    text = tmp_path / "text"
    text.write_text("no PEM")
    Tls(str(cert), str(key)).require_usable()
    Tls(str(other), str(other_key), "1.2").require_usable()
    for certificate, its_key, problem in (
        (tmp_path / "none", key, r"--cert .*none can't be read \(No such file"),
        (cert, tmp_path / "none", r"--key .*none can't be read \(No such file"),
        (tmp_path, key, r"--cert .* can't be read \(Is a directory"),
        (text, key, "text is not a certificate; give a PEM file"),
        (key, cert, "here.key is not a certificate"),
        (cert, text, "can't be used .not PEM."),
        (cert, other_key, "other.key is not the key of --cert .*here.pem"),
        (old, key, "old.pem expired on 20.*; renew it"),
        (early, key, "early.pem is not valid before 20.*clock"),
        (locked, locked_key, "is encrypted; remove its password"),
    ):
        with pytest.raises(UsageError, match=problem):
            Tls(str(certificate), str(its_key)).require_usable()


def _shown_by(server: ssl.SSLContext, cert: Path) -> int:
    """The number of the certificate that a client gets who trusts this one, without a socket."""
    ways = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in range(2)]
    answering = server.wrap_bio(*ways[0], server_side=True)
    asking = trusting(cert).wrap_bio(*ways[1], server_hostname="localhost")
    for _ in range(4):
        for end, way, other in ((asking, ways[1], ways[0]), (answering, ways[0], ways[1])):
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
            other[0].write(way[1].read())
    found = asking.getpeercert()
    return int(str(found["serialNumber"]), 16)


def test_renewed_certificates_are_loaded_only_in_pairs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    cert, key = certificate_in(tmp_path)
    before = cert.with_name("before.pem")
    before.write_bytes(cert.read_bytes())
    context = Tls(str(cert), str(key)).context(now=lambda: now[0])
    first = _shown_by(context, before)
    renewed, renewed_key = certificate_in(tmp_path, "renewed")
    os.replace(renewed, cert)
    assert _shown_by(context, before) == first  # not looked yet
    now[0] += LOOK_S
    with caplog.at_level(logging.ERROR, "map4.server"):
        for _ in range(2):
            assert _shown_by(context, before) == first
            now[0] += LOOK_S
    [message] = caplog.messages  # once, not at each look
    assert "still using the old certificate: --key" in message
    os.replace(renewed_key, key)
    now[0] += LOOK_S
    assert _shown_by(context, cert) != first
    now[0] += LOOK_S
    trusted = cert.rename(tmp_path / "gone.pem")
    with caplog.at_level(logging.ERROR, "map4.server"):
        assert _shown_by(context, trusted) != first
    assert "--cert" in caplog.messages[-1]
