"""What is heard on the page, in a real browser, of real files: tracks, sets as they are planned, and joints."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from browser import WHY_NOT, Tab, expect
from live_server import serving
from signals import RATE_HZ, beat_times, click, mix, place, sine

from map4.core.audio.mixdown.stretch import TimeStretch
from map4.library import Library
from map4.plugins import inline_lanes

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

NEEDS_STRETCH = pytest.mark.skipif(not TimeStretch.can_keep_pitch(), reason="needs the extra stretch")
LONG_S, SHORT_S = 44.0, 3.0
NAMES = ("a.wav", "b.wav", "c.aiff")
# A player beside that of the page, at whose inside one can look.
MAKE = """async () => {
  const at = document.querySelector("script[type=module]").src.replace("live.js", "");
  const names = ["parts/player", "parts/player_bar", "parts/joint_audio", "parts/channel", "parts/acts"];
  Object.assign(window, ...await Promise.all([...names, "source/server"].map((name) => import(`${at}${name}.js`))));
  const server = new Server(async () => false);
  await server.open();
  window.said = [];
  window.player?.sound?.context.close();
  window.player = new Player({ server, say: (text, undo) => said.push({ text, undo }) });
  const bar = playerBar(player, new Acts());
  document.querySelector(".slot.player").replaceChildren(bar);
  await player.shown();
}"""


def _song(path: Path, bpm: float, seconds: float, hz: float) -> Path:
    """Clicks with a bass beneath; each fourth one is louder."""
    times_s = beat_times(bpm, seconds - 0.3, first_beat_s=0.25)
    drum = sine(60.0, 0.12, level=0.4) * np.linspace(1.0, 0.0, round(0.12 * RATE_HZ), dtype=np.float32)
    parts = [place(click(frequency_hz=hz, level=0.3), times_s, seconds), place(drum, times_s, seconds),
             place(click(frequency_hz=hz, level=0.2), times_s[::4], seconds)]  # fmt: skip
    soundfile.write(path, mix(*parts), RATE_HZ)
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[str]]:
    """A library of two songs that mix and a short one in a form that no browser knows, and their ids."""
    folder = tmp_path_factory.mktemp("heard")
    music = folder / "music"
    music.mkdir()
    _song(music / "a.wav", 120, LONG_S, 1000)
    _song(music / "b.wav", 123, LONG_S, 2000)
    _song(music / "c.aiff", 126, SHORT_S, 1500)
    with Library.open(folder / "library.map4", lanes=inline_lanes) as library:
        library.scan([music], jobs=1)
        ids = [str(library.track(music / name).audio_id) for name in NAMES]  # type: ignore[union-attr]
    return folder / "library.map4", music, ids


@pytest.fixture(scope="module")
def port(made: tuple[Path, Path, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        with serving(made[0], made[1]) as found:
            yield found


@pytest.fixture
def tab(started: Tab, port: int, made: tuple[Path, Path, list[str]]) -> Iterator[Tab]:
    """The page with a player, `player`, and the ids of the songs."""
    page = started.page
    page.goto(f"http://127.0.0.1:{port}/you")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.evaluate("sessionStorage.clear()")
    started.said.clear()
    started.run(MAKE)
    named = [{"id": song_id, "row": None, "title": name} for song_id, name in zip(made[2], NAMES, strict=True)]
    started.run("(songs) => { window.songs = songs; }", named)
    yield started
    started.run("() => { player.empty(); player.sound?.context.close(); sessionStorage.clear(); }")


def _wait(tab: Tab, condition: str) -> None:
    """Until it holds; the policy of the page lets none but the driver ask."""
    for _ in range(300):
        if tab.run(condition):
            return
        tab.page.wait_for_timeout(50)
    pytest.fail(f"{condition} never came; {tab.run('[player.trouble, player.time, player.at]')}")


BEATS = """async ({ plan, a, b, keepsPitch }) => {
  const joint = jointOf(plan, keepsPitch), rate = 44100, ids = { a, b }, parts = partsOf(joint), buffers = [];
  const get = async (id, { from_s, to_s, speed }) => {
    const answer = await fetch(`api/v1/tracks/${id}/audio?as=wav&from_s=${from_s}&to_s=${to_s}&speed=${speed}`);
    return new OfflineAudioContext(1, 1, rate).decodeAudioData(await answer.arrayBuffer());
  };
  for (const part of parts) buffers.push(await get(ids[part.side], part));
  const heard = {}, whole = await get(a, joint.a);
  for (const side of ["a", "b", "whole"]) {
    const context = new OfflineAudioContext(1, Math.ceil(rate * joint.ends), rate);
    const levels = { a: Number(side !== "b"), b: Number(side === "b") };
    const clock = onTheClock(context, context.destination, joint, 0, levels);
    if (side === "whole") clock.add("a", whole);
    else parts.forEach((part, i) => clock.add(part.side, buffers[i], part.skip, part.meets));
    heard[side] = (await context.startRendering()).getChannelData(0);
  }
  // Where each click begins, of those that are expected at even distances from the beginning of the mix.
  const beat = (plan.leave.until_s - plan.leave.at_s) / plan.beats;
  const begins = { a: [], b: [] }, levels = { a: [], b: [] };
  for (const side of ["a", "b"]) for (let k = 0; k < plan.beats; k++) {
    const from = Math.max(0, Math.round((joint.mixAt + (k - 0.2) * beat) * rate));
    const part = heard[side].subarray(from, from + Math.round(0.4 * beat * rate));
    const most = part.reduce((found, x) => Math.max(found, Math.abs(x)), 0);
    begins[side].push((from + part.findIndex((x) => Math.abs(x) > 0.3 * most)) / rate);
    levels[side].push(most);
  }
  const apart = heard.a.reduce((most, x, i) => Math.max(most, Math.abs(x - heard.whole[i])), 0);
  return { begins, levels, mixAt: joint.mixAt, beat, apart, parts: parts.length, rate: joint.rate };
}"""


@pytest.mark.parametrize("keeps_pitch", [False, pytest.param(True, marks=NEEDS_STRETCH)])
def test_beats_of_a_joint_are_aligned(tab: Tab, made: tuple[Path, Path, list[str]], keeps_pitch: bool) -> None:
    a, b, _ = made[2]
    plan = tab.run("async ([a, b]) => (await (await fetch(`api/v1/mix/${a}/${b}`)).json()).plan", [a, b])
    assert plan["speed"] == pytest.approx(120 / 123, abs=1e-3)
    found = tab.run(BEATS, {"plan": plan, "a": a, "b": b, "keepsPitch": keeps_pitch})
    # The server has played it at its speed, or the browser does.
    assert found["rate"] == (1 if keeps_pitch else plan["speed"])
    begins = {side: np.array(times) for side, times in found["begins"].items()}
    inner = slice(1, -1)  # at the ends of the mix one of them is silent
    assert np.abs(begins["a"] - begins["b"])[inner].max() < 0.005
    wanted = found["mixAt"] + np.arange(plan["beats"]) * found["beat"]
    assert begins["a"][inner] == pytest.approx(wanted[inner], abs=0.02)
    assert found["mixAt"] == pytest.approx(8 * 4 * found["beat"], abs=0.05)
    assert (found["parts"], found["apart"] < 1e-3) == (3, True)  # where two parts of A meet nothing is heard of it
    levels = {side: np.array(level) for side, level in found["levels"].items()}
    assert levels["a"][1] > 4 * levels["b"][1]
    assert levels["b"][-2] > 4 * levels["a"][-2]


def test_set_is_mixed_at_the_planned_places_and_speeds(tab: Tab) -> None:
    tab.run("() => { player.playSet({ name: 'Friday', entries: songs.slice(0, 2) }); }")
    _wait(tab, "player.crossfade.next && player.isOn")
    tab.run("() => { window.plan = player.crossfade.next.plan; player.seek(plan.leave.at_s - 0.7); }")
    _wait(tab, "player.at === 1 && player.crossfade.now")
    behind = "({ deck, other }) => plan.enter.at_s + (deck.time - plan.leave.at_s) * plan.speed - other.time"
    _wait(tab, f"player.crossfade.now && player.isOn && Math.abs(({behind})(player.crossfade.now)) < 0.015")
    tab.run("() => { player.crossfade.now.deck.audio.currentTime = plan.leave.until_s; }")
    _wait(tab, "!player.crossfade.now && player.track.id === songs[1].id && player.isOn")
    playing = "player.sound.decks.filter((deck) => deck.isPlaying).length"
    assert tab.run(playing) == 1
    tab.run("() => { player.go(0, plan.leave.at_s - 1); }")
    _wait(tab, "player.at === 1 && player.crossfade.now && player.crossfade.now.other.isPlaying")
    tab.run("() => player.toggle()")  # what came in stays, and waits
    assert (tab.run(playing), tab.run("player.crossfade.now"), tab.run("player.at")) == (0, None, 1)


def test_unsupported_format_is_converted_and_its_play_recorded(tab: Tab) -> None:
    tab.run("() => { player.begin(songs.slice(2), 0, { s: 0.5 }); }")
    _wait(tab, "player.deck?.isConverted && player.isOn")
    _wait(tab, "player.deck.audio.ended")
    _wait(tab, "fetch('api/v1/plays').then((answer) => answer.json()).then(({ plays }) => plays.length === 1)")
    [play] = tab.run("async () => (await (await fetch('api/v1/plays')).json()).plays")
    assert (play["source"], play["title"], play["heard_s"] > SHORT_S / 2) == ("page", None, True)


@pytest.mark.contract
def test_rows_of_a_table_are_played_and_their_names_shown(tab: Tab) -> None:
    tab.run("""async () => {
      window.rows = (await (await fetch("api/v1/columns?q=sort:path&fields=")).json()).rows.slice(0, 2);
      player.play(rows, 1);
    }""")
    _wait(tab, "player.isPlaying(rows[1]) && player.track.id === songs[1].id")
    assert tab.run("player.isPlaying(rows[0])") is False
    tab.run("() => { player.queue([rows[0]]); player.remove(1); }")
    _wait(tab, "player.isPlaying(rows[0]) && player.at === 1")
    tab.run("async () => { await said.at(-1).undo.undo(); player.deck.pause(); }")
    tab.page.get_by_role("button", name="Queue").click()
    expect(tab.page.get_by_role("dialog", name="Queue").locator("li b")).to_have_text(["a.wav", "b.wav", "a.wav"])


def test_missing_file_is_reported_by_the_player(tab: Tab, made: tuple[Path, Path, list[str]]) -> None:
    gone = made[1] / "b.wav"
    gone.rename(gone.with_suffix(".gone"))
    try:
        tab.run("() => { player.begin([songs[1]], 0, { s: 12 }); }")
        message = "The file b.wav is missing; is its drive connected?"
        expect(tab.page.locator(".trouble")).to_have_text(message, timeout=15_000)
    finally:
        gone.with_suffix(".gone").rename(gone)
    tab.page.get_by_role("button", name="Play", exact=True).click()
    _wait(tab, "player.isOn && !player.trouble && player.time > 12")
