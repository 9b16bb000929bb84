"""AcoustID is asked by the id in a file, else by the sound, and needs a key and `fpcalc`."""

from typing import Any

import pytest

from map4.errors import UsageError
from map4.extras.lookup.lookup import LookupQuery
from map4.extras.lookup.provider import ServiceRequest
from map4.extras.lookup.providers.acoustid import AcoustID
from map4.extras.lookup.providers.registry import provider_of

WHICH = "map4.extras.lookup.providers.acoustid.which"


def test_acoustid_in_a_file_is_used_before_its_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WHICH, lambda name: name)
    provider, asked = AcoustID({}, "k"), list[dict[str, str]]()

    def read(request: ServiceRequest) -> Any:
        asked.append(dict(request.parameters))
        return {"status": "ok", "results": [{"id": "a", "score": 0.4, "recordings": [{"id": "r", "title": "T"}]}]}

    sure = provider.search(LookupQuery(title="T", acoustid="a", fingerprint="AQ", duration_s=3.0), read)
    assert (sure[0].id, sure[0].sound) == ("r", 1.0)
    assert (
        provider.search(LookupQuery(title="T", fingerprint="AQ", duration_s=203.6), read) == []
    )  # it hardly sounds like it
    assert provider.search(LookupQuery(title="T"), read) == []
    assert asked == [
        {"trackid": "a", "meta": "recordings releases tracks"},
        {"duration": "204", "fingerprint": "AQ", "meta": "recordings releases tracks"},
    ]


def test_missing_key_or_program_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACOUSTID_KEY", raising=False)
    with pytest.raises(UsageError, match=r"acoustid needs your own key, from acoustid.org/new-application: set ACOU"):
        provider_of("acoustid", {})
    monkeypatch.setenv("ACOUSTID_KEY", "k")
    monkeypatch.setattr(WHICH, lambda name: None)
    with pytest.raises(UsageError, match="apt-get install libchromaprint-tools"):
        provider_of("acoustid", {})
