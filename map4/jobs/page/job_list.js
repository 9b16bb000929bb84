// The job list: running jobs, waiting jobs with the reason, and results.
import { settled } from "../../page/parts/dialog.js";
import { buttonOf } from "../../page/parts/components.js";
import { html } from "../../page/parts/html.js";
import { address, place } from "../../page/source/server.js";
import { isFinal, stateText } from "../../page/source/jobs.js";
import { planned } from "../../page/parts/plan.js";
import { ago, counted, fileOf, when } from "../../page/parts/wording.js";

/** @type {Record<string, string>} */
const KINDS = {
  scan: "Scan",
  analyze: "Analysis",
  export: "Export",
  duplicates: "Search for duplicates",
  backup: "Backup",
  restore: "Restoring a backup",
  tags: "Writing tags",
  undo: "Restoring files",
  import: "Import",
  classify: "Classification",
  forget: "Removal from the library",
};
/** @type {Record<string, string>} */
const STATUS = { pending: "queued", processing: "running", completed: "done" };
// The words for the counts of a result: singular|plural.
/** @type {Record<string, string>} */
const COUNTS = {
  analysed: "analysed",
  retagged: "with new tags",
  moved: "moved",
  copied: "copy|copies",
  restored: "back again",
  missing: "missing",
  failed: "failed",
  known_failed: "failed before",
  postponed: "postponed",
  groups: "group of duplicates|groups of duplicates",
  done: "done",
  left_alone: "skipped",
  tracks: "track|tracks",
  matched: "matched",
  answered: "looked up",
  found: "file|files",
};

/** @param {Record<string, any>} result */
const countsOf = (result) =>
  Object.entries(COUNTS)
    .filter(([name]) => typeof result[name] === "number" && result[name])
    .map(
      ([name, words]) =>
        `${counted(result[name])} ${words.split("|").at(result[name] === 1 ? 0 : -1)}`,
    )
    .join(" · ");

// What a job works on.
/** @param {Served.Job} job */
function aboutOf({ kind, options }) {
  const files = /** @type {string[]} */ (options.files ?? []);
  if (kind === "export") return String(options.to ?? "");
  if (files.length)
    return files.length === 1
      ? files[0]
      : `${fileOf(files[0])} and ${counted(files.length - 1 + (options.more_files ?? 0))} more`;
  return String(options.connection ?? options.query ?? "");
}

/** @param {Page.App} app */
export function jobList(app) {
  /** @type {Record<string, Page.JobWords>} */
  const kinds = Object.assign({}, ...app.added("jobs"));
  const { all } = app.jobs,
    titleOf = (/** @type {string} */ kind) => kinds[kind]?.title ?? KINDS[kind] ?? kind,
    about = (/** @type {Served.Job} */ job) => (kinds[job.kind]?.about ?? aboutOf)(job),
    older = () => app.tried(() => app.jobs.load(app.jobs.next));
  all.subscribe(() => {
    const row = document.activeElement?.closest(".jobs li"),
      element = row?.closest("section"),
      id = row?.getAttribute("data-job"),
      done = Promise.resolve();
    // The button pressed may have gone; keep the focus in its row.
    if (element)
      settled(element, done, `[data-job=${id}] button`).then(() => settled(element, done, "h2"));
  });

  const View = () => html`<section aria-label="Jobs">
    <div class="heads"><h2 tabindex="-1">Jobs</h2></div>
    <p class="none" hidden=${all.value.length > 0}>
      No jobs yet. Scans, exports and other long tasks appear here. They continue when you close
      this page.
    </p>
    <ul class="rows jobs">${all.value.map((job) => html`<${Row} key=${job.id} job=${job} />`)}</ul>
    <button hidden=${!app.jobs.next} onclick=${older}>Older jobs</button>
  </section>`;
  /** @param {{ job: Served.Job }} props */
  function Row({ job }) {
    const { id, kind, status, finished_at: ended, created_at: created, result } = job,
      title = titleOf(kind),
      works = about(job),
      runs = status === "processing",
      isDone = status === "completed";
    const failed =
      kind === "scan" && isDone ? (result?.failed ?? 0) + (result?.known_failed ?? 0) : 0;
    return html`<li class=${status} data-job=${id}>
      <div>
        <span class="what"><b>${title}</b> <bdi>${works}</bdi></span>
        ${
          runs &&
          html`<progress max="1" value=${job.progress} aria-label=${`${title}: progress`} />`
        }
        <small class=${runs ? "current" : null} dir="auto">${textOf(job)}</small>
      </div>
      ${
        failed > 0 &&
        html`<a href=${place("mend?check=failed")}>${counted(failed)} failed: see why</a>`
      }
      <span class=${`status ${status}`} title=${when(ended ?? created)}>
        ${STATUS[status] ?? status}${ended && ` ${ago(ended)}`}
      </span>
      ${isDone && kinds[kind]?.act?.(job, works)}
      ${
        kind === "export" &&
        isDone &&
        html`<a class="button" href=${address(`exports/${id}/file`)} download>Download</a>`
      }
      ${!isFinal(job) && html`<${Act} title="Cancel" job=${job} what="cancel" />`}
      ${result?.undo && buttonOf("Undo…", `Undo: ${title}`, () => undo(job))}
      ${
        (status === "failed" || status === "cancelled") &&
        !job.options.sent &&
        html`<${Act} title="Try again" job=${job} what="retry" />`
      }
    </li>`;
  }
  /** @param {Served.Job} job */
  function textOf(job) {
    const { kind, status, result } = job,
      none = status === "completed" ? "No changes." : "What was done so far is kept.";
    return stateText(job) || (result && (kinds[kind]?.summary ?? countsOf)(result)) || none;
  }
  /** @param {{ title: string, job: Served.Job, what: "cancel" | "retry" }} props */
  const Act = ({ title, job, what }) =>
    buttonOf(title, `${title}: ${titleOf(job.kind)} ${about(job)}`, () =>
      app.tried(() => app.jobs.ask(`jobs/${job.id}/${what}`, {})),
    );
  /** @param {Served.Job} job */
  const undo = ({ kind, result }) =>
    planned(app, {
      title: `Undo: ${titleOf(kind)}`,
      kind: result?.undo.plan,
      body: result?.undo.body,
      submit: (count) => `Undo ${counted(count)}`,
      message: (count) => `${counted(count)} undone`,
    });

  return { View, load: () => app.jobs.load() };
}
