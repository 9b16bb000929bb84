// The queue of findings of a check: play and settle them by keys. Settled rows stay in place and
// can be undone.
import { actsIn } from "../../page/parts/acts.js";
import { barPanel } from "./bars.js";
import { Icon, Strip } from "../../page/parts/components.js";
import { targetOf } from "../../page/parts/element.js";
import { batch, html, resource, signal } from "../../page/parts/html.js";
import { stripsOf } from "../../page/parts/strips.js";
import { scan } from "../../page/parts/folders.js";
import { settlement, valuedOf } from "./settlement.js";
import { fileOf, folderOf, tracksOf } from "../../page/parts/wording.js";
import { place as addressOf } from "../../page/source/server.js";

const TEMPO = ["tempo_doubtful", "tempo_close", "tempo_disagrees", "tempo_outside"],
  RETRIED = ["failed", "damaged"],
  CHANGE = "change to",
  HIDDEN = "visually-hidden",
  VERB = RegExp(`^(?<caption>keep|${CHANGE}) (?<text>.+)$`); // before the value

/** @typedef {ReturnType<typeof doubts>} Doubts */
/** @param {Page.App} app */
export function doubts(app) {
  const { acts, player, source } = app,
    { rows, settle, settleAll } = settlement(app),
    at = signal(-1),
    strips = /** @type {Page.Resource<Awaited<ReturnType<typeof stripsOf>>>} */ (resource()),
    bars = barPanel(app, ({ audio_id: id }) => strips.value?.get(id ?? "")?.row ?? null),
    list = { current: /** @type {HTMLElement | null} */ (null) };
  const act = actsIn("Clean up"),
    when = () => rows.value.length > 0 && Boolean(list.current?.checkVisibility()),
    isBars = () => when() && bars.finding.value !== null,
    step = (/** @type {number} */ by) => () => go(at.value + by);
  acts.add([
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
  player.changes.subscribe(() => bars.follow());
  return { View, strips, leave: () => bars.show(undefined), now, show, settleAll };

  /** @param {Page.Finding[]} findings */
  async function show(findings) {
    const ids = findings.flatMap(({ audio_id: id }) => id ?? []);
    batch(() => {
      rows.value = findings.map((finding) => ({ finding, settled: "" }));
      at.value = findings.length ? 0 : -1;
      strips.set(null);
    });
    bars.show(findings[0]);
    await strips.ask(stripsOf(source, ids));
  }
  /** @param {Page.DoubtRow | undefined} row */
  function trackOf(row) {
    return strips.value?.get(row?.finding.audio_id ?? "")?.row ?? null;
  }
  /** @param {Page.DoubtRow | undefined} row */
  function isPlaying(row) {
    const track = trackOf(row);
    return track !== null && track === player.row && (player.isOn || player.isLoading);
  }
  function View() {
    return html`<${bars.View} />
      <ul class="doubts" aria-label="Findings" ref=${list}>
        ${rows.value.map((row, place) => html`<${Row} key=${place} row=${row} place=${place} />`)}
      </ul>`;
  }
  /** @param {{ row: Page.DoubtRow, place: number }} about */
  function Row({ row, place }) {
    void player.changes.value; // draws again when it changes
    const { audio_id: id, title, artist, path, detail, about, count = 1 } = row.finding,
      name = about ?? title ?? fileOf(path),
      strip = strips.value?.get(id ?? "")?.strip ?? null,
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
      ${id && html`<${Strip} key=${id} strip=${strip} width=${120} height=${32} />`}
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
        ${caption && html`<small class=${caption === CHANGE ? HIDDEN : ""}>${caption}</small> `}
        <bdi>${text}</bdi>
        ${key && html`<kbd aria-hidden="true">${key}</kbd>`}
      </button>`;
    return html`
      ${valued.map((one, n) => {
        const { caption, text = one.label } = { ...VERB.exec(one.label)?.groups, ...one };
        return act(text, n < 4 ? String(n + 1) : null, () => choose(n), { ...one, caption });
      })}
      ${finding.choices
        .filter(({ values, act: done, caption }) => caption && !values && !done)
        .map(
          ({ label, text, caption }) =>
            html`<span class="captioned">
              <small>${caption}</small><bdi>${text ?? label}</bdi>
            </span>`,
        )}
      ${mayScale(0.5) && act("½", "[", () => scale(0.5), { hint: "Halve" })}
      ${mayScale(2) && act("×2", "]", () => scale(2), { hint: "Double" })}
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
      element = /** @type {HTMLElement | null} */ (list.current?.children[to]);
    if (!next) return;
    at.value = to;
    bars.show(next.finding);
    if (!isMoved) return;
    element?.focus({ preventScroll: true });
    element?.scrollIntoView({ block: "nearest" });
    if (wasPlaying) play(); // continue playing
  }
  function play() {
    if (bars.finding.value && !isPlaying(now())) bars.play();
    else player.toggleRow(trackOf(now()));
  }
  function now() {
    return rows.value[at.value];
  }
  // The choices that can be taken now.
  /** @param {Page.Finding} finding */
  function choicesOf(finding) {
    return finding.check.startsWith("bars_") ? bars.choicesOf(finding) : valuedOf(finding);
  }
  /** @param {number} n */
  function choose(n) {
    const row = now();
    if (row) take(row, choicesOf(row.finding)[n]);
  }
  /** @param {number} factor */
  function scale(factor) {
    const row = now();
    if (row && TEMPO.includes(row.finding.check))
      take(row, { label: factor < 1 ? "halved" : "doubled", values: { factor } });
  }
  /** @param {Page.DoubtRow} row @param {Page.Choice | undefined} choice */
  function take(row, choice) {
    if (!choice || row.settled) return;
    go(at.value + 1);
    settle(row, choice);
  }
}
