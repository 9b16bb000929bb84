// Recorded sets: uploaded, analysed and shown on the clock; then saved as a list, a history or a
// file.
import { State } from "../../../page/parts/components.js";
import { dom } from "../../../page/parts/element.js";
import { drawn, html, resource, signal } from "../../../page/parts/html.js";
import { formInDialog, settled } from "../../../page/parts/dialog.js";
import { heardSet, idsOf, playedIn } from "./heard_set.js";
import { SentSet } from "./sent_set.js";
import { freeName } from "../../../page/parts/new_list.js";
import { isFinal, nowOf } from "../../../page/source/jobs.js";
import { address, place } from "../../../page/source/server.js";
import { ago, counted, dotted, localText } from "../../../page/parts/wording.js";

const SHOWN = 20,
  FILES = /** @type {[string, string][]} */ ([
    ["cue", "CUE sheet"],
    ["m3u8", "M3U8"],
    ["html", "Page"],
    ["json", "JSON"],
  ]);

/** @param {Served.Job} job */
const nameOf = ({ id, options }) => String(options.name ?? id);
/** @param {Served.Job} job  a completed one */
const madeOf = (job) => /** @type {Served.Unmix} */ (job.result);
/** @param {Served.Job} job */
const stemOf = (job) => nameOf(job).replace(/\.[^.]+$/, "");

/** @implements {Page.View} */
class Unmix {
  /** @param {Page.App} app */
  constructor(app) {
    this.app = app;
    this.id = signal(/** @type {string | null} */ (null));
    this.job = signal(/** @type {Served.Job | null} */ (null));
    this.recent = /** @type {Page.Resource<{ jobs: Served.Job[] }>} */ (resource());
    this.isShown = false;
    /** @type {Set<string>} */
    this.followed = new Set();
    this.sends = new SentSet(app, (job) => {
      if (this.isShown && !this.id.value) app.go(`unmix/${job.id}`);
      else app.say(`${nameOf(job)} is uploaded; Library shows its progress.`);
    });
    this.choice = dom`<div class="choice">
      ${this.sends.element}
      <section aria-label="Earlier recordings">
        <h2>Earlier recordings</h2>
        ${drawn("ul", { class: "rows" }, () => this.rows())}
      </section>
    </div>`;
    this.heard = heardSet(app);
    this.one = dom`<div>
      ${drawn("p", { class: "acts-of-set" }, () => this.acts())}
      ${drawn("div", {}, () => this.state())}
      ${this.heard.element}
    </div>`;
    this.element = dom`<div class="unmix">
      ${drawn("div", {}, () => this.head())}
      ${this.choice}
      ${this.one}
    </div>`;
    app.jobs.addEventListener("change", () => {
      if (this.isShown) this.draw();
    });
  }
  /** @param {Page.At} at */
  async show({ id }) {
    this.isShown = true;
    [this.id.value, this.job.value] = [id, null];
    this.choice.hidden = Boolean(id);
    this.one.hidden = !id;
    if (!id) {
      await this.recent.need(this.app.server.get(`jobs?kind=unmix&limit=${SHOWN}`));
      return;
    }
    const job = await this.app.jobs.answered(this.app.server.get(`unmix/${id}`));
    // Wait for the end here: events from before the page was listening are missed.
    if (isFinal(job) || this.followed.has(id)) return;
    this.followed.add(id);
    this.app.jobs
      .ended(id)
      .catch(() => {})
      .finally(() => this.followed.delete(id));
  }
  leave() {
    this.isShown = false;
  }
  draw() {
    const { value: before } = this.job,
      job = this.app.jobs.known.get(this.id.value ?? "");
    if (!job || job === before) return;
    this.job.value = job;
    if (job.status === before?.status) return;
    document.title = `${nameOf(job)} · map4`;
    this.heard.element.hidden = job.status !== "completed";
    if (job.status === "completed") this.heard.passages.value = madeOf(job).tracks;
    // The button pressed has gone.
    if (this.one.contains(document.activeElement)) settled(this.element, Promise.resolve());
  }
  head() {
    const job = this.job.value,
      lead = !this.id.value
        ? "Detects which of your tracks a recorded set contains: when, at which speed, and how " +
          "each was mixed into the next."
        : job?.status === "completed"
          ? playedIn(madeOf(job))
          : job && !isFinal(job) && "Looking for your tracks. You may close this page.";
    return html`<h1 tabindex="-1">
        ${this.id.value ? job && nameOf(job) : "Un-mix a recording"}
      </h1>
      <p class="lead">${lead}</p>`;
  }
  rows() {
    const jobs = this.recent.value?.jobs ?? [];
    if (!jobs.length) return html`<li class="none">${this.recent.value && "Nothing yet."}</li>`;
    return jobs.map(
      (job) =>
        html`<li key=${job.id}>
          <div>
            <a href=${place(`unmix/${job.id}`)} dir="auto">${nameOf(job)}</a>
            <small>${dotted(resultOf(job), ago(job.finished_at ?? job.created_at))}</small>
          </div>
        </li>`,
    );
  }
  // The progress or the failure, instead of the tracks.
  state() {
    const job = this.job.value;
    if (!job || job.status === "completed") return null;
    if (isFinal(job))
      return html`<${State}
        kind=${job.status === "failed" ? "error" : "empty"}
        text=${job.status === "failed" ? resultOf(job) : "Cancelled. The recording was deleted."}
        act=${{ title: "Upload again…", run: () => this.app.go("unmix") }}
      />`;
    const cancel = () => this.app.jobs.ask(`jobs/${job.id}/cancel`, {});
    return html`<div class="way">
      <progress max="1" value=${job.progress} aria-label="Progress" />
      <p class="line">
        <small class="now" dir="auto">${nowOf(job)}</small>
        <button onclick=${() => this.app.tried(cancel)}>Cancel</button>
      </p>
    </div>`;
  }
  acts() {
    const job = this.job.value;
    return html`
      ${job?.status === "completed" && this.actsOf(job)}
      <a class="button" href=${place("unmix")}>Un-mix another…</a>
    `;
  }
  /** @param {Served.Job} job */
  actsOf(job) {
    const ids = idsOf(madeOf(job)),
      files = job.options.chapters ? [...FILES, ["chapters", "With chapters"]] : FILES;
    /** @param {string} title @param {() => unknown} run */
    const act = (title, run) =>
      html`<button disabled=${!ids.length} onclick=${() => this.app.tried(run)}>${title}</button>`;
    return html`
      ${act("Save as list…", () => this.keepList(job, ids))}
      ${act("Save as history…", () => this.keepHistory(job))}
      <span class="files">
        Download:${" "}
        ${files.map(
          ([form, title]) =>
            html`<a
              key=${form}
              class="button"
              href=${address(`unmix/${job.id}/file?format=${form}`)}
              download=""
              aria-label=${`Download: ${title}`}
            >
              ${title}
            </a>`,
        )}
      </span>
    `;
  }
  /** @param {Served.Job} job @param {string[]} ids */
  async keepList(job, ids) {
    await formInDialog(
      "Save as list",
      {
        submit: "Save",
        fields: [{ name: "name", label: "Name", value: await freeName(this.app, stemOf(job)) }],
        done: async ({ name }) => {
          const made = await this.app.server.ask("POST", "lists", { name, tracks: ids });
          this.app.say(`${name} is saved; see Sets`, {
            undo: () => this.app.server.ask("DELETE", `lists/${made.id}`),
          });
        },
      },
      dom`<p>Your tracks in the order they were played.</p>`,
    );
  }
  /** @param {Served.Job} job */
  async keepHistory(job) {
    const { began, ended } = job.options,
      { duration_s } = madeOf(job),
      lasts = 1000 * (duration_s ?? 0);
    const at = began ? Date.parse(began) : ended ? Date.parse(ended) - lasts : null;
    await formInDialog(
      "Save as history",
      {
        submit: "Save",
        fields: [
          { name: "save", label: "Name", value: await freeName(this.app, stemOf(job)) },
          {
            name: "began",
            label: "Start of the recording",
            type: "moment",
            value: at ? localText(at).slice(0, "2026-01-31T22:00".length) : undefined,
            hint: at ? "From the time of the file." : undefined,
          },
          {
            name: "keep",
            label: "Also count each track as played then",
            type: "check",
            value: "yes",
          },
        ],
        done: async ({ save, began: typed, keep }) => {
          const { list, plays } = await this.app.server.ask("POST", `unmix/${job.id}/keep`, {
            save,
            keep,
            began: new Date(typed).toISOString(),
          });
          const undo = keep
            ? undefined
            : { undo: () => this.app.server.ask("DELETE", `lists/${list}`) }; // plays stay
          this.app.say(
            `${save} is saved; see Sets, ` +
              `Played${keep ? `; ${counted(plays)} new ${plays === 1 ? "play" : "plays"}` : ""}`,
            undo,
          );
        },
      },
      dom`<p>
        When each track was played and how it was mixed into the next, like the histories of DJ
        programs.
      </p>`,
    );
  }
}

/** @param {Served.Job} job */
function resultOf(job) {
  if (job.status === "completed") return playedIn(madeOf(job));
  return nowOf(job) || "cancelled";
}

/** @param {Page.App} app */
export const make = (app) => new Unmix(app);
