// The dragged or lifted track over the rows of a set: a gap opens at the target, with the
// transitions there judged and played before the drop.
import { read } from "../../page/parts/acts.js";
import { element } from "../../page/parts/element.js";
import { html, render } from "../../page/parts/html.js";
import { JointLine, jointWords } from "../../page/parts/joint.js";
import { HEARS_DRAGS } from "../../page/parts/settings.js";
import { placesOf } from "../../page/parts/set_list.js";
/**
 * @typedef {{ to: number, key: string | null, rows: Page.Id[], title: string }} Gap
 *   `to`: insert before this index, from 0
 */

const RESTS_MS = 300;

export class SetHand {
  /** @param {Page.SetRows} of */
  constructor(of) {
    this.of = of;
    /** @type {Gap | null} */
    this.gap = null;
    this.isLifted = this.isJudging = false; // lifted by the keyboard
    /** @type {{ before: Page.Place, after: Page.Place } | null} */
    this.heard = null;
    this.mark = element("li", { class: "gap", "aria-hidden": "true" });
  }
  lift() {
    const at = this.of.at(this.of.current),
      place = this.of.places[at];
    if (!place || !this.of.set.isFree) return;
    this.isLifted = true;
    this.isAt({ to: at, key: place.key, rows: [], title: place.title });
    this.of.app.say(
      `${place.title} lifted from place ${at + 1}. Arrows move it, Space drops it, Escape cancels.`,
    );
  }
  /** @param {number} step */
  carry(step) {
    const { gap } = this,
      from = gap?.key ? this.of.at(gap.key) : -1;
    if (!gap || from < 0) return;
    let to = gap.to + step;
    if (to === from + 1) to += step; // just behind itself is its own place
    if (to >= 0 && to <= this.of.places.length) this.isAt({ ...gap, to });
  }
  // Opens a gap where the dragged track would go.
  /** @param {Page.Dragged} dragged @param {number} y */
  over({ rows, title, from }, y) {
    if (this.of.set.list && !this.of.set.isFree) return false;
    const own = /** @type {{ set?: Page.SetInWork, key: string } | undefined} */ (from),
      key = own?.set === this.of.set ? own.key : null;
    if (key === null && !rows.length) return false;
    const lines = [...this.of.list.querySelectorAll("li.place")];
    let to = lines.findIndex((li) => {
      const { top, bottom } = li.getBoundingClientRect();
      return y < (top + bottom) / 2;
    });
    if (to < 0) to = lines.length;
    if (this.gap?.to !== to || this.gap.key !== key) this.isAt({ to, key, rows, title });
    return true;
  }
  /** @param {Gap | null} gap */
  isAt(gap) {
    const from = gap?.key ? this.of.at(gap.key) : -1;
    this.gap = gap;
    this.heard = null;
    this.of.list.querySelector(".carried")?.classList.remove("carried");
    if (gap?.key) this.of.li(gap.key)?.classList.add("carried");
    if (!gap || (from >= 0 && (gap.to === from || gap.to === from + 1))) {
      this.mark.remove();
      return;
    }
    const asked = () => html`<span class="joint asked">…</span>`;
    this.tells(gap, asked(), asked());
    const after = this.of.places[gap.to];
    this.of.list.insertBefore(this.mark, after ? this.of.li(after.key) : null);
    if (this.isLifted) this.mark.scrollIntoView({ block: "nearest" });
    this.judge();
  }
  // Laid over the rows, so that none moves. Keyboard moves have no ghost, so the title is shown.
  /** @param {Gap} gap @param {Page.Child} before @param {Page.Child} after */
  tells({ title }, before, after) {
    const name = this.isLifted && html`<b dir="auto">${title}</b>`;
    render(html`<div>${before}${name}${after}</div>`, this.mark);
  }
  // Judges the transitions at the gap. One request at a time; the newest position follows.
  async judge() {
    if (this.isJudging) return;
    this.isJudging = true;
    try {
      for (let gap = this.gap, judged = null; gap && gap !== judged; gap = this.gap) {
        judged = gap;
        const op = this.of.set.id ? await this.opOf(gap) : null,
          list = op && (await this.of.set.judge(op));
        if (!list || !op || gap !== this.gap) continue;
        const places = placesOf(list),
          first = (op.op === "move" ? op.to : op.op === "insert" ? (op.at ?? 1) : 1) - 1,
          last = first + (op.op === "insert" ? op.tracks.length : 1) - 1;
        const [before, own, end, after] = [
          places[first - 1],
          places[first],
          places[last],
          places[last + 1],
        ];
        const line = (/** @type {Page.Place=} */ a, /** @type {Page.Place=} */ b) =>
          a && b && html`<${JointLine} words=${wordsOf(a, b)} unknown="not rated" />`;
        this.tells(gap, line(before, own), line(end, after));
        this.heard = before ? { before, after: own } : after ? { before: end, after } : null;
        const words = before && own && wordsOf(before, own);
        if (read(HEARS_DRAGS))
          setTimeout(() => {
            if (gap === this.gap) this.of.hear();
          }, RESTS_MS);
        if (this.isLifted)
          this.of.app.say(
            `Place ${first + 1} of ${places.length}${words ? `; ${words.told}` : ""}`,
          );
      }
    } catch {
      /* it can be dropped without a judgement */
    } finally {
      this.isJudging = false;
    }
  }
  /** @param {Gap} gap @returns {Promise<Page.Op | null>} */
  async opOf({ to, key, rows }) {
    const from = key === null ? -1 : this.of.at(key);
    if (key !== null)
      return from < 0 ? null : { op: "move", from: from + 1, to: (to > from ? to - 1 : to) + 1 };
    const tracks = await this.of.set.idsOf(rows);
    return tracks.length ? { op: "insert", tracks, at: to + 1 } : null;
  }
  /** @param {Page.Dragged | null} dragged */
  drop(dragged) {
    const { gap } = this;
    this.isLifted = false;
    this.isAt(null);
    if (!gap) return;
    if (gap.key === null) {
      this.of.set.add(dragged?.rows ?? gap.rows, gap.to + 1, gap.title);
      return;
    }
    const from = this.of.at(gap.key);
    if (from >= 0) this.of.put(gap.key, (gap.to > from ? gap.to - 1 : gap.to) + 1);
  }
}

/** @param {Page.Place} before @param {Page.Place} after */
const wordsOf = ({ pick: before }, { pick: after }) => before && after && jointWords(before, after);
