// Recorded sets: uploaded, analysed and shown on the clock; then saved as a list, a history or a
// file.
import { State } from "../../../page/parts/components.js";
import { computed, drawn, html, resource, signal } from "../../../page/parts/html.js";
import { formInDialog, settled } from "../../../page/parts/dialog.js";
import { setTimeline, idsOf, isClip, playedIn } from "./set_timeline.js";
import { Way, uploadForm } from "./upload.js";
import { freeName } from "../../../page/parts/new_list.js";
import { isFinal, stateText } from "../../../page/source/jobs.js";
import { address, place } from "../../../page/source/server.js";
import { ago, countOf, dotted, localText } from "../../../page/parts/wording.js";

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
const unmixOf = (job) => /** @type {Served.Unmix} */ (job.result);
/** @param {Served.Job} job */
const stemOf = (job) => nameOf(job).replace(/\.[^.]+$/, "");

/** @param {Page.App} app @returns {Page.View} */
export function make(app) {
  const { server, jobs } = app,
    id = signal(/** @type {string | null} */ (null)),
    shown = computed(() => jobs.known.value.get(id.value ?? "")),
    made = computed(() => (shown.value?.status === "completed" ? unmixOf(shown.value) : null)),
    recent = /** @type {Page.Resource<{ jobs: Served.Job[] }>} */ (resource()),
    followed = /** @type {Set<string>} */ (new Set()),
    Timeline = setTimeline(app, () => made.value?.tracks ?? []),
    Sends = uploadForm(app, (job) => {
      if (element.checkVisibility() && !id.value) app.go(`unmix/${job.id}`);
      else app.say(`${nameOf(job)} is uploaded; Library shows its progress.`);
    });

  function Head() {
    const job = shown.value,
      lead = !id.value
        ? "Detects which of your tracks a recorded set contains: when, at which speed, and how " +
          "each was mixed into the next."
        : made.value
          ? playedIn(made.value)
          : job && !isFinal(job) && "Looking for your tracks. You may close this page.";
    return html`<h1 tabindex="-1">${id.value ? job && nameOf(job) : "Un-mix a recording"}</h1>
      <p class="lead">${lead}</p>`;
  }
  function Earlier() {
    const { value } = recent;
    if (!value?.jobs.length) return html`<li class="unknown">${value && "Nothing yet."}</li>`;
    return value.jobs.map(
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
  function Progress() {
    const job = shown.value;
    if (!job || made.value) return null;
    if (isFinal(job))
      return html`<${State}
        kind=${job.status === "failed" ? "error" : "empty"}
        text=${job.status === "failed" ? resultOf(job) : "Cancelled. The recording was deleted."}
        act=${{ title: "Upload again…", run: () => app.go("unmix") }}
      />`;
    const stop = () => app.tried(() => jobs.ask(`jobs/${job.id}/cancel`, {}));
    return html`<${Way} share=${job.progress} text=${stateText(job)} word="Cancel" stop=${stop} />`;
  }
  function Acts() {
    const job = shown.value,
      ids = made.value ? idsOf(made.value) : [];
    if (!job || !made.value || isClip(made.value)) return null;
    const files = job.options.chapters ? [...FILES, ["chapters", "With chapters"]] : FILES;
    /** @param {string} title @param {() => unknown} run */
    const act = (title, run) =>
      html`<button disabled=${!ids.length} onclick=${() => app.tried(run)}>${title}</button>`;
    return html`
      ${act("Save as list…", () => saveList(app, job, ids))}
      ${act("Save as history…", () => saveHistory(app, job))}
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
  const element = drawn("div", { class: "unmix desk" }, () => [
    html`<div><${Head} /></div>`,
    // Kept while a track list is shown: an upload goes on.
    html`<div class="choice" hidden=${Boolean(id.value)}>
      <${Sends} />
      <section aria-label="Earlier recordings">
        <h2>Earlier recordings</h2>
        <ul class="rows"><${Earlier} /></ul>
      </section>
    </div>`,
    id.value &&
      html`<p class="acts-of-set">
          <${Acts} />
          <a class="button" href=${place("unmix")}>Un-mix another…</a>
        </p>
        <${Progress} />
        ${made.value && html`<${Timeline} />`}`,
  ]);
  // The button pressed may go.
  shown.subscribe(() => {
    if (element.contains(document.activeElement)) settled(element, Promise.resolve());
  });
  return {
    element,
    async show({ id: now }) {
      id.value = now;
      if (!now) return recent.need(server.get(`jobs?kind=unmix&limit=${SHOWN}`));
      const job = await jobs.answered(server.get(`unmix/${now}`));
      if (id.value === now && element.checkVisibility()) document.title = `${nameOf(job)} · map4`;
      // Wait for the end here: events from before the page was listening are missed.
      if (isFinal(job) || followed.has(now)) return;
      followed.add(now);
      jobs.ended(now).catch(() => {});
    },
  };
}

/** @param {Page.App} app @param {Served.Job} job @param {string[]} ids */
async function saveList(app, job, ids) {
  await formInDialog("Save as list", {
    text: "Your tracks in the order they were played.",
    submit: "Save",
    fields: [{ name: "name", label: "Name", value: await freeName(app, stemOf(job)) }],
    done: async ({ name }) => {
      const list = await app.server.ask("POST", "lists", { name, tracks: ids }),
        undo = () => app.server.ask("DELETE", `lists/${list.id}`);
      app.say(`${name} is saved; see Sets`, { undo });
    },
  });
}
/** @param {Page.App} app @param {Served.Job} job */
async function saveHistory(app, job) {
  const { began, ended } = job.options,
    lasts = 1000 * (unmixOf(job).duration_s ?? 0),
    at = began ? Date.parse(began) : ended ? Date.parse(ended) - lasts : null;
  await formInDialog("Save as history", {
    text: "When each track was played and how it was mixed into the next, as in DJ programs.",
    submit: "Save",
    fields: [
      { name: "save", label: "Name", value: await freeName(app, stemOf(job)) },
      {
        name: "began",
        label: "Start of the recording",
        type: "datetime-local",
        value: at ? localText(at).slice(0, "2026-01-31T22:00".length) : undefined,
        hint: at ? "From the time of the file." : undefined,
      },
      { name: "keep", label: "Also count each track as played then", type: "check", value: "yes" },
    ],
    done: async ({ save, began: typed, keep }) => {
      const { plays, step } = await app.server.ask("POST", `unmix/${job.id}/keep`, {
          save,
          keep,
          began: new Date(typed).toISOString(),
        }),
        counts = keep ? `; ${countOf(plays, "new play")}` : "";
      const undo = () => app.server.ask("POST", "unmix/undo", { step });
      app.say(`${save} is saved; see Sets, Played${counts}`, { undo });
    },
  });
}

/** @param {Served.Job} job */
function resultOf(job) {
  if (job.status === "completed") return playedIn(unmixOf(job));
  return stateText(job) || "cancelled";
}
