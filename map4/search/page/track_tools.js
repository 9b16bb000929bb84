// Editing of the grid and cue points of a track: buttons, keys and tapping.
import { actsIn } from "../../page/parts/acts.js";
import { Check, buttonOf } from "../../page/parts/components.js";
import { html, signal } from "../../page/parts/html.js";
import { starActs, starsOf } from "../../page/parts/marks.js";
import { openMenu } from "../../page/parts/pop.js";
import { markActs } from "../../page/parts/track_marks.js";
import { letterOf } from "../../page/parts/strips.js";
import { gridEdits } from "./grid_edits.js";
import { tapTempo } from "./tapping.js";

// Elements that use the arrow keys themselves.
const MOVED = "input,[role=slider],[role=option],[role=menuitem]";
const BUTTONS = [0, 1, 2, 3, 4, 5, 6, 7],
  NUDGE_S = 0.005,
  ZOOM = 1.6;

/** @typedef {[string, string, () => unknown, string?][]} Buttons  text, title, act, key */

/** @param {Page.ShownTrack} view */
export function trackTools(view) {
  const { app, wave } = view,
    { player } = app,
    grid = gridEdits(view),
    tapping = tapTempo(view),
    { tapped, useTaps } = tapping,
    loops = [4, 8, 16, 32].map((beats) => ({
      title: `${beats} beats`,
      run: () => view.cueHere(beats),
    })),
    snap = (/** @type {boolean} */ isOn) => (view.snaps.value = isOn),
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
      ["Bar one here", "Bar one here", grid.barOne, "b"],
      ["‹ beat", "Bar one a beat earlier", () => grid.shift(-1)],
      ["beat ›", "Bar one a beat later", () => grid.shift(1)],
      ["‹ 5 ms", "Grid 5 ms earlier", () => grid.nudge(-NUDGE_S)],
      ["5 ms ›", "Grid 5 ms later", () => grid.nudge(NUDGE_S)],
    ]),
    tempi = /** @type {Buttons} */ ([
      ["Half", "Half the tempo", () => grid.times(0.5), "["],
      ["Double", "Double the tempo", () => grid.times(2), "]"],
      ["Tap", "Tap tempo", tapping.tap, "t"],
    ]);
  return { View, acts, leave, ...grid, ...tapping };

  function View() {
    const { words, bpm } = tapped.value;
    return html`<div class="track-tools">
      <${Group} name="Zoom" buttons=${zooms}>
        <${Check} isOn=${isClicking.value} turn=${turn} text="Metronome" />
      <//>
      <div class="edits" hidden=${!view.mayEdit}>
        <${Group} name="Cue points" buttons=${cues}>
          <button
            aria-haspopup="menu"
            title="Loop from here"
            onclick=${({ currentTarget }) => openMenu(currentTarget, loops)}
          >
            Loop…
          </button>
          <${Check} isOn=${view.snaps.value} turn=${snap} text="Snap to beats" />
        <//>
        <${Group} name="Beat grid" buttons=${grids}><span class="small">${grid.words()}</span><//>
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
  /** @returns {Page.Act[]} */
  function acts() {
    const act = actsIn("Track"),
      shown = () => view.isShown && Boolean(view.track),
      may = () => shown() && view.mayEdit,
      mayOwn = () => shown() && view.mayOwn;
    const mayMove = () => shown() && !document.activeElement?.matches(MOVED),
      mayPause = () => shown() && !player.joint && (view.isHere || !player.isOn),
      hasCue = () => may() && view.chosen.value >= 0,
      hasTaps = () => may() && tapped.value.bpm !== null;
    const keys = (/** @type {Buttons} */ buttons, /** @type {() => boolean} */ when) =>
      buttons.flatMap(([, title, run, key]) =>
        key ? act(`track-key-${key}`, title, key, when, run) : [],
      );
    return [
      act("track-beat", "Next beat", "ArrowRight", mayMove, () => wave.step(1)),
      act("track-beat-back", "Previous beat", "ArrowLeft", mayMove, () => wave.step(-1)),
      act("track-next-bar", "Next bar", "Shift+ArrowRight", mayMove, () => wave.step(1, true)),
      act("track-bar-back", "Previous bar", "Shift+ArrowLeft", mayMove, () => wave.step(-1, true)),
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
  /** @param {boolean} isOn */
  function turn(isOn) {
    isClicking.value = isOn;
    view.click.turn(isOn);
  }
  function leave() {
    turn(false);
    tapping.taps.value = [];
  }
  function oneBar() {
    const begin = view.lines.step(wave.at + 0.05, -1, true),
      end = view.lines.step(begin, 1, true);
    wave.view(begin - (end - begin) * 0.05, end + (end - begin) * 0.05);
  }
}

/** @param {{ name: string, buttons: Buttons, children?: Page.Child }} about */
const Group = ({ name, buttons, children }) =>
  html`<div class="hands-on" role="group" aria-label=${name}>
    ${buttons.map(([text, title, run, key]) =>
      buttonOf(text, title, () => run(), {
        ...{ key: title, title: key ? `${title} (${key})` : title, "aria-keyshortcuts": key },
      }),
    )}
    ${children}
  </div>`;
