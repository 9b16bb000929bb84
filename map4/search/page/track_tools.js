// Editing of the grid and cue points of a track: buttons, keys and tapping.
import { actsIn } from "../../page/parts/acts.js";
import { dom, element } from "../../page/parts/element.js";
import { starActs, starsOf } from "../../page/parts/marks.js";
import { markActs } from "../../page/parts/track_marks.js";
import { letterOf } from "../../page/parts/wave.js";
import { LEAST_TAPS, lastRun, meantTempo, phaseOf, tappedTempo } from "./tapping.js";

// Elements that use the play key themselves.
const PRESSED = "button,a[href],summary,[role=slider],[role=option],[role=menuitem]";
const MOVED = "input,[role=slider],[role=option],[role=menuitem]";
const LOOPS = [4, 8, 16, 32],
  BUTTONS = [0, 1, 2, 3, 4, 5, 6, 7],
  EDITS = "cCb[]t",
  NUDGE_S = 0.005,
  ZOOM = 1.6;

export class TrackTools {
  /** @param {Page.ShownTrack} view */
  constructor(view) {
    this.view = view;
    /** @type {{ at: number, s: number | null }[]} */
    this.taps = [];
    this.timer = 0;
    /** @type {[string, string, () => void][]} */
    this.keys = []; // of the buttons: title, key, act
    /** @param {string} text @param {string} name @param {() => void} run */
    const button = (text, name, run, key = "") => {
      if (key) this.keys.push([name, key, run]);
      return dom`<button
        aria-label=${name}
        title=${key ? `${name} (${key})` : name}
        aria-keyshortcuts=${key || null}
        onclick=${run}
      >
        ${text}
      </button>`;
    };
    this.snaps = element("input", { type: "checkbox", checked: true });
    const onchange = () => view.click.turn(this.clicks.checked);
    this.clicks = element("input", { type: "checkbox", onchange });
    this.loops = /** @type {HTMLSelectElement} */ (
      dom`<select
        aria-label="Loop from here"
        onchange=${() => {
          const beats = Number(this.loops.value);
          this.loops.value = "";
          if (beats) view.cueHere(beats);
        }}
      >
        <option value=${""}>Loop…</option>
        ${LOOPS.map((beats) => dom`<option value=${beats}>${beats} beats</option>`)}
      </select>`
    );
    this.tapped = element("output", { class: "tapped" });
    this.use = dom`<button class="main" hidden onclick=${() => this.useTaps()}>Set</button>`;
    this.sure = element("span", { class: "small" });
    this.edits = dom`<div class="edits">
      <div class="hands-on" role="group" aria-label="Cue points">
        ${button("Cue here", "Hot cue here", () => view.cueHere(), "c")}
        ${button("Memory", "Memory cue here", () => view.cueHere(0, null), "C")}
        ${this.loops}
        <label class="check">${this.snaps}Snap to beats</label>
      </div>
      <div class="hands-on" role="group" aria-label="Beat grid">
        ${button("Bar one here", "Bar one here", () => this.barOne(), "b")}
        ${button("‹ beat", "Bar one a beat earlier", () => this.shift(-1))}
        ${button("beat ›", "Bar one a beat later", () => this.shift(1))}
        ${button("‹ 5 ms", "Grid 5 ms earlier", () => this.nudge(-NUDGE_S))}
        ${button("5 ms ›", "Grid 5 ms later", () => this.nudge(NUDGE_S))}
        ${this.sure}
      </div>
      <div class="hands-on" role="group" aria-label="Tempo">
        ${button("Half", "Half the tempo", () => this.times(0.5), "[")}
        ${button("Double", "Double the tempo", () => this.times(2), "]")}
        ${button("Tap", "Tap tempo", () => this.tap(), "t")}
        ${this.tapped}
        ${this.use}
      </div>
    </div>`;
    const zoom = (/** @type {number} */ factor) => view.wave.zoom(factor);
    this.element = dom`<div class="track-tools">
      <div class="hands-on" role="group" aria-label="Zoom">
        ${button("−", "Zoom out", () => zoom(1 / ZOOM), "-")}
        ${button("+", "Zoom in", () => zoom(ZOOM), "+")}
        ${button("Whole", "Whole track", () => view.wave.view(0, view.duration), "w")}
        ${button("Bar", "One bar", () => this.oneBar(), "o")}
        <label class="check">${this.clicks}Metronome</label>
      </div>
      ${this.edits}
    </div>`;
  }
  /** @returns {Page.Act[]} */
  acts() {
    const { view } = this,
      act = actsIn("Track"),
      may = () => view.isShown && view.mayEdit && Boolean(view.track),
      shown = () => view.isShown && Boolean(view.track),
      mayOwn = () => shown() && view.mayOwn;
    const { player } = view.app,
      isFree = (/** @type {string} */ own) => () =>
        shown() && !document.activeElement?.matches(own),
      mayMove = isFree(MOVED),
      mayPress = isFree(PRESSED),
      mayPause = () => mayPress() && !player.joint && (view.isHere || !player.isOn),
      hasCue = () => may() && view.wave.chosen >= 0,
      hasTaps = () => may() && !this.use.hidden,
      step =
        (/** @type {1 | -1} */ by, isBar = false) =>
        () =>
          view.wave.step(by, isBar);
    return [
      act("track-beat", "Next beat", "ArrowRight", mayMove, step(1)),
      act("track-beat-back", "Previous beat", "ArrowLeft", mayMove, step(-1)),
      act("track-next-bar", "Next bar", "Shift+ArrowRight", mayMove, step(1, true)),
      act("track-bar-back", "Previous bar", "Shift+ArrowLeft", mayMove, step(-1, true)),
      ...this.keys.map(([title, key, run]) =>
        act(`track-key-${key}`, title, key, EDITS.includes(key) ? may : shown, run),
      ),
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
      act("track-tapped", "Set the tapped tempo", "T", hasTaps, () => this.useTaps()),
      act("track-click", "Metronome", "k", shown, () => this.clicks.click()),
      act("track-to-set", "Add to the set", "e", shown, () => view.intoSet()),
      act("track-play", "Play from here", "Enter", mayPress, () => view.playFrom(view.wave.at)),
      ...starActs("track-", mayOwn, (rating) =>
        view.set(
          rating ? { rating } : { unset: ["rating"] },
          rating ? `Rated ${starsOf(rating)}` : "Rating removed",
        ),
      ),
      ...markActs(view.app, "track-", mayOwn, (name) => {
        const has = view.track?.user?.marks?.includes(name);
        view.set(
          has ? { unmark: [name] } : { mark: [name] },
          has ? `Mark ${name} removed` : `Marked ${name}`,
        );
      }),
    ];
  }
  /** @param {Page.TrackData} track @param {boolean} mayEdit */
  show(track, mayEdit) {
    this.edits.hidden = !mayEdit;
    const sure = track.downbeat_confidence,
      // used while the track has its tempo
      isOwn = JSON.stringify(track.user?.grid) === JSON.stringify(track.grid_marks);
    this.sure.textContent = isOwn
      ? "your grid"
      : !this.view.lines?.has
        ? "no beats known"
        : !track.grid_marks.length
          ? "detected beats"
          : sure !== null && sure < 0.5
            ? `bar one uncertain: ${Math.round(100 * sure)} % sure`
            : "";
  }
  leave() {
    this.clicks.checked = false;
    this.view.click.turn(false);
    this.forget();
  }
  oneBar() {
    const { view } = this,
      at = view.wave.at,
      begin = view.lines?.step(at + 0.05, -1, true) ?? at,
      end = view.lines?.step(begin, 1, true) ?? begin + 2;
    view.wave.view(begin - (end - begin) * 0.05, end + (end - begin) * 0.05);
  }
  barOne() {
    const { view } = this;
    if (!view.track?.grid_marks.length) {
      this.fromBeats();
      return;
    }
    view.set(
      { downbeat_s: Math.max(0, view.wave.at) },
      `Bar one at ${view.words(view.wave.at).split(",")[0]}`,
    );
  }
  // For a track without a grid: a grid of its tempo from here on.
  fromBeats() {
    const { view } = this,
      bpm = view.track?.tempo?.bpm;
    if (!bpm) {
      view.app.say("No tempo yet. Tap it or type it.");
      return;
    }
    view.set(
      { grid: [{ position_s: view.wave.at, bpm, metre: 4, beat: 1 }] },
      `Grid of ${bpm} BPM from here`,
    );
  }
  // Moves bar one by beats; the beat lines stay.
  /** @param {number} by */
  shift(by) {
    const { view } = this,
      { lines } = view,
      one = lines?.times[lines.bars.findIndex((bar) => bar > 0)];
    if (!lines?.has || !view.track?.grid_marks.length) {
      this.barOne();
      return;
    }
    const from = one ?? lines.times[0],
      to = lines.step(from, by),
      beat = lines.beat(from);
    view.set(
      { downbeat_s: to < from === by < 0 && to !== from ? to : from + by * beat + 4 * beat },
      by < 0 ? "Bar one a beat earlier" : "Bar one a beat later",
    );
  }
  /** @param {number} by */
  nudge(by) {
    const marks = this.view.track?.grid_marks ?? [];
    if (!marks.length) {
      this.barOne();
      return;
    }
    this.view.set(
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
  times(factor) {
    const marks = this.view.track?.grid_marks ?? [],
      bpm = this.view.track?.tempo?.bpm;
    const grid = marks.length
      ? { grid: marks.map((mark) => stored({ ...mark, bpm: mark.bpm * factor })) }
      : {};
    const now = bpm ? `: ${Math.round(bpm * factor * 100) / 100} BPM` : "";
    this.view.set({ factor, ...grid }, (factor < 1 ? "Half the tempo" : "Double the tempo") + now);
  }

  // ---- tap tempo

  tap() {
    const { view } = this,
      { player } = view.app,
      isHeard = view.isHere && player.isOn;
    this.taps.push({ at: performance.now() / 1000, s: isHeard ? player.time : null });
    this.told();
  }
  get known() {
    const told = this.view.fields.bpm;
    return [told?.measured, told?.tag, told?.imported].map(Number).find((bpm) => bpm > 0) ?? null;
  }
  told() {
    const found = tappedTempo(this.taps.map(({ at }) => at)),
      isEnough = found !== null && found.taps >= LEAST_TAPS;
    this.use.hidden = !isEnough;
    if (!found) {
      this.tapped.textContent = "Tap on each beat…";
      return;
    }
    const bpm = meantTempo(found.bpm, this.known);
    this.tapped.textContent =
      `${found.taps} taps: ${found.bpm.toFixed(1)} ± ` + `${found.spread.toFixed(1)} BPM`;
    this.use.textContent = `Set ${Math.round(bpm * 100) / 100}`;
    this.use.title = "Set the tapped tempo (T)";
  }
  useTaps() {
    const { view } = this,
      found = tappedTempo(this.taps.map(({ at }) => at));
    if (!found || found.taps < LEAST_TAPS) return;
    const bpm = meantTempo(found.bpm, this.known),
      run = new Set(lastRun(this.taps.map(({ at }) => at)));
    const places = this.taps.flatMap(({ at, s }) => (s !== null && run.has(at) ? [s] : [])),
      now = view.track?.tempo?.bpm;
    const isSame = now !== undefined && Math.abs(now - bpm) < 0.005;
    // Taps during playback also give the beat phase, but are not exact enough to move a grid that
    // fits.
    const grid =
      places.length >= LEAST_TAPS && !(isSame && view.track?.grid_marks.length)
        ? {
            grid: [
              { position_s: Math.round(phaseOf(places, bpm) * 1e6) / 1e6, bpm, metre: 4, beat: 1 },
            ],
          }
        : {};
    view.set({ bpm, ...grid }, `Tempo set to ${Math.round(bpm * 100) / 100} BPM by tapping`);
    this.forget();
  }
  forget() {
    this.taps = [];
    this.tapped.textContent = "";
    this.use.hidden = true;
  }
}

// A mark as stored, without unknown values.
/** @param {Served.GridMark} mark */
const stored = (mark) =>
  Object.fromEntries(
    Object.entries(mark).filter(([, value]) => value !== null && value !== undefined),
  );
