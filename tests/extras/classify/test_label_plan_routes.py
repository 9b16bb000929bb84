"""Plans of labelling on a server."""

from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from schemas import validate
from servers import client_of
from tagged_files import known, stuffed

from map4 import Library
from map4.jobs import Reporter

MODELS = {
    "classify.model": "",
    "classify.base_url": "",
    "classify.models": {"mine": {"url": "https://models.example/v1", "key_env": "MINE"}},
}
FREE = {"provider": "keywords", "query": "is:any"}


def test_plan_of_labels_shows_its_cost_and_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(known(tmp_path / "library.map4", stuffed(tmp_path / "one.mp3"), stuffed(tmp_path / "two.flac")))
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with client_of(path, config=MODELS) as client:

        def planned(body: dict[str, Any], status: int = 201) -> Any:
            answer = client.post("/api/v1/plans/classify", json=body)
            assert answer.status_code == status, answer.text
            return answer.json()

        for more in ({"provider": "http://127.0.0.1:1"}, {"base_url": "http://127.0.0.1:1"}, {"tracks": ["x"]}):
            planned({**FREE, **more}, 400)
        plan = planned({"provider": "claude"})
        assert ("ANTHROPIC_API_KEY is not set" in plan["warnings"][0], plan["count"]) == (True, 2)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret-word")
        plan = planned({"provider": "claude"})
        [what, cost] = plan["warnings"]
        assert ("are sent to api.anthropic.com, never audio" in what, "tokens in and" in cost) == (True, True)
        assert "sk-secret-word" not in str(plan)
        assert b"sk-secret-word" not in Path(f"{path}.jobs").read_bytes()
        free = validate(planned(FREE))
        assert free["warnings"] == []
        assert client.post(f"/api/v1/plans/{free['id']}", json={}).status_code == 202
    with Library.open(path) as library:
        assert library.plans.carry_out(free["id"], Reporter(lambda what, value: None, monotonic))["done"] == 2
