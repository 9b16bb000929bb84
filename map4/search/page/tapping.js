// Tempo from taps, like `map4 tap`; the method is explained in
// `map4/core/music/analysis/tapped_tempo.py`.
import { computed, signal } from "../../page/parts/html.js";
import { rounded } from "./cues.js";
const LEAST_TAPS = 8;
const MOST_TAPS = 128,
  SHORTEST_S = 0.12,
  LONGEST_S = 4,
  MOST_OFF = 0.25,
  SAME_TEMPO = 0.04;

/** @param {number[]} times  seconds on any clock, rising */
export function tappedTempo(times) {
  const taps = lastRun(times);
  if (taps.length < 2) return null;
  const gaps = taps.slice(1).map((tap, i) => tap - taps[i]),
    usual = median(gaps),
    beats = [0],
    chains = [0];
  gaps.forEach((gap, i) => {
    const count = Math.max(1, roundEven(gap / usual)),
      isSlip = Math.abs(gap / count - usual) > MOST_OFF * usual;
    beats.push(beats[i] + count);
    chains.push(chains[i] + (isSlip ? 1 : 0));
  });
  const slope = (/** @type {number} */ i, /** @type {number} */ j) =>
    (taps[j] - taps[i]) / (beats[j] - beats[i]);
  const intervals = [],
    slopes = [],
    least = Math.floor((beats[beats.length - 1] + 1) / 2);
  for (let i = 0; i < taps.length; i++)
    for (let j = i + 1; j < taps.length; j++) {
      if (chains[i] !== chains[j]) continue;
      if (j === i + 1) intervals.push(slope(i, j));
      if (beats[j] - beats[i] >= least) slopes.push(slope(i, j));
    }
  if (!intervals.length) return null;
  const beat = median(slopes.length ? slopes : intervals);
  return {
    bpm: 60 / beat,
    spread: median(intervals.map((one) => Math.abs(60 / one - 60 / beat))),
    taps: intervals.length + 1,
  };
}

// The intended tempo: the known tempo, its half or double if near, otherwise as tapped.
/** @param {number} tapped @param {number | null} known */
export function intendedTempo(tapped, known) {
  if (known)
    for (const factor of [1, 0.5, 2])
      if (Math.abs(tapped / (known * factor) - 1) <= SAME_TEMPO)
        return Math.round(known * factor * 1000) / 1000;
  return Math.round(tapped * 10) / 10;
}

// The beat phase in the track at this tempo: the mean over the taps.
/** @param {number[]} places  times in the track, in seconds @param {number} bpm */
export function phaseOf(places, bpm) {
  const beat = 60 / bpm,
    turns = places.map((s) => (s / beat) * 2 * Math.PI);
  const x = turns.reduce((sum, turn) => sum + Math.cos(turn), 0),
    y = turns.reduce((sum, turn) => sum + Math.sin(turn), 0);
  return ((((Math.atan2(y, x) / (2 * Math.PI)) % 1) + 1) % 1) * beat;
}

/** @param {number[]} times */
function lastRun(times) {
  /** @type {number[]} */
  let taps = [];
  for (const time of times) {
    if (taps.length && time - taps[taps.length - 1] > LONGEST_S) taps = [];
    if (!taps.length || time - taps[taps.length - 1] >= SHORTEST_S) taps.push(time);
  }
  return taps.slice(-MOST_TAPS);
}
/** @param {number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b),
    middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
// Rounds like Python: halves to even.
/** @param {number} n */
const roundEven = (n) => (Math.abs(n % 1) === 0.5 ? 2 * Math.round(n / 2) : Math.round(n));

// Taps during a track that is shown.
/** @param {Page.ShownTrack} view */
export function tapTempo(view) {
  const taps = signal(/** @type {{ at: number, s: number | null }[]} */ ([]));
  // The taps in words, and their tempo once there are enough.
  const tapped = computed(() => {
    const found = tappedTempo(taps.value.map(({ at }) => at)),
      { measured, tag, imported } = view.found.value?.fields.bpm ?? {},
      known = [measured, tag, imported].map(Number).find((bpm) => bpm > 0) ?? null;
    if (!found) return { words: taps.value.length ? "Tap on each beat…" : "", bpm: null };
    return {
      words: `${found.taps} taps: ${found.bpm.toFixed(1)} ± ${found.spread.toFixed(1)} BPM`,
      bpm: found.taps < LEAST_TAPS ? null : intendedTempo(found.bpm, known),
    };
  });
  return { taps, tapped, tap, useTaps };

  function tap() {
    const { player } = view.app,
      isOn = view.isHere && player.isOn;
    taps.value = [...taps.value, { at: performance.now() / 1000, s: isOn ? player.time : null }];
  }
  function useTaps() {
    const { bpm } = tapped.value;
    if (bpm === null) return;
    const run = new Set(lastRun(taps.value.map(({ at }) => at))),
      places = taps.value.flatMap(({ at, s }) => (s !== null && run.has(at) ? [s] : [])),
      now = view.track?.tempo?.bpm,
      isSame = now !== undefined && Math.abs(now - bpm) < 0.005;
    // Taps during playback also give the beat phase, but are not exact enough to move a grid that
    // fits.
    const grid = places.length >= LEAST_TAPS &&
      !(isSame && view.track?.grid_marks.length) && {
        grid: [{ position_s: rounded(phaseOf(places, bpm)), bpm, metre: 4, beat: 1 }],
      };
    view.set({ bpm, ...grid }, `Tempo set to ${Math.round(bpm * 100) / 100} BPM by tapping`);
    taps.value = [];
  }
}
