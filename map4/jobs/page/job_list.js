// The job list: running jobs, waiting jobs with the reason, and results.
import { dom, element } from "../../page/parts/element.js";
import { address, place, sentence } from "../../page/source/server.js";
import { isFinal } from "../../page/source/jobs.js";
import { planned } from "../../page/parts/plan.js";
import { ago, clock, counted, dotted, fileOf, when } from "../../page/parts/wording.js";
/** @import { App } from "../../page/app.js" */
/** @import { JobWords } from "../../page/places.js" */
/** @import { Job } from "../../page/source/jobs.js" */

/** @type {Record<string, string>} */
const KINDS = {
  scan: "Scan",
  analyze: "Analysis",
  export: "Export",
  duplicates: "Search for duplicates",
  backup: "Backup",
  restore: "Restoring a backup",
  tags: "Writing tags",
  "tags-undo": "Restoring tags",
  quarantine: "Moving copies away",
  return: "Putting copies back",
  import: "Import",
  classify: "Classification",
  forget: "Forgetting files",
};
/** @type {Record<string, string>} */
const STATUS = {
  pending: "queued",
  waiting: "waiting",
  processing: "running",
  completed: "done",
  failed: "failed",
  cancelled: "cancelled",
};
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
/** @param {Job} job */
function aboutOf({ kind, options }) {
  const files = /** @type {string[]} */ (options.files ?? []);
  if (kind === "export") return String(options.to ?? "");
  if (files.length)
    return files.length === 1
      ? files[0]
      : `${fileOf(files[0])} and ${counted(files.length - 1 + (options.more_files ?? 0))} more`;
  return String(options.connection ?? options.query ?? "");
}

export class JobList {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Record<string, JobWords>} */
    this.kinds = Object.assign(
      Object.fromEntries(Object.entries(KINDS).map(([kind, title]) => [kind, { title }])),
      ...app.added("jobs"),
    );
    /** @type {Map<string, { job: Job, row: HTMLElement }>} */
    this.rows = new Map();
    this.list = element("ul", { class: "rows jobs" });
    this.none = dom`<p class="none">
      No jobs yet. Scans, exports and other long tasks appear here. They continue when you close
      this page.
    </p>`;
    this.more = element("button", { onclick: () => this.older() }, "Older jobs");
    this.title = dom`<h2 tabindex="-1">Jobs</h2>`;
    this.element = dom`<section aria-label="Jobs">
      <div class="heads">${this.title}</div>
      ${this.none}
      ${this.list}
      ${this.more}
    </section>`;
    this.isDue = false;
    app.jobs.addEventListener("change", () => this.soon());
  }
  async load() {
    await this.app.jobs.load();
    this.draw();
  }
  older() {
    return this.app.jobs.load(this.app.jobs.next).catch((error) => this.app.say(error.message));
  }
  soon() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.draw();
    });
  }
  draw() {
    const jobs = this.app.jobs.all;
    this.none.hidden = jobs.length > 0;
    this.more.hidden = !this.app.jobs.next;
    const rows = jobs.map((job) => {
      const known = this.rows.get(job.id);
      if (known?.job === job) return known.row;
      const row = known?.row ?? dom`<li data-job=${job.id} />`;
      this.rows.set(job.id, { job, row });
      this.fill(row, job, known?.job);
      return row;
    });
    rows.forEach((row, at) => {
      if (this.list.children[at] !== row)
        this.list.insertBefore(row, this.list.children[at] ?? null);
    });
  }
  /** @param {string} kind */
  named(kind) {
    return this.kinds[kind]?.title ?? kind;
  }
  /** @param {Job} job */
  about(job) {
    return (this.kinds[job.kind]?.about ?? aboutOf)(job);
  }
  // Update the progress of a running job in place, so that its buttons keep their position.
  /** @param {HTMLElement} row @param {Job} job @param {Job} [before] */
  fill(row, job, before) {
    const bar = row.querySelector("progress"),
      current = row.querySelector(".current");
    if (before?.status === job.status && bar && current) {
      bar.value = job.progress;
      current.textContent = currentOf(job);
      return;
    }
    const { id, kind, status, finished_at: ended, created_at: made } = job,
      about = this.about(job),
      title = this.named(kind),
      runs = status === "processing";
    row.className = status;
    const isHeld = row.contains(document.activeElement);
    const failed =
      kind === "scan" && status === "completed"
        ? (job.result?.failed ?? 0) + (job.result?.known_failed ?? 0)
        : 0;
    row.replaceChildren(
      ...dom`<li>
        <div>
          <span class="what"><b>${title}</b> <bdi>${about}</bdi></span>
          ${
            runs &&
            dom`<progress max="1" value=${job.progress} aria-label=${`${title}: progress`} />`
          }
          <small class=${runs ? "current" : null} dir="auto">
            ${
              runs
                ? currentOf(job)
                : status === "failed"
                  ? sentence(job.error?.message ?? "Failed")
                  : status === "waiting"
                    ? sentence(job.waiting_for ?? "Waiting")
                    : status === "pending"
                      ? "Starts when a job slot is free."
                      : (this.kinds[kind]?.came ?? countsOf)(job.result ?? {}) ||
                        (status === "completed" ? "No changes." : "What was done so far is kept.")
            }
          </small>
        </div>
        ${
          failed
            ? dom`<a href=${place("mend?check=failed")}>${counted(failed)} failed: see why</a>`
            : null
        }
        <span class=${`status ${status}`} title=${when(ended ?? made)}>
          ${STATUS[status]}${ended ? ` ${ago(ended)}` : ""}
        </span>
        ${(status === "completed" && this.kinds[kind]?.act?.(job, about)) || null}
        ${
          kind === "export" &&
          status === "completed" &&
          dom`<a class="button" href=${address(`exports/${id}/file`)} download>Download</a>`
        }
        ${isFinal(job) ? null : this.act("Cancel", job, "cancel")}
        ${
          job.result?.undo
            ? dom`<button aria-label=${`Undo: ${title}`} onclick=${() => this.takeBack(job)}>
              Undo…
            </button>`
            : null
        }
        ${
          (status === "failed" || status === "cancelled") &&
          !job.options.sent &&
          this.act("Try again", job, "retry")
        }
      </li>`.childNodes,
    );
    // the button pressed has gone; keep the focus in this row
    if (isHeld) (row.querySelector("button") ?? this.title).focus();
  }
  /** @param {Job} job */
  takeBack({ kind, result }) {
    return planned(this.app, {
      title: `Undo: ${this.named(kind)}`,
      kind: result?.undo.plan,
      body: result?.undo.body,
      submit: (count) => `Undo ${counted(count)}`,
      said: (count) => `${counted(count)} undone`,
    });
  }
  /** @param {string} title @param {Job} job @param {"cancel" | "retry"} what */
  act(title, job, what) {
    return dom`<button
      aria-label=${`${title}: ${this.named(job.kind)} ${this.about(job)}`}
      onclick=${async () => {
        await this.app.jobs
          .ask(`jobs/${job.id}/${what}`, {})
          .catch((error) => this.app.say(error.message));
      }}
    >
      ${title}
    </button>`;
  }
}

/** @param {Job} job */
function currentOf({ progress, eta_s: left, current_file: file }) {
  return dotted(
    `${Math.floor(100 * progress)} %`,
    left === null ? "" : `${clock(left)} left`,
    file ? fileOf(file) : "",
  );
}
