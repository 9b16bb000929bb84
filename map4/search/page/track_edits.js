// Edits of a track: the page shows each at once and sends them in order. If one fails, those behind
// it fail too.
import { problemsOf, undoStep } from "../../page/parts/toasts.js";
import { stepsOf, valueText } from "./track_history.js";

/**
 * @typedef {Record<string, any> & { rating?: number, unset?: string[], mark?: string[],
 *   unmark?: string[], cues?: Partial<Served.PlacedCue>[], grid?: object[] }} TrackValues
 * @typedef {ReturnType<typeof trackEdits>} TrackEdits
 */

/** @type {Record<string, string>} */
const STORED = { factor: "bpm", downbeat_s: "grid" };

export class Edits {
  seen = Infinity; // the newest step shown
  own = new Set(/** @type {(number | null)[]} */ ([])); // steps made here
  pending = 0;
  turn = 0;
  /** @type {Promise<unknown>} */
  last = Promise.resolve();
  /** @type {unknown} */
  error = null; // of the last that failed
  /** @param {(isRefused: boolean) => void} settled  called when none is pending any more */
  constructor(settled) {
    this.settled = settled;
    addEventListener("beforeunload", (event) => {
      if (this.pending) event.preventDefault();
    });
  }
  // Undoes a step; called again, it redoes it.
  /** @param {Page.Server} server @param {number | null} step */
  undoing(server, step) {
    return (done = () => {}) =>
      this.do(async () => {
        const result = await undoStep(server, step);
        ({ step } = result);
        this.own.add(step);
        done();
        return result;
      });
  }
  /**
   * @template Answer
   * @param {() => Promise<Answer>} send
   */
  do(send) {
    const { turn } = this;
    this.pending++;
    const answer = this.last.then(() => {
        if (turn !== this.turn) throw this.error;
        return send();
      }),
      done = answer.then(
        () => {
          if (turn === this.turn && !--this.pending) this.settled(false);
        },
        (error) => {
          if (turn !== this.turn) return;
          this.error = error;
          this.turn++;
          this.pending = 0;
          this.settled(true);
        },
      );
    this.last = done;
    return done.then(() => answer);
  }
}

// Edits of the shown track, and what the server sent of it without them.
/**
 * @param {Page.TrackState} state
 * @param {{ put: (now: Page.TrackNow) => void, load: () => void, at: () => number }} shown  at: the
 *   position
 */
export function trackEdits(state, { put, load, at }) {
  const { app, found } = state,
    { say, server } = app,
    edits = new Edits(settled);
  /** @type {Page.TrackNow | null} */
  let stored = null;
  return {
    edits,
    set,
    edit,
    /** @param {Page.TrackNow} now */
    keep(now) {
      stored = now;
    },
  };

  // Sets values of this track in one step, also if another is open when they are sent: shown at
  // once; then a message with undo, or what was there before.
  /** @param {TrackValues} values @param {string} words */
  async function set(values, words) {
    const { id } = state,
      { seen } = edits,
      first = found.value;
    if (!state.mayOwn || !first) return;
    const { track } = first,
      what = `${track.current.name}: ${words}`,
      beside_s = 2 * state.lines.beat(at()),
      shown = () => (state.id === id ? found.value : null);
    const send = async () => {
      const before = shown() ?? first,
        after = edited(before, values, beside_s);
      if (shown()) put(after); // what is being loaded is older
      const step = await edits.do(async () => {
        const answer = await server.ask("PUT", `tracks/${encodeURIComponent(id)}`, values),
          [problem] = problemsOf(answer.changes);
        if (problem) throw new Error(problem);
        if (stored && stored.track.id === track.id) stored = edited(stored, values, beside_s);
        edits.own.add(answer.step);
        return answer.step;
      });
      if (step === null) return;
      const back = edits.undoing(server, step);
      const to = (/** @type {Page.TrackNow} */ now) => () => {
        if (shown()) put(now);
        return back(() => {
          if (stored?.track.id === track.id) stored = now;
        });
      };
      say(shown() ? words : what, { undo: to(before), redo: to(after) });
    };
    const { mark: _mark, unmark: _unmark, unset = [], ...others } = values,
      names = [...Object.keys(others), ...unset],
      [name] = names;
    const theirs = async () => {
      const steps = await stepsOf(server, id),
        news = steps.filter(({ step }) => step > seen && !edits.own.has(step)),
        changes = news.flatMap((step) => step.changes),
        change = changes.find((one) => names.some((own) => (STORED[own] ?? own) === one.name));
      return change ? valueText(change.name, change.became) : null;
    };
    await app.tried(send, what, {
      ...{ rows: [], values: {}, theirs, mine: valueText(name, others[name] ?? null) },
      dropped: () => shown() && load(),
    });
  }
  // Shows values of an extra at once, and stores them.
  /** @type {Page.EditExtras} */
  function edit(extras, what, send) {
    const { track, ...now } = /** @type {Page.TrackNow} */ (found.value);
    put({ ...now, track: { ...track, extras: { ...track.extras, ...extras } } });
    return app.tried(() => edits.do(send), what);
  }
  // No edit is pending any more.
  /** @param {boolean} isRefused */
  function settled(isRefused) {
    const { track } = state;
    if (!track) return; // another one is being loaded
    if (isRefused && stored && stored.track.id === track.id) put(stored);
    load();
  }
}

/**
 * A track and its fields as they will be once these values are stored. What only the server can
 * derive, such as a grid from a tempo, stays.
 * @param {Page.TrackNow} now @param {TrackValues} values
 * @param {number} beside_s  so near a placed cue, none is detected
 * @returns {Page.TrackNow}
 */
export function edited({ track, fields, ...now }, values, beside_s) {
  const { mark = [], unmark = [], unset = [], cues, grid = track.grid_marks, ...others } = values,
    own = new Set([...(track.user?.marks ?? []), ...mark]),
    newFields = { ...fields };
  for (const name of unmark) own.delete(name);
  for (const name of unset) others[name] = null;
  for (const [name, value] of Object.entries(others))
    if (fields[name]) newFields[name] = { ...fields[name], value, user: value, counts: "user" };
  const user = { ...track.user, marks: [...own].sort(), ...(values.grid && { grid }) };
  return {
    ...now,
    track: {
      ...track,
      user: /** @type {Served.UserValues} */ (user),
      grid_marks: /** @type {Served.GridMark[]} */ (grid),
      cues: cues ? among(track.cues, cues, beside_s) : track.cues,
    },
    fields: newFields,
  };
}
/**
 * @param {Served.PlacedCue[]} before @param {Partial<Served.PlacedCue>[]} cues
 * @param {number} beside_s
 */
function among(before, cues, beside_s) {
  const placed = cues.map((cue) => /** @type {Served.PlacedCue} */ ({ ...cue, source: "user" })),
    detected = before.filter(
      (one) =>
        one.source === "detected" &&
        placed.every(({ position_s }) => Math.abs(position_s - one.position_s) > beside_s),
    );
  return [...placed, ...detected].sort((a, b) => a.position_s - b.position_s);
}
