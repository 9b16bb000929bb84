"""RunningStreams without sockets and processes: plays, limits and files."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import numpy as np
import pytest
from servers import client_of

from map4.core.base.actor import Actor
from map4.extras.list_mixes import routes
from map4.extras.list_mixes.options import ListMixOptions
from map4.extras.list_mixes.streams import running
from map4.extras.list_mixes.streams.pieces import Hearing, OnAir
from map4.extras.list_mixes.streams.rendering import known_set, pieces_of
from map4.extras.list_mixes.streams.running import RunningStreams, StreamLimits, TooManyStreamsError
from map4.library import Library


def test_pieces_lose_no_samples_and_play_counts_after_half() -> None:
    samples = np.arange(20, dtype=np.float32).reshape(2, 10)
    pieces = list(pieces_of([samples[:, :3], samples[:, 3:9], samples[:, 9:]], 4))
    assert [piece.shape[1] for piece in pieces] == [4, 4, 2]
    assert np.array_equal(np.concatenate(pieces, axis=1), samples)
    hearing = Hearing(1000.0)
    hearing.sent(on_air(1), 50.0, 150.0)  # joined in the middle
    hearing.sent(on_air(2), 150.0, 250.0)
    hearing.sent(on_air(2), 250.0, 350.0)
    hearing.sent(on_air(3, 600.0), 350.0, 900.0)  # all at once, as a player that fills its cache
    counted = {at_s: [track.number for track in hearing.counted(1000.0 + at_s)] for at_s in (10, 99, 101, 199, 201)}
    assert counted == {10: [], 99: [], 101: [1], 199: [], 201: [2]}
    assert [track.number for track in hearing.counted(1000.0 + 539)] == []
    assert [track.number for track in hearing.counted(1000.0 + 541)] == [3]  # four minutes
    hearing.sent(on_air(3, 600.0), 900.0, 950.0)
    assert list(hearing.counted(3000.0)) == []


def on_air(number: int, lasts_s: float = 200.0) -> OnAir:
    return OnAir(number, f"a-{number}", lasts_s)


class _Stub:
    """A process that only waits, or writes a set of four bytes into a file."""

    def __init__(self, whole: Path | None = None, *, stays: bool = False) -> None:
        self.whole, self.stays, self.ended = whole, stays, threading.Event()
        self.said = iter(self._messages())

    def send(self, message: object) -> None:
        if self.whole is None:
            raise EOFError

    def receive(self) -> tuple[str, Any]:
        return next(self.said)

    def kill(self) -> None:
        self.ended.set()

    end = kill

    def _messages(self) -> Iterator[tuple[str, Any]]:
        partial = self.whole.with_suffix(".partial-1")
        partial.write_bytes(b"1234")
        yield "begun", str(partial)
        yield "encoded", (4, 1.0, (0.0, on_air(0)))
        if self.stays:
            self.ended.wait(10)
            raise EOFError
        partial.rename(self.whole)
        yield "done", (str(self.whole), [(0.0, on_air(0))], [(0, 0.0), (4, 1.0)])


def test_stopped_set_leaves_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(running, "LEFT_S", 0.0)
    made: list[_Stub] = []

    def child() -> _Stub:
        made.append(_Stub(tmp_path / f"{len(made)}.mp3", stays=len(made) == 3))
        return made[-1]

    async def heard(streams: RunningStreams) -> int:
        with streams.set("l-1", "mp3", Actor.LOCAL, ListMixOptions()) as heard:
            await heard.begun()
            await heard.until(5)
            os.close(await heard.open())
            return len(made)

    async def story() -> None:
        streams = RunningStreams(StreamLimits(), {"path": "x"}, child)  # type: ignore[arg-type]
        assert await heard(streams) == await heard(streams) == 1
        (tmp_path / "0.mp3").unlink()  # as the cache does for another
        monkeypatch.setattr(running, "PLANNED_S", 0.0)
        assert await heard(streams) == 2
        await asyncio.sleep(0.01)
        assert not streams._sets
        assert await heard(streams) == 3
        with streams.set("l-2", "mp3", Actor.LOCAL, ListMixOptions()) as unfinished:
            await unfinished.begun()
            streams.close()
            assert made[3].ended.is_set()
        assert sorted(os.listdir(tmp_path)) == ["1.mp3", "2.mp3"]

    asyncio.run(story())


def test_half_written_mark_file_of_a_set_is_written_again(tmp_path: Path) -> None:
    set_file = tmp_path / "abc.mp3"
    set_file.touch()
    for marks, is_known in (('{"tracks": [], "places": [[0, 0.0]]}', True), ('{"tracks": [', False)):
        (tmp_path / "abc.mp3.json").write_text(marks)
        assert (known_set(str(set_file)) is not None) is is_known


def test_streams_limit_encodings_and_listeners_and_stop_without_leftovers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "LEFT_S", 0.0)

    async def story() -> None:
        limits = StreamLimits(encodings=2, listeners=3)
        streams = RunningStreams(limits, {"path": "x"}, lambda: _Stub(None))  # type: ignore[arg-type,return-value]
        wanted = ListMixOptions()
        with (
            streams.set("l-1", "mp3", Actor.LOCAL, wanted) as first,
            streams.set("l-1", "opus", Actor.LOCAL, wanted) as other,
        ):
            assert first is not other
            with (
                pytest.raises(TooManyStreamsError, match="2 streams are encoded"),
                streams.set("l-2", "mp3", Actor.LOCAL, wanted),
            ):
                pass
            with (
                streams.set("l-1", "mp3", Actor.LOCAL, wanted) as same,
                pytest.raises(TooManyStreamsError, match="3 players"),
                streams.set("l-1", "mp3", Actor.LOCAL, wanted),
            ):
                assert same is first
            with pytest.raises(Exception, match="process that encodes was ended"):
                await first.begun()
        with streams.set("l-2", "mp3", Actor.LOCAL, wanted):
            pass
        await asyncio.sleep(0)
        streams.close()

    asyncio.run(story())


class _Growing:
    """A set of which 5,000 bytes are encoded."""

    is_whole, size = False, 5_000

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(bytes(range(250)) * 20)

    @contextmanager
    def set(self, *given: object) -> Iterator[Self]:
        yield self

    async def begun(self) -> None: ...

    async def until(self, size: int) -> None: ...

    async def open(self) -> int:
        return os.open(self.path, os.O_RDONLY)

    def at_s(self, place: int) -> float:
        return 0.0

    def on_air(self, at_s: float) -> None: ...


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("bytes=0-1", (206, 2, "bytes 0-1/*")),  # as Safari asks before it plays
        ("bytes=0-0", (206, 1, "bytes 0-0/*")),
        ("bytes=10-19", (206, 10, "bytes 10-19/*")),
        ("bytes=4990-9999", (206, 10, "bytes 4990-4999/*")),
        ("bytes=0-", (200, 5_000, None)),
        ("bytes=-5", (200, 5_000, None)),
        ("bytes=0-1,5-6", (200, 5_000, None)),
    ],
)
def test_ranges_of_an_unfinished_set_are_partial_answers(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, sent: tuple[int, int, str | None]
) -> None:
    async def streams(app: object) -> _Growing:
        return _Growing(tmp_path / "set.mp3")

    monkeypatch.setattr(routes, "_streams", streams)
    monkeypatch.setattr(routes, "_Plays", lambda request: SimpleNamespace(sent=lambda *given: None))
    with Library.open(made) as library:
        library.lists.save("Set", library.lists.in_order(None, []))
        list_id = library.lists.id_of("Set")
    with client_of(made) as client:
        answer = client.get(f"/api/v1/lists/{list_id}/mix.mp3", headers={"Range": asked})
        assert (answer.status_code, len(answer.content), answer.headers.get("content-range")) == sent
        head = client.head(f"/api/v1/lists/{list_id}/mix.mp3", headers={"Range": asked})
        assert (head.status_code, head.headers.get("content-range"), head.content) == (sent[0], sent[2], b"")
