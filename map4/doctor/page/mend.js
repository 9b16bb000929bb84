// The view Clean up: problems by check, their fixes and undo.
import { alike } from "./disputes.js";
import { doubts as doubtsOf } from "./doubts.js";
import { targetOf } from "../../page/parts/element.js";
import { drawn, html, resource, signal, useRef } from "../../page/parts/html.js";
import { OfAll, checkActs } from "./check_acts.js";
import { State, Trouble } from "../../page/parts/components.js";
import { countOf, counted, tracksOf } from "../../page/parts/wording.js";
import { isFinal } from "../../page/source/jobs.js";
import { sentence } from "../../page/source/problem.js";
import { addressWith, place } from "../../page/source/server.js";

/**
 * @typedef {object} Counts  findings by check, and by part
 * @property {Served.CheckCount[]} checks
 * @property {number} unread
 * @property {boolean} isAll  false while groups are still counted
 * @property {Map<string, number>} parts
 */

const AT_ONCE = 200,
  LATER_MS = 600,
  /** @type {Record<string, string[]>} */
  GROUPS = {
    Files: ["file", "sound", "analysis"],
    "Tempo, key and bars": ["tempo", "ranges", "key", "bars"],
    "Tags and albums": ["tags", "albums", "genres", "artists"],
    Duplicates: ["copies"],
    "Lists and imports": ["lists", "imports"],
  },
  SUBJECTS = Object.values(GROUPS).filter(([first]) => first !== "copies"); // a check of files

/** @param {Page.App} app @returns {Page.View} */
export function make(app) {
  const doubts = doubtsOf(app),
    parts = app.added("mend").map((part) => part(app, again)),
    counts = /** @type {Page.Resource<Counts>} */ (resource()),
    // The number of findings beyond the shown rows; null for other content.
    queue = /** @type {Page.Resource<number | null>} */ (resource()),
    params = signal(new URLSearchParams()),
    at = signal(""), // the open check or part, also when its last finding is settled
    check = signal(/** @type {Served.CheckCount | undefined} */ (undefined));
  let loading = Promise.resolve();

  const partOf = (/** @type {string} */ name) => parts.find((part) => part.name === name),
    ask = (/** @type {string} */ more) => {
      const query = params.value.get("q");
      return app.server.get(`doctor?${more}${query ? `&q=${encodeURIComponent(query)}` : ""}`);
    };
  const OfCheck = checkActs(app, doubts, { ask, query: () => params.value.get("q"), again });

  const isShown = () => element.checkVisibility();
  // Counts some subjects beside those before, or all.
  /** @param {string[]} [subjects] @returns {Promise<Counts>} */
  async function count(subjects = []) {
    const before = (subjects.length && counts.value?.checks) || [],
      isAll = !subjects.length || subjects === SUBJECTS.at(-1);
    const [{ checks, unread }, ...others] = await Promise.all([
      ask(["limit=0", ...subjects].join("&only=")),
      ...parts.map((part) => (isAll && part.count?.()) || 0),
    ]);
    const ofParts = new Map(parts.map(({ name }, at) => [name, others[at]]));
    return { checks: [...before, ...checks], unread, isAll, parts: ofParts };
  }
  const load = () => (loading = loadAll());
  // At first, groups of checks come after each other.
  async function loadAll() {
    let opened = /** @type {string | null} */ (null),
      opening = Promise.resolve(false);
    const choose = () => {
      const { checks = [], isAll = false } = counts.value ?? {},
        name = params.value.get("check") ?? checks[0]?.name ?? "";
      at.value = name;
      check.value = checks.find((one) => one.name === name);
      if (name === opened || !(check.value || isAll || partOf(name)?.View)) return;
      opened = name;
      opening = queue.ask(open(name));
    };
    choose();
    for (const subjects of counts.value ? [[]] : SUBJECTS) {
      if (!(await counts.ask(count(subjects)))) break;
      choose();
    }
    await opening;
    if (counts.error || queue.error) doubts.leave();
  }
  /** @param {string} name @returns {Promise<number | null>} */
  async function open(name) {
    const part = partOf(name);
    if (part?.View || !(check.value || counts.value?.parts.get(name))) {
      doubts.leave();
      await part?.show?.();
      return null;
    }
    const { rows, count } = part?.rows
      ? await part.rows(AT_ONCE)
      : await ask(`only=${name}&limit=${AT_ONCE}`).then(({ findings, checks }) => ({
          rows: findings,
          count: checks[0]?.count ?? 0,
        }));
    if (!isShown() || name !== at.value) return null;
    await doubts.show(part?.rows ? rows : alike(rows));
    return rows.length ? count - rows.length : null;
  }
  async function again() {
    if (!isShown()) return;
    await load();
    // the button pressed has gone
    if (isShown() && document.activeElement === document.body) element.querySelector("h2")?.focus();
  }
  app.changes.on(
    "tracks values reset online",
    // Settling lowers the counts; rows stay. One request at a time: a newer one drops its answer.
    () => {
      const again = () => count().catch(() => /** @type {Counts} */ (counts.value));
      loading = loading.then(async () => void (isShown() && (await counts.ask(again()))));
    },
    LATER_MS,
  );
  // Show what an undo brought back and what a job did to a part, whichever tab began it.
  app.changes.on("jobs", ({ what, record }) => {
    if (what !== "changed" || !record || !isFinal(record)) return;
    if (record.kind === "undo" || partOf(at.value)?.View) again();
  });

  function Checks() {
    const nav = useRef(/** @type {HTMLElement | null} */ (null));
    const own = parts
        .filter(({ name, count }) => count && (inPart(name) || at.value === name))
        .map(({ name, title }) => ({ name, title, count: inPart(name) })),
      tools = parts.filter(({ isCheck, count }) => !isCheck && !count);
    // a list beside the findings; on a phone, a popover
    return html`<nav
      class="checks"
      id="checks"
      popover
      aria-label="Checks"
      ref=${nav}
      onclick=${(event) => targetOf(event).closest("a") && nav.current?.hidePopover()}
    >
      ${grouped([...(counts.value?.checks ?? []), ...own]).map(
        ({ group, checks }) =>
          html`<div key=${group} role="group" aria-label=${group}>
            <small aria-hidden="true">${group}</small>
            ${checks.map((one) => html`<${Link} key=${one.name} ...${one} />`)}
          </div>`,
      )}
      ${counts.value?.isAll === false && html`<p class="none" role="status">Checking more…</p>`}
      <details open=${tools.some(({ name }) => name === at.value)}>
        <summary>More</summary>
        ${tools.map(({ name, title }) => html`<${Link} key=${name} name=${name} title=${title} />`)}
      </details>
    </nav>`;
  }
  /** @param {{ name: string, title: string, count?: number }} about */
  const Link = ({ name, title, count }) => html`<a
    href=${place(`mend${addressWith(params.value, { check: name })}`)}
    aria-current=${name === at.value ? "page" : undefined}
  >
    <span>${partOf(name)?.title ?? title}</span>
    ${count !== undefined && html`<b>${counted(count)}</b>`}
  </a>`;
  const inPart = (/** @type {string} */ name) => counts.value?.parts.get(name) ?? 0;
  function Findings() {
    const part = partOf(at.value),
      current = check.value,
      none = counts.value?.isAll && "Nothing left here",
      title = current ? sentence(current.title).slice(0, -1) : none,
      unread = (current && counts.value?.unread) || 0;
    return html`<h2 tabindex="-1">${part?.head ?? title}</h2>
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
            ? inPart(part.name) > 0 &&
              part.acts?.map((act) => html`<${OfAll} act=${act} doubts=${doubts} />`)
            : current && html`<${OfCheck} check=${current} />`
        }
      </p>
      <div class="inside"><${Inside} part=${part} /></div>`;
  }
  /** @param {{ part?: Page.Mending }} props */
  function Inside({ part }) {
    const error = counts.error ?? queue.error,
      more = queue.value ?? 0;
    if (error) return html`<${Trouble} error=${error} run=${load} />`;
    if (part?.View) return html`<${part.View} key=${part.name} count=${check.value?.count} />`;
    if (queue.value === null) {
      if (queue.isAsking || !counts.value?.isAll)
        return html`<${State} kind="loading" text="Checking the library…" />`;
      const none = app.source.about.count ? "No problems found." : "No music yet to check.",
        text = counts.value.checks.length ? "All settled." : none;
      return html`<${State} kind="empty" text=${text} />`;
    }
    const rest = `${tracksOf(more)} more follow once these are settled`;
    return html`<${doubts.View} />
      ${more > 0 && html`<p class="none">${rest}</p>`}`;
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
