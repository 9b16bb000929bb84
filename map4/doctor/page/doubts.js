// The queue of findings of a check: play and settle them by keys. Settled rows stay in place and
// can be undone.
import { actsIn } from "../../page/parts/acts.js";
import { barPanel } from "./bars.js";
import { Icon, Strip } from "../../page/parts/components.js";
import { targetOf } from "../../page/parts/element.js";
import { batch, drawn, html, signal } from "../../page/parts/html.js";
import { stripsOf } from "../../page/parts/strips.js";
import { scan } from "../../page/parts/folders.js";
import { undoStep } from "../../page/parts/toasts.js";
import { fileOf, folderOf, messageOf, tracksOf } from "../../page/parts/wording.js";
import { LONG_MS, place as addressOf } from "../../page/source/server.js";
/** @typedef {{ finding: Page.Finding, settled: string }} DoubtRow  settled: how; "" while open */

const TEMPO = ["tempo_doubtful", "tempo_close", "tempo_disagrees", "tempo_outside"],
  RETRIED = ["failed", "damaged"];

/** @param {Page.App} app */
export function doubts(app) {
  const { acts, player, server, source } = app,
    rows = signal(/** @type {DoubtRow[]} */ ([])),
    at = signal(-1),
    strips = signal(/** @type {Awaited<ReturnType<typeof stripsOf>>} */ (new Map())),
    bars = barPanel(app, ({ audio_id: id }) => strips.value.get(id ?? "")?.row ?? null),
    list = drawn("ul", { class: "doubts", "aria-label": "Findings" }, () =>
      rows.value.map((row, place) => html`<${Row} key=${place} row=${row} place=${place} />`),
    );
  let forgets = /** @type {(() => void) | null} */ (null);
  return { elements: [bars.element, list], strips, enter, leave, now, show, settleAll };

  // Keys and the playing mark are active only while the queue is shown.
  function enter() {
    if (forgets) return;
    const act = actsIn("Clean up"),
      when = () => rows.value.length > 0,
      isBars = () => bars.finding.value !== null,
      step = (/** @type {number} */ by) => () => go(at.value + by);
    const removeActs = acts.add([
      act("mend-next", "Next track", "j", when, step(1)),
      act("mend-previous", "Previous track", "k", when, step(-1)),
      act("mend-down", "Next track", "ArrowDown", when, step(1)),
      act("mend-up", "Previous track", "ArrowUp", when, step(-1)),
      act("mend-play", "Play", "Enter", when, play),
      act("mend-earlier", "Beats half a beat earlier", ",", isBars, () => bars.shift(-1)),
      act("mend-later", "Beats half a beat later", ".", isBars, () => bars.shift(1)),
      act("mend-metre", "Count in 3 or 4", "t", isBars, bars.turnMetre),
      ...[1, 2, 3, 4].map((n) =>
        act(`mend-choose-${n}`, `Choose option ${n}`, String(n), when, () => choose(n - 1)),
      ),
      act("mend-halve", "Halve the tempo", "[", when, () => scale(0.5)),
      act("mend-double", "Double the tempo", "]", when, () => scale(2)),
    ]);
    player.addEventListener("change", bars.follow);
    forgets = () => {
      removeActs();
      player.removeEventListener("change", bars.follow);
    };
  }
  function leave() {
    forgets?.();
    forgets = null;
    bars.show(undefined);
  }
  /** @param {Page.Finding[]} findings */
  async function show(findings) {
    const ids = findings.flatMap(({ audio_id: id }) => id ?? []);
    batch(() => {
      rows.value = findings.map((finding) => ({ finding, settled: "" }));
      at.value = findings.length ? 0 : -1;
      strips.value = new Map();
    });
    bars.show(findings[0]);
    const found = await stripsOf(source, ids);
    strips.value = new Map([...strips.value, ...found]); // of whichever findings
  }
  /** @param {DoubtRow | undefined} row */
  function trackOf(row) {
    return strips.value.get(row?.finding.audio_id ?? "")?.row ?? null;
  }
  /** @param {DoubtRow | undefined} row */
  function isPlaying(row) {
    const track = trackOf(row);
    return track !== null && track === player.row && (player.isOn || player.isLoading);
  }
  /** @param {{ row: DoubtRow, place: number }} about */
  function Row({ row, place }) {
    void player.changes.value; // draws again when it changes
    const { audio_id: id, title, artist, path, detail, about, count = 1 } = row.finding,
      name = about ?? title ?? fileOf(path),
      strip = strips.value.get(id ?? "")?.strip ?? null,
      playRow = () => {
        go(place, false);
        play();
      };
    return html`<li
      tabindex="-1"
      class=${row.settled ? "settled" : ""}
      aria-current=${String(place === at.value)}
      onclick=${(event) => {
        if (!targetOf(event).closest("button, a")) go(place);
      }}
    >
      ${
        id
          ? html`<button class="play" aria-label=${`Play ${name}`} onclick=${playRow}>
              <${Icon} name=${isPlaying(row) ? "pause" : "play"} />
            </button>`
          : html`<span />`
      }
      <span class="named">
        ${
          id
            ? html`<a href=${addressOf(`tracks/${id}`)} dir="auto">${name}</a>`
            : html`<bdi>${name}</bdi>`
        }
        <small dir="auto">${about ? tracksOf(count) : (artist ?? folderOf(path))}</small>
      </span>
      ${id && html`<${Strip} key=${id} strip=${strip} width=${150} height=${32} />`}
      <span class="detail" dir="auto">${detail}</span>
      <span class="choices">
        ${
          row.settled
            ? html`<span class="done">✓ ${row.settled}</span>`
            : html`<${Choices} finding=${row.finding} place=${place} />`
        }
      </span>
    </li>`;
  }
  /** @param {{ finding: Page.Finding, place: number }} about */
  function Choices({ finding, place }) {
    const { audio_id: id, check } = finding,
      valued = choicesOf(finding),
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
          go(place, false);
          run();
        }}
      >
        ${caption ? html`<small>${caption}</small><bdi>${text}</bdi>` : text}
        ${key && html`<kbd aria-hidden="true">${key}</kbd>`}
      </button>`;
    return html`
      ${valued.map((one, n) =>
        act(one.text ?? one.label, n < 4 ? String(n + 1) : null, () => choose(n), one),
      )}
      ${finding.choices
        .filter(({ values, act: done, caption }) => caption && !values && !done)
        .map(
          ({ label, text, caption }) =>
            html`<span class="captioned">
              <small>${caption}</small><bdi>${text ?? label}</bdi>
            </span>`,
        )}
      ${mayScale(0.5) && act("halve", "[", () => scale(0.5))}
      ${mayScale(2) && act("double", "]", () => scale(2))}
      ${
        finding === bars.finding.value && [
          act("‹ ½", ",", () => bars.shift(-1), { hint: "Beats half a beat earlier" }),
          act("½ ›", ".", () => bars.shift(1), { hint: "Beats half a beat later" }),
          act(`in ${valued.length === 4 ? 3 : 4}`, "t", bars.turnMetre, {
            hint: "Count in 3 or 4",
          }),
        ]
      }
      ${
        RETRIED.includes(check) &&
        act("Try again", null, () => scan(app, [finding.path], { retry_failed: true }))
      }
    `;
  }
  /** @param {number} to @param {boolean} [isMoved] */
  function go(to, isMoved = true) {
    const { [to]: next, [at.value]: before } = rows.value,
      wasPlaying = before !== next && isPlaying(before),
      element = /** @type {HTMLElement} */ (list.children[to]);
    if (!next) return;
    at.value = to;
    bars.show(next.finding);
    if (!isMoved) return;
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
    if (wasPlaying) play(); // continue playing
  }
  function play() {
    if (bars.finding.value && !isPlaying(now())) bars.play();
    else player.toggleRow(trackOf(now()));
  }
  function now() {
    return rows.value[at.value];
  }
  /** @param {number} n */
  function choose(n) {
    const row = now(),
      choice = row && choicesOf(row.finding)[n];
    if (choice) settle(row, choice.act ?? setting(row, choice), choice.label);
  }
  // The choices that can be taken now.
  /** @param {Page.Finding} finding */
  function choicesOf(finding) {
    return finding.check.startsWith("bars_") ? bars.choicesOf(finding) : valuedOf(finding);
  }
  /** @param {number} factor */
  function scale(factor) {
    const row = now();
    if (row && TEMPO.includes(row.finding.check))
      settle(row, setting(row, { values: { factor } }), factor < 1 ? "halved" : "doubled");
  }
  /**
   * @param {DoubtRow} row
   * @param {Pick<Page.Choice, "values" | "audio_ids" | "query" | "respell" | "tempo_range">} choice
   */
  function setting(
    { finding: { audio_id: id, ids = [] } },
    { values, audio_ids: chosen = ids, query: q, respell, tempo_range: range },
  ) {
    return async () => {
      if (range) {
        await server.ask("POST", "tempo-ranges", { range, query: q }, { patience: LONG_MS });
        return () => server.ask("POST", "tempo-ranges/undo", {}, { patience: LONG_MS });
      }
      const tracks = chosen.length ? chosen : [id],
        { step } = await server.ask("PUT", "tracks", {
          ...(q ? { q, respell } : { tracks }),
          ...values,
        });
      return () => undoStep(server, step);
    };
  }
  /** @param {DoubtRow} row @param {string} settled  "" offers its choices again */
  function mark({ finding }, settled) {
    rows.value = rows.value.map((row) => (row.finding === finding ? { finding, settled } : row));
  }
  // Settles rows in sequence; undone together.
  /** @param {() => { row: DoubtRow, act: () => Promise<any>, label: string }[]} wanted */
  function settling(wanted) {
    /** @type {{ row: DoubtRow, back: () => Promise<any> }[]} */
    const done = [];
    const redo = async () => {
      for (const { row, act, label } of wanted()) {
        mark(row, label);
        const back = await act().catch((error) => {
          mark(row, "");
          throw error;
        });
        done.push({ row, back });
      }
    };
    const undo = async () => {
      const changes = [];
      for (let last = done.at(-1); last; last = done.at(-1)) {
        changes.push(...((await last.back())?.changes ?? []));
        mark(last.row, "");
        done.pop();
      }
      return { changes };
    };
    return { done, undo, redo };
  }
  // Settles a choice in every open row.
  /** @param {(choices: Page.Choice[]) => Page.Choice | undefined} pick @param {string} words */
  async function settleAll(pick, words) {
    const all = settling(() =>
      rows.value.flatMap((row) => {
        const choice = row.settled ? undefined : pick(valuedOf(row.finding));
        return choice ? { row, act: choice.act ?? setting(row, choice), label: choice.label } : [];
      }),
    );
    const problem = await all.redo().then(() => "", messageOf),
      message = `${tracksOf(all.done.length)}: ${words}${problem && `; stopped: ${problem}`}`;
    if (all.done.length) app.say(message, all);
    else app.say(problem || "No open finding offers a value.");
  }
  /**
   * @param {DoubtRow} row @param {() => Promise<() => Promise<any>>} act @param {string} label
   */
  async function settle(row, act, label) {
    if (row.settled) return;
    const { title, path, about, ids = [] } = row.finding,
      name = ids.length > 1 ? tracksOf(ids.length) : (about ?? title ?? fileOf(path)),
      what = `${name}: ${label}`,
      one = settling(() => [{ row, act, label }]);
    if (now() === row) go(at.value + 1);
    await app.tried(async () => {
      await one.redo();
      app.say(what, one);
    }, what);
  }
}

// The choices that can be taken.
/** @param {Page.Finding} finding */
const valuedOf = ({ audio_id: id, choices }) =>
  choices.filter(
    ({ values, act, audio_ids: ids, query, tempo_range: range }) =>
      act || range || (values && (id || ids || query)),
  );
