// The queue of findings of a check: play and settle them by keys. Settled rows stay in place and
// can be undone.
import { actsIn } from "../../page/parts/acts.js";
import { drawStrips } from "../../page/parts/strips.js";
import { dom, element, targetOf } from "../../page/parts/element.js";
import { scan } from "../../page/parts/folders.js";
import { fileOf, folderOf, messageOf, tracksOf } from "../../page/parts/wording.js";
import { place } from "../../page/source/server.js";
/**
 * @typedef {object} DoubtRow  a row of the queue
 * @property {Page.Finding} finding
 * @property {HTMLElement} element
 * @property {HTMLElement} acts
 * @property {Page.Id | null} row
 * @property {boolean} isSettled
 */

const TEMPO = ["tempo_doubtful", "tempo_close", "tempo_disagrees", "tempo_octave"],
  RETRIED = ["failed", "damaged"];

export class Doubts {
  /** @param {Page.App} app */
  constructor(app) {
    this.app = app;
    /** @type {DoubtRow[]} */
    this.doubts = [];
    this.at = -1;
    this.list = element("ul", { class: "doubts", "aria-label": "Findings" });
    this.element = this.list;
    this.playing = () => this.marks();
    /** @type {(() => void) | null} */
    this.forgets = null;
  }
  // Keys and the playing mark are active only while the queue is shown.
  enter() {
    if (this.forgets) return;
    const act = actsIn("Mend"),
      when = () => this.doubts.length > 0,
      { player } = this.app;
    const taken = this.app.acts.add([
      act("mend-next", "Next track", "j", when, () => this.go(this.at + 1)),
      act("mend-previous", "Previous track", "k", when, () => this.go(this.at - 1)),
      act("mend-down", "Next track", "ArrowDown", when, () => this.go(this.at + 1)),
      act("mend-up", "Previous track", "ArrowUp", when, () => this.go(this.at - 1)),
      act("mend-play", "Play", "Enter", when, () => this.play()),
      ...[1, 2, 3].map((n) =>
        act(`mend-choose-${n}`, `Choose option ${n}`, String(n), when, () => this.choose(n - 1)),
      ),
      act("mend-halve", "Halve the tempo", "[", when, () => this.scale(0.5)),
      act("mend-double", "Double the tempo", "]", when, () => this.scale(2)),
    ]);
    player.addEventListener("change", this.playing);
    this.forgets = () => {
      taken();
      player.removeEventListener("change", this.playing);
    };
  }
  leave() {
    this.forgets?.();
    this.forgets = null;
  }
  /** @param {Page.Finding[]} findings */
  async show(findings) {
    this.doubts = findings.map((finding, at) => this.drawn(finding, at));
    this.at = this.doubts.length ? 0 : -1;
    this.list.replaceChildren(...this.doubts.map((one) => one.element));
    this.marks();
    await this.strips(this.doubts);
  }
  /** @param {Page.Finding} finding @param {number} at @returns {DoubtRow} */
  drawn(finding, at) {
    const { audio_id: id, title, artist, path, detail, about, count = 1 } = finding,
      name = about ?? title ?? fileOf(path),
      below = about ? tracksOf(count) : (artist ?? folderOf(path));
    const acts = element("span", { class: "choices" });
    const row = dom`<li
      tabindex="-1"
      onclick=${(event) => {
        if (!targetOf(event).closest("button, a")) this.go(at);
      }}
    >
      ${
        id
          ? dom`<button
            class="play"
            aria-label=${`Play ${name}`}
            onclick=${() => {
              this.go(at, false);
              this.play();
            }}
          >
            ▶
          </button>`
          : dom`<span />`
      }
      <span class="named">
        ${
          id
            ? dom`<a href=${place(`tracks/${id}`)} dir="auto">${name}</a>`
            : dom`<bdi>${name}</bdi>`
        }
        <small dir="auto">${below}</small>
      </span>
      ${id ? dom`<span class="strip" />` : null}
      <span class="detail" dir="auto">${detail}</span>
      ${acts}
    </li>`;
    /** @type {DoubtRow} */
    const doubt = { finding, element: row, acts, row: null, isSettled: false };
    this.offer(doubt);
    return doubt;
  }
  /** @param {DoubtRow} doubt */
  offer(doubt) {
    const { finding } = doubt,
      { audio_id: id, check } = finding;
    /** @param {string} text @param {string | null} key @param {() => unknown} run */
    const act = (text, key, run, { caption = "", hint = "" } = {}) =>
      dom`<button
        title=${hint || null}
        class=${caption ? "captioned" : null}
        aria-keyshortcuts=${key}
        onclick=${() => {
          this.go(this.doubts.indexOf(doubt), false);
          run();
        }}
      >
        ${caption ? dom`<small>${caption}</small>` : null}
        ${caption ? dom`<bdi>${text}</bdi>` : text}
        ${key ? dom`<kbd aria-hidden="true">${key}</kbd>` : null}
      </button>`;
    const tempi = this.valued(finding).map(({ values }) => Number(values?.bpm)),
      isNew = (/** @type {number} */ factor) =>
        !tempi.some((bpm) => Math.abs(bpm / tempi[0] / factor - 1) < 0.01);
    doubt.isSettled = false;
    doubt.element.classList.remove("settled");
    doubt.acts.replaceChildren(
      ...this.valued(finding).map((one, n) =>
        act(one.text ?? one.label, n < 3 ? String(n + 1) : null, () => this.choose(n), one),
      ),
      ...finding.choices
        .filter(({ values, act: done, caption }) => caption && !values && !done)
        .map(
          ({ label, text, caption }) =>
            dom`<span class="captioned">
              <small>${caption ?? ""}</small>
              <bdi>${text ?? label}</bdi>
            </span>`,
        ),
      ...(id && TEMPO.includes(check) && isNew(0.5)
        ? [act("halve", "[", () => this.scale(0.5))]
        : []),
      ...(id && TEMPO.includes(check) && isNew(2) ? [act("double", "]", () => this.scale(2))] : []),
      ...(RETRIED.includes(check)
        ? [act("Try again", null, () => scan(this.app, [finding.path], { retry_failed: true }))]
        : []),
    );
  }
  /** @param {Page.Finding} finding */
  valued({ audio_id: id, choices }) {
    return choices.filter(({ values, act, audio_ids: ids, query }) =>
      id ? values || act : values && (ids || query),
    );
  }
  /** @param {DoubtRow[]} doubts */
  async strips(doubts) {
    const rows = await drawStrips(
      this.app.source,
      doubts.flatMap(({ finding: { audio_id: id }, element: row }) =>
        id ? [[/** @type {HTMLElement} */ (row.querySelector(".strip")), id]] : [],
      ),
    );
    for (const doubt of doubts) doubt.row = rows.get(doubt.finding.audio_id ?? "") ?? null;
    this.marks();
  }
  marks() {
    this.doubts.forEach((one, at) => {
      one.element.setAttribute("aria-current", String(at === this.at));
      const button = one.element.querySelector("button.play"),
        isOn = one.row !== null && this.app.player.isPlaying(one.row);
      if (button) button.textContent = isOn ? "⏸" : "▶";
    });
  }
  /** @param {number} at @param {boolean} [isMoved] */
  go(at, isMoved = true) {
    const next = this.doubts[at],
      before = this.doubts[this.at];
    if (!next) return;
    const wasHeard =
      before && before !== next && before.row !== null && this.app.player.isPlaying(before.row);
    this.at = at;
    this.marks();
    if (isMoved) {
      next.element.focus({ preventScroll: true });
      next.element.scrollIntoView({ block: "nearest" });
      if (wasHeard) this.play(); // continue playing
    }
  }
  play() {
    this.app.player.toggleRow(this.doubts[this.at]?.row ?? null);
  }
  /** @param {number} n */
  choose(n) {
    const doubt = this.doubts[this.at],
      choice = doubt && this.valued(doubt.finding)[n];
    if (choice) this.settle(doubt, choice.act ?? this.setting(doubt, choice), choice.label);
  }
  /** @param {number} factor */
  scale(factor) {
    const doubt = this.doubts[this.at];
    if (doubt && TEMPO.includes(doubt.finding.check))
      this.settle(
        doubt,
        this.setting(doubt, { values: { factor } }),
        factor < 1 ? "halved" : "doubled",
      );
  }
  /**
   * @param {DoubtRow} doubt
   * @param {Pick<Page.Choice, "values" | "audio_ids" | "query" | "respell">} choice
   */
  setting(
    { finding: { audio_id: id, ids = [] } },
    { values, audio_ids: chosen = ids, query: q, respell },
  ) {
    const { server } = this.app;
    return async () => {
      const { step } = await (q
        ? server.ask("PUT", "tracks", { q, respell, ...values })
        : chosen.length > 1 || (chosen.length && chosen[0] !== id)
          ? server.ask("PUT", "tracks", { tracks: chosen, ...values })
          : server.ask("PUT", `tracks/${id}`, values ?? {}));
      return () => server.ask("POST", `changes/${step}/undo`, {});
    };
  }
  /** @param {DoubtRow} doubt @param {string} label */
  settled(doubt, label) {
    doubt.isSettled = true;
    doubt.element.classList.add("settled");
    doubt.acts.replaceChildren(dom`<span class="done">✓ ${label}</span>`);
  }
  // Settles a choice in every open row, in sequence; undone together.
  /** @param {(choices: Page.Choice[]) => Page.Choice | undefined} pick @param {string} words */
  async settleAll(pick, words) {
    const { app } = this;
    /** @type {{ doubt: DoubtRow, back: () => Promise<unknown> }[]} */
    const taken = [];
    const take = async () => {
      for (const doubt of this.doubts.filter(({ isSettled }) => !isSettled)) {
        const choice = pick(this.valued(doubt.finding));
        if (!choice) continue;
        taken.push({ doubt, back: await (choice.act ?? this.setting(doubt, choice))() });
        this.settled(doubt, choice.label);
      }
    };
    const undo = async () => {
      for (let last = taken.at(-1); last; last = taken.at(-1)) {
        await last.back();
        this.offer(last.doubt);
        taken.pop();
      }
    };
    const problem = await take().then(
      () => null,
      (/** @type {Error} */ error) => error,
    );
    const said =
      `${tracksOf(taken.length)}: ` + `${words}${problem ? `; stopped: ${problem.message}` : ""}`;
    app.say(
      taken.length ? said : (problem?.message ?? "Nothing left to settle."),
      taken.length ? { undo, redo: take } : undefined,
    );
  }
  /**
   * @param {DoubtRow} doubt
   * @param {() => Promise<() => Promise<unknown>>} act
   * @param {string} label
   */
  async settle(doubt, act, label) {
    if (doubt.isSettled) return;
    const { title, path, about, ids = [] } = doubt.finding,
      name = ids.length > 1 ? tracksOf(ids.length) : (about ?? title ?? fileOf(path));
    const settled = () => this.settled(doubt, label);
    settled();
    if (this.doubts[this.at] === doubt) this.go(this.at + 1);
    try {
      let back = await act();
      this.app.say(`${name}: ${label}`, {
        undo: async () => {
          await back();
          this.offer(doubt);
        },
        redo: async () => {
          back = await act();
          settled();
        },
      });
    } catch (error) {
      this.offer(doubt);
      this.app.say(messageOf(error));
    }
  }
}
