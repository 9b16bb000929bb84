// The dragged or lifted track over the rows of a set: a gap opens at the target, with the
// transitions there judged and played before the drop.
import { read } from "../../page/parts/acts.js";
import { element } from "../../page/parts/element.js";
import { html, render } from "../../page/parts/html.js";
import { JointLine, jointWords } from "../../page/parts/joint.js";
import { PLAYS_DRAGS } from "../../page/parts/settings.js";
import { placesOf } from "../../page/parts/set_list.js";
/**
 * @typedef {{ to: number, key: string | null, rows: Page.Id[], title: string }} Gap
 *   `to`: insert before this index, from 0
 * @typedef {object} RowsOfSet
 * @property {HTMLElement} list
 * @property {() => string} current  the key of the row in the Tab order
 * @property {(key: string) => number} at
 * @property {(key: string) => HTMLElement | null} li
 * @property {() => void} playJoint  plays the transition at the gap
 * @property {(key: string, to: number) => void} put  moves a row to a place, from 1
 */

const RESTS_MS = 300;

/** @param {Page.App} app @param {Page.SetInWork} set @param {RowsOfSet} rows */
export function setDrag(app, set, { list, current, at, li, playJoint, put }) {
  const mark = element("li", { class: "gap", "aria-hidden": "true" }),
    drag = {
      gap: /** @type {Gap | null} */ (null),
      isLifted: false, // by the keyboard
      /** @type {{ before: Page.Place, after: Page.Place } | null} */
      joint: null,
      ...{ lift, cancel, carry, over, moveGap, drop },
    };
  let isJudging = false;

  function lift() {
    const from = at(current()),
      place = set.places[from];
    if (!place || !set.isFree) return;
    drag.isLifted = true;
    moveGap({ to: from, key: place.key, rows: [], title: place.title });
    app.say(
      `${place.title} lifted from place ${from + 1}. ` +
        "Arrows move it, Space drops it, Escape cancels.",
    );
  }
  function cancel() {
    const from = at(current());
    drag.isLifted = false;
    moveGap(null);
    app.say(`${set.places[from].title} stays at place ${from + 1}`);
  }
  /** @param {number} step */
  function carry(step) {
    const { gap } = drag,
      from = gap?.key ? at(gap.key) : -1;
    if (!gap || from < 0) return;
    let to = gap.to + step;
    if (to === from + 1) to += step; // just behind itself is its own place
    if (to >= 0 && to <= set.places.length) moveGap({ ...gap, to });
  }
  // Opens a gap where the dragged track would go.
  /** @param {Page.Dragged} dragged @param {number} y */
  function over({ rows, title, from }, y) {
    if (set.list && !set.isFree) return false;
    const own = /** @type {{ set?: Page.SetInWork, key: string } | undefined} */ (from),
      key = own?.set === set ? own.key : null;
    if (key === null && !rows.length) return false;
    const lines = [...list.querySelectorAll("li.place")];
    let to = lines.findIndex((line) => {
      const { top, bottom } = line.getBoundingClientRect();
      return y < (top + bottom) / 2;
    });
    if (to < 0) to = lines.length;
    if (drag.gap?.to !== to || drag.gap.key !== key) moveGap({ to, key, rows, title });
    return true;
  }
  /** @param {Gap | null} gap */
  function moveGap(gap) {
    const from = gap?.key ? at(gap.key) : -1;
    drag.gap = gap;
    drag.joint = null;
    list.querySelector(".carried")?.classList.remove("carried");
    if (gap?.key) li(gap.key)?.classList.add("carried");
    if (!gap || (from >= 0 && (gap.to === from || gap.to === from + 1))) {
      mark.remove();
      return;
    }
    const placeholder = html`<span class="joint asked">…</span>`;
    showGap(gap, placeholder, placeholder);
    const after = set.places[gap.to];
    list.insertBefore(mark, after ? li(after.key) : null);
    if (drag.isLifted) mark.scrollIntoView({ block: "nearest" });
    judge();
  }
  // Laid over the rows, so that none moves. Keyboard moves have no ghost, so the title is shown.
  /** @param {Gap} gap @param {Page.Child} before @param {Page.Child} after */
  function showGap({ title }, before, after) {
    const name = drag.isLifted && html`<b dir="auto">${title}</b>`;
    render(html`<div>${before}${name}${after}</div>`, mark);
  }
  // Judges the transitions at the gap. One request at a time; the newest position follows.
  async function judge() {
    if (isJudging) return;
    isJudging = true;
    try {
      for (let { gap } = drag, judged = null; gap && gap !== judged; { gap } = drag) {
        judged = gap;
        const op = set.id ? await opOf(gap) : null,
          judgement = op && (await set.judge(op));
        if (!judgement || !op || gap !== drag.gap) continue;
        const places = placesOf(judgement),
          first = (op.op === "move" ? op.to : op.op === "insert" ? (op.at ?? 1) : 1) - 1,
          last = first + (op.op === "insert" ? op.tracks.length : 1) - 1,
          [before, own] = [places[first - 1], places[first]],
          [end, after] = [places[last], places[last + 1]];
        const wordsOf = (/** @type {Page.Place=} */ a, /** @type {Page.Place=} */ b) =>
            jointWords(a?.pick, b?.pick),
          line = (/** @type {Page.Place=} */ a, /** @type {Page.Place=} */ b) =>
            a && b && html`<${JointLine} words=${wordsOf(a, b)} unknown="not rated" />`;
        showGap(gap, line(before, own), line(end, after));
        drag.joint = before ? { before, after: own } : after ? { before: end, after } : null;
        const words = wordsOf(before, own);
        if (read(PLAYS_DRAGS))
          setTimeout(() => {
            if (gap === drag.gap) playJoint();
          }, RESTS_MS);
        if (drag.isLifted)
          app.say(`Place ${first + 1} of ${places.length}${words ? `; ${words.summary}` : ""}`);
      }
    } catch {
      /* it can be dropped without a judgement */
    } finally {
      isJudging = false;
    }
  }
  // The place from 1 at which a row is after it was moved to a gap.
  /** @param {number} from  index @param {number} to */
  const placeOf = (from, to) => (to > from ? to : to + 1);
  /** @param {Gap} gap @returns {Promise<Page.Op | null>} */
  async function opOf({ to, key, rows }) {
    const from = key === null ? -1 : at(key);
    if (from >= 0) return { op: "move", from: from + 1, to: placeOf(from, to) };
    if (key !== null) return null;
    const tracks = await set.idsOf(rows);
    return tracks.length ? { op: "insert", tracks, at: to + 1 } : null;
  }
  /** @param {Page.Dragged | null} dragged */
  function drop(dragged) {
    const { gap } = drag,
      from = gap?.key ? at(gap.key) : -1;
    drag.isLifted = false;
    moveGap(null);
    if (gap?.key === null) set.add(dragged?.rows ?? gap.rows, gap.to + 1, gap.title);
    else if (gap?.key && from >= 0) put(gap.key, placeOf(from, gap.to));
  }
  return drag;
}
