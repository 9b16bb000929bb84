// The queue of findings of a check: play and settle them by keys. Settled rows stay in place and
// can be undone.
import { actsIn } from "../../page/parts/acts.js";
import { BarPanel } from "./bars.js";
import { Strip } from "../../page/parts/components.js";
import { targetOf } from "../../page/parts/element.js";
import { batch, drawn, html, signal } from "../../page/parts/html.js";
import { stripsOf } from "../../page/parts/strips.js";
import { scan } from "../../page/parts/folders.js";
import { fileOf, folderOf, messageOf, tracksOf } from "../../page/parts/wording.js";
import { place } from "../../page/source/server.js";
/**
 * @typedef {{ finding: Page.Finding, settled: string }} DoubtRow  settled: how; "" while open
 */

const TEMPO = ["tempo_doubtful", "tempo_close", "tempo_disagrees", "tempo_octave"],
  RETRIED = ["failed", "damaged"];

export class Doubts {
  /** @param {Page.App} app */
  constructor(app) {
    this.app = app;
    this.bars = new BarPanel(
      app,
      ({ audio_id: id }) => this.strips.value.get(id ?? "")?.row ?? null,
    );
    this.rows = signal(/** @type {DoubtRow[]} */ ([]));
    this.at = signal(-1);
    this.strips = signal(/** @type {Awaited<ReturnType<typeof stripsOf>>} */ (new Map()));
    this.turn = signal(0); // counts changes of the player
    this.playing = () => {
      this.turn.value++;
      this.bars.follow();
    };
    /** @type {(() => void) | null} */
    this.forgets = null;
    this.element = drawn("ul", { class: "doubts", "aria-label": "Findings" }, () =>
      this.rows.value.map((row, at) => this.row(row, at)),
    );
  }
  // Keys and the playing mark are active only while the queue is shown.
  enter() {
    if (this.forgets) return;
    const act = actsIn("Clean up"),
      when = () => this.rows.value.length > 0,
      isBars = () => this.bars.finding !== null,
      step = (/** @type {number} */ by) => () => this.go(this.at.value + by),
      { player } = this.app;
    const taken = this.app.acts.add([
      act("mend-next", "Next track", "j", when, step(1)),
      act("mend-previous", "Previous track", "k", when, step(-1)),
      act("mend-down", "Next track", "ArrowDown", when, step(1)),
      act("mend-up", "Previous track", "ArrowUp", when, step(-1)),
      act("mend-play", "Play", "Enter", when, () => this.play()),
      act("mend-earlier", "Beats half a beat earlier", ",", isBars, () => this.bars.shift(-1)),
      act("mend-later", "Beats half a beat later", ".", isBars, () => this.bars.shift(1)),
      act("mend-metre", "Count in 3 or 4", "t", isBars, () => this.bars.turnMetre()),
      ...[1, 2, 3, 4].map((n) =>
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
    this.bars.show(undefined);
  }
  /** @param {Page.Finding[]} findings */
  async show(findings) {
    const ids = findings.flatMap(({ audio_id: id }) => id ?? []);
    batch(() => {
      this.rows.value = findings.map((finding) => ({ finding, settled: "" }));
      this.at.value = findings.length ? 0 : -1;
      this.strips.value = new Map();
    });
    this.bars.show(findings[0]);
    const found = await stripsOf(this.app.source, ids);
    this.strips.value = new Map([...this.strips.value, ...found]); // of whichever findings
  }
  /** @param {DoubtRow | undefined} row */
  trackOf(row) {
    return this.strips.value.get(row?.finding.audio_id ?? "")?.row ?? null;
  }
  /** @param {DoubtRow | undefined} row */
  isHeard(row) {
    const track = this.trackOf(row),
      { player } = this.app;
    return track !== null && track === player.row && (player.isOn || player.isLoading);
  }
  /** @param {DoubtRow} row @param {number} at */
  row(row, at) {
    void this.turn.value; // draws again when it changes
    const { audio_id: id, title, artist, path, detail, about, count = 1 } = row.finding,
      name = about ?? title ?? fileOf(path),
      strip = this.strips.value.get(id ?? "")?.strip ?? null,
      play = () => {
        this.go(at, false);
        this.play();
      };
    return html`<li
      key=${at}
      tabindex="-1"
      class=${row.settled ? "settled" : ""}
      aria-current=${String(at === this.at.value)}
      onclick=${(event) => {
        if (!targetOf(event).closest("button, a")) this.go(at);
      }}
    >
      ${
        id
          ? html`<button class="play" aria-label=${`Play ${name}`} onclick=${play}>
              ${this.isHeard(row) ? "⏸" : "▶"}
            </button>`
          : html`<span />`
      }
      <span class="named">
        ${
          id
            ? html`<a href=${place(`tracks/${id}`)} dir="auto">${name}</a>`
            : html`<bdi>${name}</bdi>`
        }
        <small dir="auto">${about ? tracksOf(count) : (artist ?? folderOf(path))}</small>
      </span>
      ${id && html`<${Strip} key=${id} strip=${strip} width=${150} height=${32} />`}
      <span class="detail" dir="auto">${detail}</span>
      <span class="choices">
        ${row.settled ? html`<span class="done">✓ ${row.settled}</span>` : this.choices(row, at)}
      </span>
    </li>`;
  }
  /** @param {DoubtRow} row @param {number} at */
  choices({ finding }, at) {
    const { audio_id: id, check } = finding,
      valued = this.choicesOf(finding),
      tempi = valued.map(({ values }) => Number(values?.bpm)),
      mayScale = (/** @type {number} */ factor) =>
        id &&
        TEMPO.includes(check) &&
        !tempi.some((bpm) => Math.abs(bpm / tempi[0] / factor - 1) < 0.01);
    /** @param {string} text @param {string | null} key @param {() => unknown} run */
    const act = (text, key, run, { caption = "", hint = "" } = {}) =>
      html`<button
        title=${hint || null}
        class=${caption ? "captioned" : null}
        aria-keyshortcuts=${key}
        onclick=${() => {
          this.go(at, false);
          run();
        }}
      >
        ${caption ? html`<small>${caption}</small><bdi>${text}</bdi>` : text}
        ${key && html`<kbd aria-hidden="true">${key}</kbd>`}
      </button>`;
    return html`
      ${valued.map((one, n) =>
        act(one.text ?? one.label, n < 4 ? String(n + 1) : null, () => this.choose(n), one),
      )}
      ${finding.choices
        .filter(({ values, act: done, caption }) => caption && !values && !done)
        .map(
          ({ label, text, caption }) =>
            html`<span class="captioned">
              <small>${caption}</small><bdi>${text ?? label}</bdi>
            </span>`,
        )}
      ${mayScale(0.5) && act("halve", "[", () => this.scale(0.5))}
      ${mayScale(2) && act("double", "]", () => this.scale(2))}
      ${
        finding === this.bars.finding && [
          act("‹ ½", ",", () => this.bars.shift(-1), { hint: "Beats half a beat earlier" }),
          act("½ ›", ".", () => this.bars.shift(1), { hint: "Beats half a beat later" }),
          act(`in ${valued.length === 4 ? 3 : 4}`, "t", () => this.bars.turnMetre(), {
            hint: "Count in 3 or 4",
          }),
        ]
      }
      ${
        RETRIED.includes(check) &&
        act("Try again", null, () => scan(this.app, [finding.path], { retry_failed: true }))
      }
    `;
  }
  /** @param {number} at @param {boolean} [isMoved] */
  go(at, isMoved = true) {
    const { [at]: next, [this.at.value]: before } = this.rows.value,
      wasHeard = before !== next && this.isHeard(before),
      element = /** @type {HTMLElement} */ (this.element.children[at]);
    if (!next) return;
    this.at.value = at;
    this.bars.show(next.finding);
    if (!isMoved) return;
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
    if (wasHeard) this.play(); // continue playing
  }
  play() {
    if (this.bars.finding && !this.isHeard(this.now)) this.bars.play();
    else this.app.player.toggleRow(this.trackOf(this.now));
  }
  get now() {
    return this.rows.value[this.at.value];
  }
  /** @param {number} n */
  choose(n) {
    const row = this.now,
      choice = row && this.choicesOf(row.finding)[n];
    if (choice) this.settle(row, choice.act ?? this.setting(row, choice), choice.label);
  }
  // The choices that can be taken now.
  /** @param {Page.Finding} finding */
  choicesOf(finding) {
    return finding.check.startsWith("bars_") ? this.bars.choicesOf(finding) : valuedOf(finding);
  }
  /** @param {number} factor */
  scale(factor) {
    const row = this.now,
      words = factor < 1 ? "halved" : "doubled";
    if (row && TEMPO.includes(row.finding.check))
      this.settle(row, this.setting(row, { values: { factor } }), words);
  }
  /**
   * @param {DoubtRow} row
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
  /** @param {DoubtRow} row @param {string} label  "" offers its choices again */
  mark(row, label) {
    row.settled = label;
    this.rows.value = [...this.rows.value];
  }
  // Settles a choice in every open row, in sequence; undone together.
  /** @param {(choices: Page.Choice[]) => Page.Choice | undefined} pick @param {string} words */
  async settleAll(pick, words) {
    const { app } = this;
    /** @type {{ row: DoubtRow, back: () => Promise<unknown> }[]} */
    const taken = [];
    const take = async () => {
      for (const row of this.rows.value.filter(({ settled }) => !settled)) {
        const choice = pick(valuedOf(row.finding));
        if (!choice) continue;
        taken.push({ row, back: await (choice.act ?? this.setting(row, choice))() });
        this.mark(row, choice.label);
      }
    };
    const undo = async () => {
      for (let last = taken.at(-1); last; last = taken.at(-1)) {
        await last.back();
        this.mark(last.row, "");
        taken.pop();
      }
    };
    const problem = await take().then(() => "", messageOf),
      said = `${tracksOf(taken.length)}: ${words}${problem && `; stopped: ${problem}`}`;
    if (taken.length) app.say(said, { undo, redo: take });
    else app.say(problem || "Nothing left to settle.");
  }
  /**
   * @param {DoubtRow} row
   * @param {() => Promise<() => Promise<unknown>>} act
   * @param {string} label
   */
  async settle(row, act, label) {
    if (row.settled) return;
    const { title, path, about, ids = [] } = row.finding,
      name = ids.length > 1 ? tracksOf(ids.length) : (about ?? title ?? fileOf(path)),
      what = `${name}: ${label}`;
    /** @type {() => Promise<unknown>} */
    let back;
    const take = async () => {
      this.mark(row, label);
      try {
        back = await act();
      } catch (error) {
        this.mark(row, "");
        throw error;
      }
    };
    const undo = async () => {
      await back();
      this.mark(row, "");
    };
    if (this.now === row) this.go(this.at.value + 1);
    await this.app.tried(async () => {
      await take();
      this.app.say(what, { undo, redo: take });
    }, what);
  }
}

// The choices that can be taken.
/** @param {Page.Finding} finding */
const valuedOf = ({ audio_id: id, choices }) =>
  choices.filter(
    ({ values, act, audio_ids: ids, query }) => act || (values && (id || ids || query)),
  );
