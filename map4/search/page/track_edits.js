import { undoStep } from "../../page/parts/toasts.js";

// Edits of a track: the page shows each at once and sends them in order. If one fails, those behind
// it fail too.
/**
 * @typedef {Record<string, any> & { rating?: number, unset?: string[], mark?: string[],
 *   unmark?: string[], cues?: Partial<Served.PlacedCue>[], grid?: object[] }} TrackValues
 * @typedef {Record<string, Served.FieldValue>} Fields
 */

export class Edits {
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

/**
 * A track and its fields as they will be once these values are stored. What only the server can
 * derive, such as a grid from a tempo, stays.
 * @param {{ track: Page.TrackData, fields: Fields }} now @param {TrackValues} values
 * @param {number} beside_s  so near a placed cue, none is detected
 * @returns {{ track: Page.TrackData, fields: Fields }}
 */
export function edited({ track, fields }, values, beside_s) {
  const { mark = [], unmark = [], unset = [], cues, grid = track.grid_marks, ...others } = values,
    own = new Set([...(track.user?.marks ?? []), ...mark]),
    newFields = { ...fields };
  for (const name of unmark) own.delete(name);
  for (const name of unset) others[name] = null;
  for (const [name, value] of Object.entries(others))
    if (fields[name]) newFields[name] = { ...fields[name], value, user: value, counts: "user" };
  const user = { ...track.user, marks: [...own].sort(), ...(values.grid && { grid }) };
  return {
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
