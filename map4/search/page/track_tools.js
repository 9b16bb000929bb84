// Editing of the grid and cue points of a track: buttons, keys and tapping.
import { actsIn } from "../../page/parts/acts.js";
import { computed, html, signal } from "../../page/parts/html.js";
import { starActs, starsOf } from "../../page/parts/marks.js";
import { markActs } from "../../page/parts/track_marks.js";
import { letterOf } from "../../page/parts/strips.js";
import { LEAST_TAPS, lastRun, intendedTempo, phaseOf, tappedTempo } from "./tapping.js";

// Elements that use the arrow keys themselves.
const MOVED = "input,[role=slider],[role=option],[role=menuitem]";
const LOOPS = [4, 8, 16, 32],
  BUTTONS = [0, 1, 2, 3, 4, 5, 6, 7],
  NUDGE_S = 0.005,
  ZOOM = 1.6;

/** @typedef {[string, string, () => unknown, string?][]} Buttons  text, title, act, key */

/** @param {Page.ShownTrack} view */
export function trackTools(view) {
  const { app, wave } = view,
    { player, say } = app,
    taps = signal(/** @type {{ at: number, s: number | null }[]} */ ([])),
    isClicking = signal(false);
  const zooms = /** @type {Buttons} */ ([
      ["−", "Zoom out", () => wave.zoom(1 / ZOOM), "-"],
      ["+", "Zoom in", () => wave.zoom(ZOOM), "+"],
      ["Whole", "Whole track", () => wave.view(0, view.duration), "w"],
      ["Bar", "One bar", oneBar, "o"],
    ]),
    cues = /** @type {Buttons} */ ([
      ["Cue here", "Hot cue here", () => view.cueHere(), "c"],
      ["Memory", "Memory cue here", () => view.cueHere(0, null), "C"],
    ]),
    grids = /** @type {Buttons} */ ([
      ["Bar one here", "Bar one here", barOne, "b"],
      ["‹ beat", "Bar one a beat earlier", () => shift(-1)],
      ["beat ›", "Bar one a beat later", () => shift(1)],
      ["‹ 5 ms", "Grid 5 ms earlier", () => nudge(-NUDGE_S)],
      ["5 ms ›", "Grid 5 ms later", () => nudge(NUDGE_S)],
    ]),
    tempi = /** @type {Buttons} */ ([
      ["Half", "Half the tempo", () => times(0.5), "["],
      ["Double", "Double the tempo", () => times(2), "]"],
      ["Tap", "Tap tempo", tap, "t"],
    ]);
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
  return { View, acts, leave, taps, tapped, useTaps, times, nudge, shift, barOne };

  function View() {
    const { words, bpm } = tapped.value;
    return html`<div class="track-tools">
      <${Group} name="Zoom" buttons=${zooms}>
        <label class="check">
          <input
            type="checkbox"
            checked=${isClicking.value}
            onchange=${() => turn(!isClicking.value)}
          />Metronome
        </label>
      <//>
      <div class="edits" hidden=${!view.mayEdit}>
        <${Group} name="Cue points" buttons=${cues}>
          <select aria-label="Loop from here" value="" onchange=${placeLoop}>
            <option value="">Loop…</option>
            ${LOOPS.map(
              (beats) => html`<option key=${beats} value=${beats}>${beats} beats</option>`,
            )}
          </select>
          <label class="check">
            <input
              type="checkbox"
              checked=${view.snaps.value}
              onchange=${({ currentTarget }) => {
                view.snaps.value = currentTarget.checked;
              }}
            />Snap to beats
          </label>
        <//>
        <${Group} name="Beat grid" buttons=${grids}><span class="small">${gridWords()}</span><//>
        <${Group} name="Tempo" buttons=${tempi}>
          <output class="tapped">${words}</output>
          ${
            bpm !== null &&
            html`<button class="main" title="Set the tapped tempo (T)" onclick=${useTaps}>
              Set ${Math.round(bpm * 100) / 100}
            </button>`
          }
        <//>
      </div>
    </div>`;
  }
  /** @param {{ currentTarget: HTMLSelectElement }} event */
  function placeLoop({ currentTarget }) {
    const beats = Number(currentTarget.value);
    currentTarget.value = "";
    if (beats) view.cueHere(beats);
  }
  /** @returns {Page.Act[]} */
  function acts() {
    const act = actsIn("Track"),
      shown = () => view.isShown && Boolean(view.track),
      may = () => shown() && view.mayEdit,
      mayOwn = () => shown() && view.mayOwn;
    const mayMove = () => shown() && !document.activeElement?.matches(MOVED),
      mayPause = () => shown() && !player.joint && (view.isHere || !player.isOn),
      hasCue = () => may() && view.chosen.value >= 0,
      hasTaps = () => may() && tapped.value.bpm !== null,
      step =
        (/** @type {1 | -1} */ by, isBar = false) =>
        () =>
          wave.step(by, isBar);
    const keys = (/** @type {Buttons} */ buttons, /** @type {() => boolean} */ when) =>
      buttons.flatMap(([, title, run, key]) =>
        key ? act(`track-key-${key}`, title, key, when, run) : [],
      );
    return [
      act("track-beat", "Next beat", "ArrowRight", mayMove, step(1)),
      act("track-beat-back", "Previous beat", "ArrowLeft", mayMove, step(-1)),
      act("track-next-bar", "Next bar", "Shift+ArrowRight", mayMove, step(1, true)),
      act("track-bar-back", "Previous bar", "Shift+ArrowLeft", mayMove, step(-1, true)),
      ...keys([...cues, ...grids, ...tempi], may),
      ...keys(zooms, shown),
      // Pauses whatever is playing.
      act("track-pause", "Play, pause", " ", mayPause, () => view.toggle()),
      act("track-next-cue", "Next cue", ".", shown, () => view.nextCue(1)),
      act("track-cue-back", "Previous cue", ",", shown, () => view.nextCue(-1)),
      ...BUTTONS.map((number) =>
        actsIn("Hot cues")(
          `track-hot-${number}`,
          `${letterOf(number)}: play from it, or set it here`,
          `h ${number + 1}`,
          shown,
          () => view.hotCue(number),
        ),
      ),
      act("track-loop", "Play the loop, leave it", "l", shown, () => view.loop()),
      act("track-uncue", "Delete the chosen cue", "Delete", hasCue, () => view.removeCue()),
      act("track-tapped", "Set the tapped tempo", "T", hasTaps, useTaps),
      act("track-click", "Metronome", "k", shown, () => turn(!isClicking.value)),
      act("track-to-set", "Add to the set", "e", mayOwn, () => view.intoSet()),
      act("track-play", "Play from here", "Enter", shown, () => view.playFrom(wave.at)),
      ...starActs("track-", mayOwn, (rating) =>
        view.set(
          rating ? { rating } : { unset: ["rating"] },
          rating ? `Rated ${starsOf(rating)}` : "Rating removed",
        ),
      ),
      ...markActs(app, "track-", mayOwn, (name) => {
        const has = view.track?.user?.marks?.includes(name);
        view.set(
          has ? { unmark: [name] } : { mark: [name] },
          has ? `Mark ${name} removed` : `Marked ${name}`,
        );
      }),
    ];
  }
  // The source of the grid, and the confidence of bar one.
  function gridWords() {
    const { track, lines } = view,
      sure = track?.downbeat_confidence ?? null;
    if (!track) return "";
    // used while the track has its tempo
    if (JSON.stringify(track.user?.grid) === JSON.stringify(track.grid_marks)) return "your grid";
    if (!lines.has) return "no beats known";
    if (!track.grid_marks.length) return "detected beats";
    return sure !== null && sure < 0.5 ? `bar one uncertain: ${Math.round(100 * sure)} % sure` : "";
  }
  /** @param {boolean} isOn */
  function turn(isOn) {
    isClicking.value = isOn;
    view.click.turn(isOn);
  }
  function leave() {
    turn(false);
    taps.value = [];
  }
  function oneBar() {
    const begin = view.lines.step(wave.at + 0.05, -1, true),
      end = view.lines.step(begin, 1, true);
    wave.view(begin - (end - begin) * 0.05, end + (end - begin) * 0.05);
  }
  function barOne() {
    const bpm = view.track?.tempo?.bpm,
      at = wave.at;
    if (view.track?.grid_marks.length)
      view.set({ downbeat_s: Math.max(0, at) }, `Bar one at ${view.words(at).split(",")[0]}`);
    // For a track without a grid: a grid of its tempo from here on.
    else if (bpm)
      view.set(
        { grid: [{ position_s: at, bpm, metre: 4, beat: 1 }] },
        `Grid of ${bpm} BPM from here`,
      );
    else say("No tempo yet. Tap it or type it.");
  }
  // Moves bar one by beats; the beat lines stay.
  /** @param {number} by */
  function shift(by) {
    const { lines } = view;
    if (!lines.has || !view.track?.grid_marks.length) {
      barOne();
      return;
    }
    const from = lines.times[lines.bars.findIndex((bar) => bar > 0)] ?? lines.times[0],
      to = lines.step(from, by),
      beat = lines.beat(from);
    view.set(
      { downbeat_s: to < from === by < 0 && to !== from ? to : from + by * beat + 4 * beat },
      by < 0 ? "Bar one a beat earlier" : "Bar one a beat later",
    );
  }
  /** @param {number} by */
  function nudge(by) {
    const marks = view.track?.grid_marks ?? [];
    if (!marks.length) {
      barOne();
      return;
    }
    view.set(
      {
        grid: marks.map((mark) =>
          stored({ ...mark, position_s: Math.round((mark.position_s + by) * 1e6) / 1e6 }),
        ),
      },
      `Grid ${Math.abs(by) * 1000} ms ${by < 0 ? "earlier" : "later"}`,
    );
  }
  // The grid changes with the tempo: a grid of another tempo would be ignored.
  /** @param {number} factor */
  function times(factor) {
    const marks = view.track?.grid_marks ?? [],
      bpm = view.track?.tempo?.bpm,
      grid = marks.length && {
        grid: marks.map((mark) => stored({ ...mark, bpm: mark.bpm * factor })),
      },
      now = bpm ? `: ${Math.round(bpm * factor * 100) / 100} BPM` : "";
    view.set({ factor, ...grid }, (factor < 1 ? "Half the tempo" : "Double the tempo") + now);
  }

  // ---- tap tempo

  function tap() {
    const isOn = view.isHere && player.isOn;
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
        grid: [
          { position_s: Math.round(phaseOf(places, bpm) * 1e6) / 1e6, bpm, metre: 4, beat: 1 },
        ],
      };
    view.set({ bpm, ...grid }, `Tempo set to ${Math.round(bpm * 100) / 100} BPM by tapping`);
    taps.value = [];
  }
}

/** @param {{ name: string, buttons: Buttons, children?: Page.Child }} about */
const Group = ({ name, buttons, children }) =>
  html`<div class="hands-on" role="group" aria-label=${name}>
    ${buttons.map(
      ([text, title, run, key]) =>
        html`<button
          key=${title}
          aria-label=${title}
          title=${key ? `${title} (${key})` : title}
          aria-keyshortcuts=${key}
          onclick=${() => run()}
        >
          ${text}
        </button>`,
    )}
    ${children}
  </div>`;

// A mark as stored, without unknown values.
/** @param {Served.GridMark} mark */
const stored = (mark) =>
  Object.fromEntries(Object.entries(mark).filter(([, value]) => value != null));
