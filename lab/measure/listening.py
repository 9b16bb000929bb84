"""A blind listening sheet: pairs of joints as one HTML page that works offline, with the answers as JSON.

    python lab/measure/listening.py LIBRARY OUT.html [SEED]

LIBRARY is a library of map4 whose tracks `map4 scan --voice` has listened to. Each of the 20 pairs plays the same two
tracks, joined with (0) and without (1) regard for voices, or for phrases; the page draws sides. Nobody has
listened yet.
"""

from __future__ import annotations

import base64
import io
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, permutations
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import soundfile as sf

from map4 import Library
from map4.core.audio.decoder import load_decoder
from map4.core.music.mixing.mix_plan import MixPlan, NoPlan
from map4.core.music.track.track import Track
from map4.core.store.output import OutputFiles
from map4.transitions import MixPair, MixSide
from map4.transitions.rendering import MixRendering

KINDS, PAIRS, AROUND_S = ("voices", "phrases"), 20, 12.0
FAULTS = {"tempo", "drift", "keys", "metre"}  # they would decide the choice
PAGE = """<!doctype html><meta charset="utf-8"><title>Which joint is better?</title>
<style>body{font:16px/1.5 system-ui;max-width:40rem;margin:auto}audio{width:100%}label{display:block}</style>
<h1>Which joint is better?</h1><p>Each pair joins the same two tracks in two ways. Listen to both, choose, and send the
answers that you save at the end.</p><main></main>
<button disabled>Save the answers</button><script>
const pairs = PAIRS.sort(() => Math.random() - 0.5), answers = {}, save = document.querySelector("button");
pairs.forEach(({ id, sounds }, at) => {
  const set = document.createElement("fieldset"), order = Math.random() < 0.5 ? [0, 1] : [1, 0];
  set.innerHTML = order.map((side, place) => `<label><input type="radio" name="${id}" value="${side}">
    Pair ${at + 1}: ${"AB"[place]} is better</label><audio controls src="${sounds[side]}"></audio>`).join("");
  set.onchange = ({ target }) => {
    answers[id] = { choice: Number(target.value), first: order[0], place: at + 1 };
    save.disabled = Object.keys(answers).length < pairs.length;
  };
  document.querySelector("main").append(set);
});
save.onclick = () => {
  const json = JSON.stringify({ schema: "map4/listening/1", answers }), link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([json])), link.download = "answers.json", link.click();
};
</script>"""


def without(kind: str, track: Track) -> Track:
    """The track as if nothing were known of its voices, or of its phrases."""
    if kind == "voices":
        return replace(track, blocks=None, imported=track.imported and replace(track.imported, vocals=()))
    return replace(track, analysis=track.analysis and replace(track.analysis, structure=None, detected_cues=()))


def planned(a: Track, b: Track) -> tuple[MixPlan | None, MixSide | NoPlan, MixSide | NoPlan]:
    sides = MixSide.of(a), MixSide.of(b)
    plan = None if NoPlan in map(type, sides) else MixPair.of(*sides).plan()
    return plan if isinstance(plan, MixPlan) else None, *sides


def joints(kind: str, tracks: list[Track], chance: random.Random) -> Iterator[tuple[str, list[Any]]]:
    """Two joints of the same tracks that differ and have no other fault."""
    for a, b in chance.sample(pairs := list(permutations(tracks, 2)), len(pairs)):
        both = [planned(a, b), planned(without(kind, a), without(kind, b))]
        good = [plan for plan, _, _ in both if plan and not FAULTS & {against.kind for against in plan.against}]
        if len({(plan.leave.at_s, plan.enter.at_s, plan.beats) for plan in good}) == 2:
            yield kind, both


def sound_of(plan: MixPlan, a: MixSide, b: MixSide, output: OutputFiles, target: str) -> str:
    """The joint with what is around it, as a data address."""
    made = MixRendering(plan, MixPair.of(a, b), open_audio=load_decoder()).write(target, output, with_clicks=False)
    samples, rate_hz = sf.read(made.path, dtype="float32")
    begin, end = made.mix_at_s - AROUND_S, made.mix_at_s + plan.lasts_s + AROUND_S
    sf.write(out := io.BytesIO(), samples[max(0, round(begin * rate_hz)) : round(end * rate_hz)], rate_hz, format="OGG")
    return f"data:audio/ogg;base64,{base64.b64encode(out.getvalue()).decode()}"


def sheet(library: Path, page: Path, seed: int = 1) -> None:
    with Library.open(library) as opened:
        tracks = list(opened.search("has:bpm", beats=True))
    found = chain.from_iterable(zip(*(joints(kind, tracks, random.Random(seed)) for kind in KINDS), strict=False))
    with Library.open(Library.IN_MEMORY) as scratch, tempfile.TemporaryDirectory() as folder:
        output, target = OutputFiles.of(scratch._store), f"{folder}/joint.wav"
        made = [
            {"id": f"{kind}-{number}", "sounds": [sound_of(*plan, output, target) for plan in plans]}
            for number, (kind, plans) in zip(range(PAIRS), found, strict=False)
        ]
    page.write_text(PAGE.replace("PAIRS", json.dumps(made)), encoding="utf-8")
    print(f"{page}: {len(made)} of {PAIRS} pairs" + "; more tracks with voices make more" * (len(made) < PAIRS))


if __name__ == "__main__":
    sheet(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
