"""The cache of answers: text alone, for its owner alone, and never in the way."""

import json
import os
import pickle
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import diskcache
import pytest

from map4.core.music.track.labels import Labels
from map4.extras.classify import answer_cache as responses
from map4.extras.classify.answer_cache import AnswerCache, open_answer_cache
from map4.labels import TrackFacts

FACTS = TrackFacts(artist="Nadia Vellum", title="Undertow", year=2016)
LABELS = Labels(
    genre="Electronic", family="Electronic", mood="dark", confidence=0.9, source="claude", model="m", notes="n"
)
TOUCHED = "touched-by-a-pickle"


class Exploit:
    """Un-pickled, it makes a file."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (TOUCHED,)


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "responses"


@pytest.fixture
def filled(folder: Path) -> Path:
    with open_answer_cache(pytest.fail, str(folder)) as cache:
        cache.put([(FACTS, LABELS)], "m")
    return folder


def look(folder: Path) -> tuple[Labels | None, list[str]]:
    """What a new run finds, and what it is warned of."""
    warnings: list[str] = []
    with open_answer_cache(warnings.append, str(folder)) as cache:
        return cache.get(FACTS, "m"), warnings


def execute(folder: Path, sql: str, *values: Any) -> None:
    with closing(sqlite3.connect(folder / "cache.db")) as connection, connection:
        assert connection.execute(sql, values).rowcount > 0


def test_cached_answers_are_used_in_the_next_run(filled: Path) -> None:
    assert look(filled) == (LABELS, [])
    with open_answer_cache(pytest.fail, str(filled)) as cache:
        assert cache.get(FACTS, "another model") is None
        assert cache.get(TrackFacts(artist="nadia vellum", title="UNDERTOW", year=2016, album="x"), "m") == LABELS
        assert cache.get(TrackFacts(artist="Nadia Vellum", title="Undertow", year=2017), "m") is None


def test_reading_the_cache_creates_no_folder(folder: Path) -> None:
    assert look(folder) == (None, [])
    assert not folder.parent.exists()


class Texts:
    """Another place for answers."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, key: str, convert: Callable[[str], Any]) -> Any:
        return convert(self.kept[key]) if key in self.kept else None

    def all_keys(self) -> frozenset[str]:
        return frozenset(self.kept)

    def __len__(self) -> int:
        return len(self.kept)

    def put(self, texts: Mapping[str, str], *, keep_s: float) -> None:
        assert keep_s == responses.TTL_S
        self.kept |= texts

    def forget(self, keys: Iterable[str] | None = None) -> int:
        return len([self.kept.pop(key) for key in (list(self.kept) if keys is None else keys)])

    def close(self) -> None:
        self.kept |= {"closed": "yes"}


def test_answers_can_be_stored_in_any_mapping() -> None:
    texts = Texts()
    with closing(AnswerCache(texts)) as cache:
        cache.put([(FACTS, LABELS)], "m")
    assert texts.kept.pop("closed")
    cache = AnswerCache(texts)
    assert cache.get(FACTS, "m") == LABELS
    assert (cache.clear("nobody*"), cache.clear("nadia*"), texts.kept) == (0, 1, {})


def test_cache_folder_is_private_and_a_locked_cache_a_miss(filled: Path) -> None:
    assert filled.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in filled.iterdir()} == {0o600}
    filled.chmod(0o755)
    assert look(filled) == (LABELS, [])
    assert filled.stat().st_mode & 0o777 == 0o700
    with closing(sqlite3.connect(filled / "cache.db", isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        found, warnings = look(filled)
        assert time.monotonic() - started < 5
    assert (found, len(warnings)) == (None, 1)


def test_cached_answers_expire_after_a_year(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "TTL_S", 0.01)
    with open_answer_cache(pytest.fail, str(folder)) as cache:
        cache.put([(FACTS, LABELS)], "m")
        assert cache.get(FACTS, "m") == LABELS  # in memory
    time.sleep(0.02)
    assert look(folder) == (None, [])


def test_a_pickle_among_the_values_is_not_read(filled: Path) -> None:
    execute(filled, "UPDATE Cache SET mode = 4, value = ?", pickle.dumps(Exploit()))
    found, warnings = look(filled)
    assert (found, len(warnings)) == (None, 1)
    assert "not text" in warnings[0]
    assert not Path(TOUCHED).exists()
    diskcache.Cache(str(filled)).get(responses.answer_key(FACTS, "m"))
    assert Path(TOUCHED).exists()  # it is a real one: the library itself falls for it


def test_a_pickle_in_a_file_is_not_read(filled: Path) -> None:
    (filled / "value").write_bytes(pickle.dumps(Exploit()))
    execute(filled, "UPDATE Cache SET mode = 4, filename = 'value', value = NULL")
    assert look(filled)[0] is None
    assert not Path(TOUCHED).exists()


def test_a_pickle_among_the_keys_is_not_read(filled: Path) -> None:
    execute(filled, "UPDATE Cache SET raw = 0, key = ?", pickle.dumps(Exploit()))
    assert look(filled) == (None, [])
    warnings: list[str] = []
    with open_answer_cache(warnings.append, str(filled)) as cache:
        assert cache.clear("*") == 0
    assert len(warnings) == 1
    assert not Path(TOUCHED).exists()
    list(diskcache.Cache(str(filled)))
    assert Path(TOUCHED).exists()


def test_files_named_by_cache_rows_are_not_read_or_removed(filled: Path, tmp_path: Path) -> None:
    thesis = tmp_path / "thesis"
    thesis.write_text(json.dumps(LABELS.to_data()))
    execute(filled, "UPDATE Cache SET mode = 3, filename = ?", os.path.relpath(thesis, filled))
    assert look(filled)[0] is None
    with open_answer_cache(pytest.fail, str(filled)) as cache:
        assert cache.clear() == 1
    assert thesis.exists()


@pytest.mark.parametrize("value", ["{", "[]", '{"genre": 3}', b"bytes", None])
def test_a_value_that_is_no_answer_is_a_miss(filled: Path, value: Any) -> None:
    execute(filled, "UPDATE Cache SET value = ?", value)
    found, warnings = look(filled)
    assert (found, len(warnings)) == (None, 1)
    assert "library prune --answers" in warnings[0]


@pytest.mark.parametrize("content", [b"no database" * 1000, b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_cache_is_a_miss_with_one_warning(folder: Path, content: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / "cache.db").write_bytes(content)
    warnings: list[str] = []
    with open_answer_cache(warnings.append, str(folder)) as cache:
        assert cache.get(FACTS, "m") is None
        cache.put([(FACTS, LABELS)], "m")
        assert cache.get(FACTS, "m") == LABELS  # of this run
    assert len(warnings) == 1


def test_another_programs_database_is_a_miss(folder: Path) -> None:
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "cache.db")) as connection, connection:
        connection.execute("CREATE TABLE Cache (notes TEXT)")
    assert look(folder)[0] is None


def test_cache_with_foreign_settings_is_refused(filled: Path) -> None:
    execute(filled, "UPDATE Settings SET value = 'os.system' WHERE key = 'eviction_policy'")
    execute(filled, "INSERT INTO Settings VALUES ('disk_fetch', 'x')")
    found, warnings = look(filled)
    assert (found, len(warnings)) == (None, 1)


def test_folder_of_another_user_is_ignored(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = tmp_path / "link"
    link.symlink_to(filled)
    assert look(link)[0] is None
    uid = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    found, warnings = look(filled)
    assert (found, "belongs to another user" in warnings[0]) == (None, True)


def test_impossible_cache_folder_falls_back_to_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    warnings: list[str] = []
    with open_answer_cache(warnings.append, str(tmp_path / "file" / "responses")) as cache:
        cache.put([(FACTS, LABELS)], "m")
        assert cache.get(FACTS, "m") == LABELS
    assert len(warnings) == 1


def test_clear_removes_answers_by_pattern(filled: Path) -> None:
    others = [TrackFacts(artist="Other", title="Undertow"), TrackFacts(title="Nameless", album="x")]
    with open_answer_cache(pytest.fail, str(filled)) as cache:
        cache.put([(facts, LABELS) for facts in others], "m")
        assert cache.clear("NADIA*") == 1
        assert cache.get(FACTS, "m") is None
        assert cache.get(others[0], "m") == LABELS
        assert cache.clear("* - nameless") == 1
        assert (cache.clear(), cache.clear()) == (1, 0)
