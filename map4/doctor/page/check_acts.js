// Acts on all findings of a check of Clean up.
import { scan } from "../../page/parts/folders.js";
import { html, useSignal } from "../../page/parts/html.js";
import { planned } from "../../page/parts/plan.js";
import { openTempoRanges } from "../../page/parts/tempo_ranges.js";
import { countOf, counted, folderOf, tracksOf } from "../../page/parts/wording.js";
import { place } from "../../page/source/server.js";
/** @typedef {NonNullable<Page.Mending["acts"]>[number]} ActOnRows */

const OF_SEVERAL = /^(album_(artist_missing|years|gaps)|(genre|artist)_spellings)$/,
  /** @type {ActOnRows} */
  FIRST_VALUES = ["Use the first value of each", "first value used", (all) => all[0]];

// Settles all shown rows.
/** @param {{ act: ActOnRows, doubts: Page.Doubts }} about */
export function OfAll({ act: [title, words, pick], doubts }) {
  const isBusy = useSignal(false);
  const settle = async () => {
    isBusy.value = true;
    await doubts.settleAll(pick, words);
    isBusy.value = false;
  };
  return html`<button disabled=${isBusy.value} onclick=${settle}>${title}</button>`;
}

/**
 * @param {Page.App} app @param {Page.Doubts} doubts
 * @param {{ ask: (more: string) => Promise<{ findings: Page.Finding[] }>,
 *   query: () => string | null, again: () => void }}
 *   view  of the tracks of a query; again: loads the findings
 */
export function checkActs(app, doubts, { ask, query, again }) {
  /** @param {Parameters<typeof planned>[1]} wanted */
  async function plan(wanted) {
    if (await planned(app, wanted)) again();
  }
  // Writes the picture of another track of the album into tracks without one; can be undone.
  async function covers() {
    const { findings } = await ask("only=cover_missing"),
      tracks = findings.flatMap(({ choices }) => choices.flatMap(({ audio_ids: ids = [] }) => ids));
    if (!tracks.length) {
      app.say("No track of these albums has a picture.");
      return;
    }
    await plan({
      title: "Copy covers within albums",
      kind: "tags",
      body: { tracks, fields: ["cover"] },
      submit: (count) => `Write into ${countOf(count, "file")}`,
      message: (count) => `Covers written into ${countOf(count, "file")}`,
    });
  }
  const forget = () =>
    plan({
      title: "Forget missing files",
      kind: "forget",
      body: { query: "is:missing" },
      submit: (count) => `Forget ${counted(count)}`,
      message: (count) => `${tracksOf(count)} forgotten`,
    });
  // Also offers the tracks of the view and the folder of the chosen finding.
  async function setRange() {
    const { finding } = doubts.now() ?? {},
      folder = finding ? folderOf(finding.path) : null;
    if (await openTempoRanges(app, { query: query(), folder })) again();
  }
  /** @param {{ check: Served.CheckCount }} about */
  return function OfCheck({ check: { name, subject } }) {
    /** @param {string} title @param {() => unknown} run */
    const act = (title, run) => html`<button onclick=${run}>${title}</button>`;
    if (name === "failed") return act("Retry all", () => scan(app, null, { retry_failed: true }));
    if (name === "metadata_disagrees")
      return html`<a class="button" href=${place("mend?check=sources")}>Settle a whole field…</a>`;
    if (OF_SEVERAL.test(name)) return html`<${OfAll} act=${FIRST_VALUES} doubts=${doubts} />`;
    if (name === "cover_missing" && app.server.may("files"))
      return act("Copy covers within albums…", () => app.tried(covers));
    if (name === "stale") return act("Analyse again", () => scan(app, null));
    if (["tempo", "ranges"].includes(subject) && app.server.may("correct"))
      return act("Set a tempo range…", () => app.tried(setRange));
    if (name !== "missing") return null;
    return [act("Scan again", () => scan(app, null)), act("Forget missing files…", forget)];
  };
}
