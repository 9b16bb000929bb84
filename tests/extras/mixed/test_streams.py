"""RunningStreams without sockets and processes: the order of a programme, its clock, titles, plays, keys and limits."""

import asyncio
import itertools
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mixable_tracks import PLAN, mixable_track

from map4 import Library
from map4.accounts import Credentials
from map4.base.actor import LOCAL
from map4.base.tool import ToolCall
from map4.errors import NothingFoundError, UsageError
from map4.extras.mixed.keys import credential_of, stations
from map4.extras.mixed.options import MixedOptions
from map4.extras.mixed.part import MixedSets
from map4.extras.mixed.planning import plan_endless
from map4.extras.mixed.streams import running
from map4.extras.mixed.streams.broadcast import BURST_S, HISTORY_S, Broadcast
from map4.extras.mixed.streams.hearing import Hearing
from map4.extras.mixed.streams.icy import EVERY_BYTES, TitledBytes
from map4.extras.mixed.streams.order import endless_picks
from map4.extras.mixed.streams.pieces import OnAir, Piece
from map4.extras.mixed.streams.rendering import LiveEncoder, known_set, pieces_of
from map4.extras.mixed.streams.running import RunningStreams, StreamLimits, TooManyStreamsError
from map4.extras.mixed.tools import TOOLS
from map4.music.analysis.analysis import Loudness
from map4.music.lists.listed import ListedPick
from map4.music.lists.tracklist import PlacedPick


def picks(names: str, bpm: float = 120.0) -> list[PlacedPick]:
    return [(replace(mixable_track(name, bpm), audio_id=f"a-{name}"), ListedPick(plan=PLAN)) for name in names]


def played(reads: Iterator[str], count: int, **how: Any) -> str:
    made = endless_picks(lambda: picks(next(reads)), **how)
    return "".join((track.audio_id or "")[-1] for track, _ in itertools.islice(made, count))


def test_programme_repeats_its_list() -> None:
    cases = [
        (itertools.repeat("abc"), {}, "abcabc"),
        (itertools.repeat("abc"), {"after": "a-b"}, "cabcab"),  # after a restart
        (itertools.repeat("abac"), {}, "abacab"),  # a track twice
        (itertools.chain(["abc", "axbc"], itertools.repeat("axc")), {}, "axcaxc"),  # the list changes
        (itertools.chain(["abc"], itertools.repeat("bc")), {}, "abcbcb"),  # the track that plays is taken out
        (iter(["abc", "bca", "cab", "abc"]), {"is_live": True}, "abca"),  # the least recently played first
        (itertools.repeat("a"), {}, "aaaaaa"),
    ]
    for reads, how, expected in cases:
        assert played(reads, len(expected), **how) == expected


def test_programme_plans_only_one_track_ahead() -> None:
    taken: list[str] = []

    def noted() -> Iterator[PlacedPick]:
        for track, pick in endless_picks(lambda: picks("abc")):
            taken.append(track.audio_id or "")
            assert track.analysis is not None
            loudness = Loudness(integrated_lufs=-10.0, true_peak_dbtp=0.0)
            yield replace(track, analysis=replace(track.analysis, loudness=loudness)), pick

    steps = plan_endless(noted(), level_lufs=-18.0)
    first, joint = next(steps)
    assert taken == ["a-a", "a-b"]
    assert first.gain_db == -8.0
    more = [(first, joint), *itertools.islice(steps, 200)]
    for (before, joined), (after, _) in itertools.pairwise(more):
        assert after.start_s == joined.at_s
        assert before.end_s == pytest.approx(joined.at_s + joined.lasts_s)
    assert more[200][0].start_s > 3 * 3600
    with pytest.raises(NothingFoundError, match="no track of the list can be played"):
        next(endless_picks(list))


def test_pieces_have_equal_length_and_lose_no_samples() -> None:
    samples = np.arange(20, dtype=np.float32).reshape(2, 10)
    pieces = list(pieces_of([samples[:, :3], samples[:, 3:9], samples[:, 9:]], 4))
    assert [piece.shape[1] for piece in pieces] == [4, 4, 2]
    assert np.array_equal(np.concatenate(pieces, axis=1), samples)


@pytest.mark.parametrize(("form", "head"), [("mp3", b""), ("opus", b"OggS")])
def test_live_stream_can_start_at_any_position(form: str, head: bytes) -> None:
    encoder = LiveEncoder(form)
    assert encoder.head[:4] == head
    data = [encoder.add(np.zeros((2, 11_025), dtype=np.float32)) for _ in range(8)]
    assert all(part[:2] == b"\xff\xfb" if form == "mp3" else part[:4] == b"OggS" for part in data[1:] if part)
    assert sum(map(len, data)) > 400


def on_air(number: int, lasts_s: float = 200.0) -> OnAir:
    return OnAir(number, f"track {number}", f"a-{number}", lasts_s)


def piece(number: int, form: str = "mp3") -> Piece:
    return Piece(float(number), number + 1.0, on_air(0), {form: b"%d " % number})


class _Clock:
    """Time that passes only where the programme waits."""

    now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def heard(broadcast: Broadcast, form: str, count: int) -> bytes:
    parts, sound = [], broadcast.listen(form)
    async for _, data in sound:
        parts.append(data)
        if len(parts) == count:
            break
    await sound.aclose()  # type: ignore[attr-defined]
    return b"".join(parts)


def test_listeners_share_a_position_and_join_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = _Clock()
    monkeypatch.setattr("map4.extras.mixed.streams.broadcast.asyncio.sleep", now.sleep)

    async def story() -> None:
        broadcast = Broadcast(now)
        for number in range(30):
            broadcast.put(piece(number))
        assert await heard(broadcast, "mp3", 4) == b"0 1 2 3 "
        assert now.now == 100.0  # at once
        assert await heard(broadcast, "mp3", 12) == b"".join(b"%d " % number for number in range(12))
        assert now.now == 100.0 + 11 - BURST_S
        assert await heard(broadcast, "mp3", 2) == b"7 8 "  # the place that plays now
        broadcast.put_form("opus", b"head ", [(float(number), b"o%d " % number) for number in range(9, 30)])
        assert await heard(broadcast, "opus", 2) == b"head o9 o10 "
        slow = broadcast.listen("mp3")
        await anext(slow)
        now.now += 10 + HISTORY_S
        broadcast.put(piece(30))
        late, _ = await anext(slow)
        assert late.at_s == 27.0
        broadcast.end()
        assert [part.at_s async for part, _ in slow] == [28.0, 29.0, 30.0]

    asyncio.run(story())


def test_programme_continues_where_it_stopped_after_a_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    now = _Clock()
    monkeypatch.setattr("map4.extras.mixed.streams.broadcast.asyncio.sleep", now.sleep)

    async def story() -> None:
        broadcast = Broadcast(now)
        broadcast.put(piece(0))
        sound = broadcast.listen("mp3")
        await anext(sound)
        now.now += 3600
        for number in (1, 2):
            broadcast.put(piece(number))
            assert (await anext(sound))[1] == b"%d " % number
        assert await heard(broadcast, "mp3", 2) == b"1 2 "
        assert (broadcast.now_s, broadcast.lead_s()) == (1.0, 2.0)

    asyncio.run(story())


def test_stream_titles_are_at_the_announced_interval() -> None:
    titled, sound = TitledBytes(), bytes(range(1, 251)) * 200
    sent = titled.put(sound[:10_000], "One") + titled.put(sound[10_000:20_000], "Two's")
    sent += titled.put(sound[20_000:], "x';" + "é" * 4000)
    data, titles = b"", []
    while sent:
        data, sent = data + sent[:EVERY_BYTES], sent[EVERY_BYTES:]
        if sent:
            block, sent = sent[1 : 1 + 16 * sent[0]], sent[1 + 16 * sent[0] :]
            titles.append(re.sub(rb"\0+$", b"", block).decode())
    assert data == sound
    assert titles[:2] == ["StreamTitle='One';", "StreamTitle='Two's';"]
    assert titles[2].startswith("StreamTitle='x’;éé")
    assert titles[2].endswith("é';")
    assert set(titles[3:]) == {""}


def test_play_counts_once_after_half_was_sent_and_played() -> None:
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


def test_a_key_opens_one_list_until_it_is_revoked(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library.map4") as library:
        for name in ("Friday", "Other"):
            library.lists.save(name, library.lists.in_order(None, ()))
        without = library.part(MixedSets).address("Friday", server="http://here/")
        assert (without.token, without.radio) == (None, f"http://here/api/v1/lists/{without.list}/radio.mp3")
        [tool] = TOOLS
        call = ToolCall(given={"name": "friday"}, options={}, workers={}, config={}, progress=print, start=0, limit=20)
        told = tool.answer(library, call)
        assert told.record["radio"] == without.radio.replace("here", "localhost:8000")
        ann = library.accounts.add("Ann")
        with pytest.raises(UsageError, match="--user"):
            library.part(MixedSets).address("Friday")
        anns = library.acting_as(ann.actor())
        made, again = (anns.part(MixedSets).address("Friday") for _ in range(2))
        assert made == again
        assert made.token is not None
        [token] = library.credentials.all()
        assert (token.id, token.name, token.scopes) == (made.token, f"Friday ({made.list})", {"listen"})
        key = made.radio.rpartition("=")[2]
        assert key not in repr(made)
        other = library.lists.id_of("Other")
        known = Credentials(library._store.acting_as(LOCAL))
        assert credential_of(known, key, made.list) == token
        wrong = (key[:-1] + ("A" if key[-1] != "A" else "B"), key.replace("t-", "t-0")[:-1], "", "t-1.x")
        assert [credential_of(known, one, made.list) for one in wrong] == [None] * 4
        assert credential_of(known, key, other) is None
        with pytest.raises(UsageError, match="part of an address"):
            anns.credentials.rotate(token.id)
        device = anns.credentials.add("phone", scopes=("read", "subsonic")).credential
        assert list(stations(anns, device, "http://here")) == []  # no list has a track
        library.lists.make_live("Live", "is:ok")
        [(live, name, address)] = stations(anns, device, "http://here")
        assert name == "Live"
        assert credential_of(known, address.rpartition("=")[2], live) == device
        assert list(stations(anns, None, "http://here")) == []
        assert [one for *_, one in stations(library, None, "")] == [f"/api/v1/lists/{live}/radio.mp3"]
        anns.credentials.remove(token.id)
        assert credential_of(known, key, made.list) is None


class _Stub:
    """A process that only waits, or writes a set of four bytes into a file."""

    is_running = True

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
    monkeypatch.setattr(running, "NEXT_S", 60.0)
    made: list[_Stub] = []

    def child() -> _Stub:
        made.append(_Stub(tmp_path / f"{len(made)}.mp3", stays=len(made) == 3))
        return made[-1]

    async def heard(streams: RunningStreams) -> int:
        with streams.set("l-1", "mp3", LOCAL, MixedOptions()) as heard:
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
        with streams.set("l-2", "mp3", LOCAL, MixedOptions()) as unfinished:
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


def test_radio_limits_encodings_and_listeners_and_stops_without_leftovers(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[_Stub] = []
    monkeypatch.setattr(running, "LEFT_S", 0.0)

    def child() -> _Stub:
        made.append(_Stub(None))
        return made[-1]

    async def story() -> None:
        limits = StreamLimits.of({"mixed.encodings": 2, "mixed.listeners": 3})
        streams = RunningStreams(limits, {"path": "x"}, child)  # type: ignore[arg-type]
        with streams.programme("l-1", "mp3", LOCAL) as first, streams.programme("l-1", "opus", LOCAL) as same:
            assert first is same
            with (
                pytest.raises(TooManyStreamsError, match="2 streams are encoded"),
                streams.programme("l-2", "mp3", LOCAL),
            ):
                pass
            with (
                streams.programme("l-1", "mp3", LOCAL),
                pytest.raises(TooManyStreamsError, match="3 players"),
                streams.programme("l-1", "mp3", LOCAL),
            ):
                pass
            with pytest.raises(Exception, match="process that encodes was ended"):
                await first.begun()
        with streams.programme("l-2", "mp3", LOCAL):
            pass
        await asyncio.sleep(0)
        streams.close()

    asyncio.run(story())
