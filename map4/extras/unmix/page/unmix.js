// Recorded sets: uploaded, analysed and shown on the clock; then saved as a list, a history or a
// file.
import { dom, element } from "../../../page/parts/element.js";
import { formInDialog } from "../../../page/parts/dialog.js";
import { HeardSet, idsOf, playedIn } from "./heard_set.js";
import { SentSet } from "./sent_set.js";
import { freeName } from "../../../page/parts/new_list.js";
import { stateOf } from "../../../page/parts/components.js";
import { isFinal } from "../../../page/source/jobs.js";
import { address, place, sentence } from "../../../page/source/server.js";
import { ago, clock, counted, dotted } from "../../../page/parts/wording.js";

const SHOWN = 20,
  FILES = /** @type {[string, string][]} */ ([
    ["cue", "CUE sheet"],
    ["m3u8", "M3U8"],
    ["html", "Page"],
    ["json", "JSON"],
  ]);

/** @param {Served.Job} job */
const nameOf = ({ id, options }) => String(options.name ?? id);
/** @param {Served.Job} job */
const stemOf = (job) => nameOf(job).replace(/\.[^.]+$/, "");

/** @implements {Page.View} */
class Unmix {
  /** @param {Page.App} app */
  constructor(app) {
    this.app = app;
    /** @type {string | null} */
    this.id = null;
    /** @type {Served.Job | null} */
    this.drawn = null;
    this.isShown = false;
    /** @type {Set<string>} */
    this.followed = new Set();
    this.title = element("h1", { tabindex: "-1" });
    this.lead = element("p", { class: "lead" });
    this.sends = new SentSet(app, (job) => {
      if (this.isShown && !this.id) app.go(`unmix/${job.id}`);
      else app.say(`${nameOf(job)} is uploaded; Work shows its progress.`);
    });
    this.recent = element("ul", { class: "rows" });
    this.choice = dom`<div class="choice">
      ${this.sends.element}
      <section aria-label="Earlier recordings">
        <h2>Earlier recordings</h2>
        ${this.recent}
      </section>
    </div>`;
    this.acts = element("p", { class: "acts-of-set" });
    this.state = element("div", {});
    this.heard = new HeardSet(app);
    this.one = dom`<div>${this.acts}${this.state}${this.heard.element}</div>`;
    this.element = dom`<div class="unmix">${this.title}${this.lead}${this.choice}${this.one}</div>`;
    app.jobs.addEventListener("change", () => {
      if (this.isShown) this.draw();
    });
  }
  /** @param {Page.At} at */
  async show({ id }) {
    this.isShown = true;
    this.id = id;
    this.drawn = null;
    this.choice.hidden = Boolean(id);
    this.one.hidden = !id;
    if (!id) {
      this.title.textContent = "Un-mix a recording";
      this.lead.textContent =
        "Detects which of your tracks a recorded set contains: when, at which speed, and how " +
        "each was mixed into the next.";
      await this.lists();
      return;
    }
    const job = await this.app.server.get(`unmix/${id}`);
    if (this.id === id) this.app.jobs.put(job);
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
  async lists() {
    /** @type {{ jobs: Served.Job[] }} */
    const { jobs } = await this.app.server.get(`jobs?kind=unmix&limit=${SHOWN}`);
    this.recent.replaceChildren(
      ...(jobs.length
        ? jobs.map(
            (job) =>
              dom`<li>
                <div>
                  <a href=${place(`unmix/${job.id}`)} dir="auto">${nameOf(job)}</a>
                  <small>
                    ${[
                      job.status === "completed"
                        ? playedIn(/** @type {Served.Unmix} */ (job.result))
                        : job.status === "failed"
                          ? sentence(job.error?.message ?? "Failed")
                          : job.status === "cancelled"
                            ? "cancelled"
                            : "in progress",
                      ago(job.finished_at ?? job.created_at),
                    ].join(" · ")}
                  </small>
                </div>
              </li>`,
          )
        : [dom`<li class="none">Nothing yet.</li>`]),
    );
  }
  // Update the progress in place.
  draw() {
    const job = this.id ? this.app.jobs.known.get(this.id) : null;
    if (!job || job === this.drawn) return;
    const before = this.drawn,
      bar = this.state.querySelector("progress"),
      now = this.state.querySelector(".now");
    this.drawn = job;
    if (before?.status === job.status && job.status === "processing" && bar && now) {
      bar.value = job.progress;
      now.textContent = nowOf(job);
      return;
    }
    const isHeld = this.one.contains(document.activeElement),
      isDone = job.status === "completed";
    this.title.textContent = nameOf(job);
    document.title = `${nameOf(job)} · map4`;
    this.heard.element.hidden = !isDone;
    this.acts.replaceChildren(
      ...(isDone ? this.actsOf(job) : []),
      dom`<a class="button" href=${place("unmix")}>Un-mix another…</a>`,
    );
    this.state.replaceChildren(
      ...(isDone
        ? []
        : isFinal(job)
          ? [
              stateOf(
                job.status === "failed" ? "error" : "empty",
                job.status === "failed"
                  ? sentence(job.error?.message ?? "Failed")
                  : "Cancelled. The recording was deleted.",
                { title: "Upload again…", run: () => this.app.go("unmix") },
              ),
            ]
          : [this.progressOf(job)]),
    );
    this.lead.textContent = isDone
      ? playedIn(/** @type {Served.Unmix} */ (job.result))
      : isFinal(job)
        ? ""
        : "Looking for your tracks. You may close this page.";
    if (isDone) this.heard.show(/** @type {Served.Unmix} */ (job.result));
    if (isHeld) this.title.focus(); // the button pressed has gone
  }
  /** @param {Served.Job} job */
  progressOf(job) {
    const cancel = () => this.app.jobs.ask(`jobs/${job.id}/cancel`, {});
    return dom`<div class="way">
      <progress max="1" value=${job.progress} aria-label="Progress" />
      <p class="line">
        <small class="now" dir="auto">${nowOf(job)}</small>
        <button onclick=${() => this.app.tried(cancel)}>Cancel</button>
      </p>
    </div>`;
  }
  /** @param {Served.Job} job */
  actsOf(job) {
    const made = /** @type {Served.Unmix} */ (job.result),
      ids = idsOf(made);
    const act = (/** @type {string} */ title, /** @type {() => Promise<unknown>} */ run) =>
      dom`<button disabled=${!ids.length} onclick=${() => this.app.tried(run)}>${title}</button>`;
    const files = [
      ...FILES,
      ...(job.options.chapters
        ? [/** @type {[string, string]} */ (["chapters", "With chapters"])]
        : []),
    ];
    return [
      act("Save as list…", () => this.keepList(job, ids)),
      act("Save as history…", () => this.keepHistory(job)),
      dom`<span class="files">
        Download: ${files.map(
          ([form, title]) =>
            dom`<a
              class="button"
              href=${address(`unmix/${job.id}/file?format=${form}`)}
              download=${""}
              aria-label=${`Download: ${title}`}
            >
              ${title}
            </a>`,
        )}
      </span>`,
    ];
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
      { duration_s } = /** @type {Served.Unmix} */ (job.result),
      lasts = 1000 * (duration_s ?? 0);
    const at = began ? new Date(began) : ended ? new Date(Date.parse(ended) - lasts) : null;
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
            value: at ? localOf(at) : undefined,
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
function nowOf({ status, progress, eta_s: left, current_file: now, waiting_for: why }) {
  if (status === "pending") return "Starts when a job slot is free.";
  if (status === "waiting") return sentence(why ?? "Waiting");
  return dotted(
    `${Math.floor(100 * progress)} %`,
    left === null ? null : `${clock(left)} left`,
    now,
  );
}
// A moment in the format of a date field, in local time.
/** @param {Date} at */
function localOf(at) {
  return new Date(at.getTime() - 60_000 * at.getTimezoneOffset()).toISOString().slice(0, 16);
}

/** @param {Page.App} app */
export const make = (app) => new Unmix(app);
