// The dragged track over the rows of a set: a gap opens at the target, with the transitions there
// judged before the drop.
import { batch, html, signal } from "../../page/parts/html.js";
import { JointLine, jointWords } from "../../page/parts/joint.js";
import { placesOf } from "../../page/parts/set_list.js";
/**
 * @typedef {{ to: number, key: string | null, rows: Page.Id[], title: string }} Gap
 *   `to`: insert before this index, from 0
 */

/**
 * @param {Page.SetInWork} set
 * @param {{ list: { current: HTMLElement | null }, at: (key: string) => number,
 *   put: (key: string, to: number) => void }} rows  put: moves a row to a place, from 1
 */
export function setDrag(set, { list, at, put }) {
  const gap = signal(/** @type {Gap | null} */ (null)),
    lines = signal(/** @type {Page.Child[]} */ ([])), // the transitions there
    drag = {
      // Laid over the rows, so that none moves.
      Mark: () => html`<li class="gap" aria-hidden="true"><div>${lines.value}</div></li>`,
      gap,
      // The index before which the gap is shown; null beside the place where the track is.
      get shownAt() {
        const from = gap.value?.key ? at(gap.value.key) : -1,
          to = gap.value?.to ?? null;
        return to === null || (from >= 0 && (to === from || to === from + 1)) ? null : to;
      },
      ...{ over, moveGap, drop },
    };
  let isJudging = false;

  // Opens a gap where the dragged track would go.
  /** @param {Page.Dragged} dragged @param {number} y */
  function over({ rows, title, from }, y) {
    if (set.list && !set.isFree) return false;
    const own = /** @type {{ set?: Page.SetInWork, key: string } | undefined} */ (from),
      key = own?.set === set ? own.key : null;
    if (key === null && !rows.length) return false;
    const rowsThere = [...(list.current?.querySelectorAll(".track") ?? [])];
    let to = rowsThere.findIndex((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return y < (top + bottom) / 2;
    });
    if (to < 0) to = y < Infinity ? rowsThere.length : set.places.length; // some rows are hidden
    const now = gap.peek();
    if (now?.to !== to || now.key !== key) moveGap({ to, key, rows, title });
    return true;
  }
  /** @param {Gap | null} now */
  function moveGap(now) {
    const placeholder = html`<span class="joint asked">…</span>`;
    batch(() => ([gap.value, lines.value] = [now, [placeholder, placeholder]]));
    if (drag.shownAt !== null) judge();
  }
  // Judges the transitions at the gap. One request at a time; the newest position follows.
  async function judge() {
    if (isJudging) return;
    isJudging = true;
    try {
      for (let now = gap.peek(), judged = null; now && now !== judged; now = gap.peek()) {
        judged = now;
        const op = set.id ? await opOf(now) : null,
          judgement = op && (await set.judge(op));
        if (!judgement || !op || now !== gap.peek()) continue;
        const places = placesOf(judgement),
          first = (op.op === "move" ? op.to : op.op === "insert" ? (op.at ?? 1) : 1) - 1,
          last = first + (op.op === "insert" ? op.tracks.length : 1) - 1,
          [before, own] = [places[first - 1], places[first]],
          [end, after] = [places[last], places[last + 1]];
        const line = (/** @type {Page.Place=} */ a, /** @type {Page.Place=} */ b) =>
          a && b && html`<${JointLine} words=${jointWords(a.pick, b.pick)} unknown="not rated" />`;
        lines.value = [line(before, own), line(end, after)];
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
    const tracks = await set.app.source.idsOf(rows);
    return tracks.length ? { op: "insert", tracks, at: to + 1 } : null;
  }
  /** @param {Page.Dragged | null} dragged */
  function drop(dragged) {
    const now = gap.peek(),
      from = now?.key ? at(now.key) : -1;
    moveGap(null);
    if (now?.key === null) set.add(dragged?.rows ?? now.rows, now.to + 1, now.title);
    else if (now?.key && from >= 0) put(now.key, placeOf(from, now.to));
  }
  return drag;
}
