// Placing, choosing and moving of the cue points of the shown track.
import { computed, signal } from "../../page/parts/html.js";
import { refusedIn } from "../../page/parts/toasts.js";
import { countOf } from "../../page/parts/wording.js";
import { usualColour } from "../../page/parts/strips.js";
import { BUTTONS, nameOf, rounded } from "./cues.js";

const NEAR_S = 0.02,
  SAME_S = 1e-3,
  PLACED = { cue: 1, fade_in: 1, fade_out: 1, load: 1 };

/**
 * @param {Page.TrackState} state @param {Page.Wave} wave @param {Page.TrackPlayer} playing
 * @param {Page.TrackEdits} editing
 */
export function trackCues(state, wave, playing, { set, edits }) {
  const { say, server, tried } = state.app,
    dragged = signal(/** @type {{ at: number, position_s: number } | null} */ (null)),
    chosen = signal(-1), // a cue
    snaps = signal(true), // to beats
    snapped = (/** @type {number} */ s) => (snaps.value ? state.lines.nearest(s) : s);
  const cues = computed(() => {
    const moved = dragged.value,
      all = state.found.value?.track.cues ?? [];
    return all.map((cue, at) => (at === moved?.at ? { ...cue, ...moved } : cue));
  });
  return {
    ...{ cues, chosen, snaps, setCues, copyCues, free, hotCue, nextCue, cueHere },
    ...{ choose, chooseAt, move, removeCue },
  };

  /** @param {Served.PlacedCue[]} all @param {string} words */
  function setCues(all, words) {
    const placed = all.map(({ position_s, kind, number, name, length_s, color }) => ({
      position_s,
      kind: length_s ? "loop" : kind in PLACED ? kind : "cue",
      number,
      name,
      length_s,
      color,
    }));
    return set({ cues: placed }, words);
  }
  // Sets the cue points for the other copies of the recording.
  function copyCues() {
    const route = `tracks/${encodeURIComponent(state.id)}`;
    return tried(async () => {
      /** @type {Served.Set} */
      const { changes, step } = await edits.do(() =>
          server.ask("PUT", route, { cues_to_copies: true }),
        ),
        { length } = changes.filter(({ changed }) => changed),
        back = edits.undoing(server, step),
        refused = refusedIn(changes),
        words = changes.length
          ? `Cue points set for ${countOf(length, "other copy", "other copies")}${refused}`
          : "No other copies found";
      say(
        length || refused || !changes.length ? words : "The other copies have these cue points",
        length ? { undo: back, redo: back } : undefined,
      );
    }, "cue points of the other copies");
  }
  // The first free button.
  function free() {
    const used = new Set(state.placed.map(({ number }) => number));
    for (let number = 0; number < BUTTONS; number++) if (!used.has(number)) return number;
    return null;
  }
  // Plays from the hot cue of a button, or sets it here.
  /** @param {number} number */
  function hotCue(number) {
    const cue = state.placed.find((one) => one.number === number);
    if (cue) playing.playCue(cue);
    else if (state.mayEdit) cueHere(0, number);
  }
  // Seeks to the next or previous cue and chooses it.
  /** @param {1 | -1} by */
  function nextCue(by) {
    const places = cues.value.map(({ position_s }) => position_s),
      s =
        by > 0
          ? places.find((one) => one > wave.at + NEAR_S)
          : places.filter((one) => one < wave.at - NEAR_S).at(-1);
    if (s === undefined) return;
    playing.go(s);
    chooseAt(s);
  }
  // Adds a cue, or a loop of a number of beats, at the position. Without a number: a memory cue.
  /** @param {number} [beats] @param {number | null} [number] */
  function cueHere(beats, number = free()) {
    const at = Math.max(0, rounded(snapped(wave.at))),
      length = beats ? rounded(state.lines.beat(at) * beats) : null;
    const isSame = (/** @type {Served.PlacedCue} */ one) =>
      Math.abs(one.position_s - at) < NEAR_S &&
      Boolean(one.length_s) === Boolean(length) &&
      (one.number === null) === (number === null);
    if (state.placed.some(isSame))
      return say(`There already is a ${beats ? "loop" : "cue"} at ${state.words(at)}.`);
    const cue = /** @type {Served.PlacedCue} */ ({
      position_s: at,
      kind: length ? "loop" : "cue",
      number,
      name: null,
      length_s: length,
      color: usualColour(number),
      source: "user",
    });
    setCues([...state.placed, cue], `${beats ? "Loop" : "Cue"} placed at ${state.words(at)}`);
    chooseAt(at, number);
  }
  /** @param {number} at */
  function choose(at) {
    chosen.value = at;
    wave.draw();
  }
  /** @param {number} s @param {number | null} [number]  of its button; any if not given */
  function chooseAt(s, number) {
    choose(
      cues.value.findIndex(
        (one) =>
          Math.abs(one.position_s - s) < SAME_S && (number === undefined || one.number === number),
      ),
    );
  }
  // Drags a cue along the waveform and sets it on release.
  /** @param {number} at @param {number} to @param {boolean} isDone */
  function move(at, to, isDone) {
    const cue = state.track?.cues[at];
    if (cue && state.mayEdit && cue.source !== "detected") {
      const s = Math.max(0, Math.min(state.duration, snapped(to))),
        position_s = to === cue.position_s ? to : rounded(s); // Escape: as it was
      dragged.value = isDone ? null : { at, position_s };
      playing.place.value = position_s;
      if (isDone && position_s !== cue.position_s) {
        setCues(
          state.placed.map((one) => (one === cue ? { ...cue, position_s } : one)),
          `${nameOf(cue)} moved to ${state.words(position_s)}`,
        );
        chooseAt(position_s, cue.number);
      }
    }
    wave.draw();
  }
  // Deletes the chosen cue.
  function removeCue() {
    const at = chosen.value,
      cue = state.track?.cues[at];
    if (!cue || cue.source === "detected") return;
    setCues(
      state.placed.filter((one) => one !== cue),
      `${nameOf(cue)} deleted`,
    );
    choose(at); // the next
  }
}
