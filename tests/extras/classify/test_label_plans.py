"""Plans of labelling, also on a server."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from labelled_tracks import make_tracks
from lanes import sampled
from libraries import audio_id, execute, put_file
from made_library import database_of
from schemas import validate
from servers import client_of
from tagged_files import known, stuffed

from map4 import Library
from map4.core.music.track.labels import Labels
from map4.errors import LibraryDamagedError
from map4.extras.classify.answer_cache import open_answer_cache
from map4.extras.classify.facts import facts_of
from map4.extras.classify.part import LabelsPart
from map4.extras.shared.batches import BatchLimits
from map4.jobs import Reporter
from map4.labels import SqlLabels

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
    with client_of(path) as client:
        [step] = client.get("/api/v1/undo", params={"kind": "labels"}).json()["steps"]
        undone = [client.post("/api/v1/labels/undo", json={"step": step["at"]}).status_code for _ in range(2)]
        assert (step["count"], undone) == (2, [204, 404])


MODEL = "claude-haiku-5-5"
LIMITS = BatchLimits(batch_size=3)
ANSWERED = (0, 5, 9)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Recordings that are one question, copies whose tags say more, names to clean, and labels of several sources."""
    library = Library.open(tmp_path_factory.mktemp("labelled") / "library.map4")
    make_tracks(library, 4)
    make_tracks(library, 2, artist="ÉMILE", title="One  \t song", album=None)
    make_tracks(library, 2, artist="émile", title='One "x" \\ song', album='A "quoted" one', genre="Ünder\x07ground")
    make_tracks(library, 2, artist=None, title=None, album="Untitled")
    make_tracks(library, 2, artist="Émile", title="one song", folder="/a", year=1998)
    make_tracks(library, 3, artist=None, title="", year=None, genre=None, folder="/a_b")
    with database_of(library) as database, database.transaction() as connection:
        put_file(connection, "/0/copy.wav", audio_id=audio_id(4))
        put_file(connection, "/0/fuller.wav", audio_id=audio_id(1), artist="Artist 1", title="Other", album="A", year=1)
        put_file(connection, "/z.wav", audio_id=audio_id(1), artist="Z", title="Z", album="A", genre="House", year=1)
    tracks = {track.audio_id: track for track in library.tracks.all()}
    library.set([tracks[audio_id(2)]], artist="Own")
    library.part(LabelsPart).run([tracks[audio_id(3)]], provider="keywords")
    return library


@pytest.mark.parametrize("force", sampled([False, True], every=2))
@pytest.mark.parametrize(
    ("limits", "max_tracks", "answered"),
    [(LIMITS, None, ()), (LIMITS, None, ANSWERED), (LIMITS, 7, ()), (replace(LIMITS, max_requests=2), 7, ANSWERED)],
)
@pytest.mark.parametrize("provider", ["claude", "keywords"])
def test_plan_of_files_equals_the_plan_of_their_tracks(
    library: Library, tmp_path: Path, provider: str, limits: BatchLimits, max_tracks: int | None, force: bool,
    answered: Sequence[int],
) -> None:  # fmt: skip
    tracks = list(library.search(""))
    answer = Labels(genre="Pop", source="claude", model=MODEL)
    with open_answer_cache(pytest.fail, str(tmp_path / "answers")) as cache:
        cache.put([(facts, answer) for facts in facts_of([tracks[number] for number in answered])], MODEL)
    options: dict[str, Any] = {
        "provider": provider, "limits": limits, "max_tracks": max_tracks, "force": force, "model": MODEL,
        "responses": str(tmp_path / "answers"),
    }  # fmt: skip
    assert library.part(LabelsPart).plan(**options) == library.part(LabelsPart).prepare(tracks, **options).plan
    ids, _ = library.tracks.ids_at(None, query="sort:title-")
    plan = library.part(LabelsPart).plan(ids[:-2], **options)
    assert plan == library.part(LabelsPart).prepare(list(library.tracks.by_id(ids[:-2])), **options).plan
    assert (plan.cached > 0) == bool(answered and (provider, force) == ("claude", False))
    assert (plan.questions > 0) == (provider == "claude")


def test_plan_reads_only_files_that_share_audio_or_question_twice(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []
    with_names = SqlLabels.with_names
    monkeypatch.setattr(SqlLabels, "with_names", lambda *given: [read.append(given[-1]), *with_names(*given)][1:])
    plan = library.part(LabelsPart).plan(responses=str(tmp_path), force=True)
    (all_files, shared) = read
    assert (all_files, plan.open, len(shared)) == (None, 18, 10)


def test_plan_skips_tracks_with_sufficient_labels(library: Library) -> None:
    (labels := library.part(LabelsPart)).run(provider="keywords")
    assert labels.plan(provider="keywords") == labels.prepare(provider="keywords").plan
    execute(library.path, "UPDATE labels SET data = json_set(data, '$.source', 'claude', '$.model', ?)", (MODEL,))
    plan = library.part(LabelsPart).plan(model=MODEL)
    assert plan == library.part(LabelsPart).prepare(model=MODEL).plan
    assert (plan.known, plan.open) == (18, 0)
    execute(library.path, "UPDATE labels SET data = json_remove(data, '$.source')")
    with pytest.raises(LibraryDamagedError, match="source"):
        library.part(LabelsPart).plan(model=MODEL)
