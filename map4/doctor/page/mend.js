// The view Clean up: problems by check, their fixes and undo.
import { alike } from "./disputes.js";
import { doubts as doubtsOf } from "./doubts.js";
import { scan } from "../../page/parts/folders.js";
import { Held, drawn, html, resource, signal, useRef } from "../../page/parts/html.js";
import { planned } from "../../page/parts/plan.js";
import { openTempoRanges } from "../../page/parts/tempo_ranges.js";
import { State, Trouble } from "../../page/parts/components.js";
import { countOf, counted, folderOf, tracksOf } from "../../page/parts/wording.js";
import { isFinal } from "../../page/source/jobs.js";
import { sentence } from "../../page/source/problem.js";
import { addressWith, place } from "../../page/source/server.js";

/**
 * @typedef {object} Counts  findings by check, and by part
 * @property {Served.CheckCount[]} checks
 * @property {number} unread
 * @property {Map<string, number>} parts
 */

const SOURCES = "sources",
  AT_ONCE = 200,
  LATER_MS = 600,
  /** @type {Record<string, string[]>} */
  GROUPS = {
    Files: ["file", "sound", "analysis"],
    "Tempo, key and bars": ["tempo", "ranges", "key", "bars"],
    "Tags and albums": ["tags", "albums", "genres", "artists"],
    Duplicates: ["copies"],
    "Lists and imports": ["lists", "imports"],
  },
  OF_SEVERAL = /^(album_(artist_missing|years|gaps)|(genre|artist)_spellings)$/;

/** @param {Page.App} app @returns {Page.View} */
export function make(app) {
  const doubts = doubtsOf(app),
    parts = app.added("mend").map((part) => part(app, again)),
    counts = /** @type {Page.Resource<Counts>} */ (resource()),
    // The number of findings beyond the shown rows; null for other content.
    queue = /** @type {Page.Resource<number | null>} */ (resource()),
    params = signal(new URLSearchParams()),
    at = signal(""), // the open check or part, also when its last finding is settled
    check = signal(/** @type {Served.CheckCount | undefined} */ (undefined)),
    isBusy = signal(false); // all rows are being settled
  let loading = Promise.resolve();

  const partOf = (/** @type {string} */ name) => parts.find((part) => part.name === name),
    ask = (/** @type {string} */ more) => {
      const query = params.value.get("q");
      return app.server.get(`doctor?${more}${query ? `&q=${encodeURIComponent(query)}` : ""}`);
    };

  const isShown = () => element.checkVisibility();
  async function count() {
    const [{ checks, unread }, ...others] = await Promise.all([
      ask("limit=0"),
      ...parts.map((part) => part.count?.() ?? 0),
    ]);
    return { checks, unread, parts: new Map(parts.map(({ name }, at) => [name, others[at]])) };
  }
  const load = () => (loading = loadAll());
  async function loadAll() {
    if (await counts.ask(count())) {
      const checks = counts.value?.checks ?? [];
      at.value = params.value.get("check") ?? checks[0]?.name ?? "";
      check.value = checks.find(({ name }) => name === at.value);
      await queue.ask(open(at.value));
    }
    if (counts.error || queue.error) doubts.leave();
  }
  /** @param {string} name @returns {Promise<number | null>} */
  async function open(name) {
    const part = partOf(name);
    if (part?.element || !(check.value || counts.value?.parts.get(name))) {
      doubts.leave();
      await part?.show?.();
      return null;
    }
    const { rows, count } = part?.rows
      ? await part.rows(AT_ONCE)
      : await ask(`only=${name}&limit=${AT_ONCE}`).then(({ findings }) => ({
          rows: findings,
          count: check.value?.count ?? 0,
        }));
    if (!isShown() || name !== at.value) return null;
    doubts.enter();
    await doubts.show(part?.rows ? rows : alike(rows));
    return count - rows.length;
  }
  async function again() {
    if (!isShown()) return;
    await load();
    // the button pressed has gone
    if (isShown() && document.activeElement === document.body) element.querySelector("h2")?.focus();
  }
  app.changes.on(
    "tracks values reset online",
    // Settling lowers the counts; rows stay.
    async () => {
      await loading; // a newer question would drop its answer
      if (isShown()) counts.ask(count().catch(() => /** @type {Counts} */ (counts.value)));
    },
    LATER_MS,
  );
  // Show what an undo brought back and what a job did to a part, whichever tab began it.
  app.changes.on("jobs", ({ what, record }) => {
    if (what !== "changed" || !record || !isFinal(record)) return;
    if (record.kind === "undo" || partOf(at.value)?.element) again();
  });

  function Checks() {
    const nav = useRef(/** @type {HTMLElement | null} */ (null));
    const own = parts
      .filter(
        ({ name, ...part }) => !part.isCheck && (!part.count || inPart(name) || at.value === name),
      )
      .map(({ name, title, count }) => ({ name, title, count: count ? inPart(name) : null }));
    // a list beside the findings; on a phone, a popover
    return html`<nav
      class="checks"
      id="checks"
      popover
      aria-label="Checks"
      ref=${nav}
      onclick=${() => nav.current?.hidePopover()}
    >
      ${grouped([...(counts.value?.checks ?? []), ...own]).map(
        ({ group, checks }) =>
          html`<div key=${group} role="group" aria-label=${group}>
            <small aria-hidden="true">${group}</small>
            ${checks.map(
              ({ name, title, count }) =>
                html`<a
                  key=${name}
                  href=${place(`mend${addressWith(params.value, { check: name })}`)}
                  aria-current=${name === at.value ? "page" : undefined}
                >
                  <span>${partOf(name)?.title ?? title}</span>
                  ${count !== null && html`<b>${counted(count)}</b>`}
                </a>`,
            )}
          </div>`,
      )}
    </nav>`;
  }
  const inPart = (/** @type {string} */ name) => counts.value?.parts.get(name) ?? 0;
  function Findings() {
    const part = partOf(at.value),
      current = check.value,
      title = current ? sentence(current.title).slice(0, -1) : "Nothing left here",
      unread = (current && counts.value?.unread) || 0;
    return html`<h2 tabindex="-1">${counts.value && (part?.head ?? title)}</h2>
      <p class="lead">
        ${part?.advice ?? (current && !part && adviceOf(current))}
        ${
          unread > 0 &&
          ` Scan again to check the albums of ${countOf(unread, "file")}: scans read more tags now.`
        }
      </p>
      <p class="buttons">
        ${
          part?.rows
            ? inPart(part.name) > 0 && part.acts?.map((act) => html`<${OfAll} act=${act} />`)
            : current && actsOf(current)
        }
      </p>
      <div class="inside"><${Inside} part=${part} /></div>`;
  }
  /** @param {{ part?: Page.Mending }} props */
  function Inside({ part }) {
    const error = counts.error ?? queue.error,
      more = queue.value ?? 0;
    if (error) return html`<${Trouble} error=${error} run=${load} />`;
    if (part?.element) return html`<${Held} nodes=${[part.element]} key=${part.name} />`;
    if (queue.value === null) {
      if (queue.isAsking || !counts.value)
        return html`<${State} kind="loading" text="Checking the library…" />`;
      const none = "No problems: every track is analysed, with a certain tempo and key.";
      return html`<${State}
        kind="empty"
        text=${counts.value.checks.length ? "All settled." : none}
      />`;
    }
    const rest = `${tracksOf(more)} more follow once these are settled`;
    return html`<${Held} nodes=${doubts.elements} key="" />
      ${more > 0 && html`<p class="none">${rest}</p>`}`;
  }
  // Settles all shown rows.
  /** @param {{ act: NonNullable<Page.Mending["acts"]>[number] }} props */
  const OfAll = ({ act: [title, words, pick] }) => html`<button
    disabled=${isBusy.value}
    onclick=${async () => {
      isBusy.value = true;
      await doubts.settleAll(pick, words);
      isBusy.value = false;
    }}
  >
    ${title}
  </button>`;
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
    if (await openTempoRanges(app, { query: params.value.get("q"), folder })) again();
  }
  // Actions for all findings of a check.
  /** @param {Served.CheckCount} check */
  function actsOf({ name, subject }) {
    /** @param {string} title @param {() => unknown} run */
    const act = (title, run) => html`<button onclick=${run}>${title}</button>`;
    if (name === "failed") return act("Retry all", () => scan(app, null, { retry_failed: true }));
    if (name === "metadata_disagrees" && partOf(SOURCES))
      return html`<a class="button" href=${place(`mend?check=${SOURCES}`)}>
        Settle a whole field…
      </a>`;
    if (OF_SEVERAL.test(name)) {
      /** @type {NonNullable<Page.Mending["acts"]>[number]} */
      const first = ["Use the first value of each", "first value used", (all) => all[0]];
      return html`<${OfAll} act=${first} />`;
    }
    if (name === "cover_missing" && app.server.may("files"))
      return act("Copy covers within albums…", () => app.tried(covers));
    if (name === "stale") return act("Analyse again", () => scan(app, null));
    if (["tempo", "ranges"].includes(subject) && app.server.may("correct"))
      return act("Set a tempo range…", () => app.tried(setRange));
    if (name !== "missing") return null;
    return [act("Scan again", () => scan(app, null)), act("Forget missing files…", forget)];
  }

  const element = drawn("div", { class: "mend desk" }, () => [
    html`<div class="heads">
      <h1 tabindex="-1">Clean up</h1>
      <button class="of-checks" popovertarget="checks">All checks</button>
    </div>`,
    html`<div class="parts">
      <${Checks} />
      <section aria-label="Findings"><${Findings} /></section>
    </div>`,
  ]);
  return {
    element,
    async show(at) {
      params.value = at.params;
      await load();
    },
    leave: () => doubts.leave(),
  };
}

// Checks by group, in order; groups without checks are left out.
/** @template {{ name: string, subject?: string }} Check @param {Check[]} checks */
export const grouped = (checks) =>
  Object.entries(GROUPS)
    .map(([group, subjects]) => ({
      group,
      checks: checks.filter(({ name, subject = "tags" }) =>
        subjects.includes(name === "copies" ? name : subject),
      ),
    }))
    .filter(({ checks }) => checks.length);

/** @param {Served.CheckCount} check */
const adviceOf = ({ advice }) =>
  sentence(advice.replace(/ \('map4 [^']+'[^)]*\)|; 'map4 [^;]*$/, "").replace(/:$/, "."));
