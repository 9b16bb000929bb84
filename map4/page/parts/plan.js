// Previews changes file by file; then a job applies them as shown, and a toast offers undo.
import { FileName } from "./components.js";
import { formInDialog } from "./dialog.js";
import { html } from "./html.js";
import { bodyOf } from "./options.js";
import { counted, fileOf } from "./wording.js";
import { sentence } from "../source/problem.js";

/**
 * @typedef {object} Wanted
 * @property {string} title
 * @property {string} kind  of plan, as in its route
 * @property {object} [body]
 * @property {(Page.Field & { isNumber?: boolean })[]} [options]  filled in before planning
 * @property {(count: number) => string} submit  label of the button that applies the plan
 * @property {(count: number, result: Record<string, any>) => string} message  message when done
 */

const MOST_SHOWN = 500; // changes, as the server does

// A step that can be undone, as a row.
/** @param {{ what: string, about: string, undone: Page.Child, act: Page.Child }} step */
export const UndoRow = ({ what, about, undone, act }) => html`<li>
  <div><b>${what}</b><small dir="auto">${about}</small></div>
  ${undone ? html`<span class="none">${undone}</span>` : act}
</li>`;

/**
 * @param {Page.App} app @param {Wanted} wanted
 * @returns {Promise<Served.Job | null>} the job; null if cancelled
 */
export async function planned(app, wanted) {
  const { title, kind, options, body = {} } = wanted,
    path = /** @type {"plans/tags"} */ (`plans/${kind}`), // as of any kind
    make = (/** @type {object} */ what) => app.server.ask("POST", path, what),
    numbers = options?.flatMap(({ isNumber, name }) => (isNumber ? [name] : []));
  /** @type {Promise<Served.Job | null> | null} */
  let done = null;
  const plan = options
    ? await formInDialog(title, {
        class: "plan",
        fields: options,
        submit: "Preview the changes",
        done: (typed) =>
          make("file" in typed ? formOfFile(typed) : { ...body, ...bodyOf(typed, numbers) }),
      })
    : await app.tried(() => make(body));
  if (plan)
    await formInDialog(title, {
      class: "plan",
      text: html`<${Plan} ...${plan} />`,
      submit: plan.count ? wanted.submit(plan.count) : "Close",
      leave: plan.count ? undefined : null,
      done: async () => {
        if (plan.count)
          done = reportResult(app, await app.jobs.ask(`plans/${plan.id}`, {}), wanted);
      },
    });
  return done;
}

// A file with its options, to upload.
/** @param {Page.Values} typed */
function formOfFile(typed) {
  const form = new FormData();
  for (const [name, value] of Object.entries(typed))
    for (const one of [value].flat()) if (one) form.append(name, one);
  return form;
}

/** @param {Served.Plan} plan */
function Plan({ kind, summary, warnings, count, changes, left_alone: left }) {
  // Of an import, tracks whose current values stay are not listed.
  const more = kind === "import" && changes.length < MOST_SHOWN ? 0 : count + left - changes.length;
  return html`<p>${sentence(summary)}</p>
    ${warnings.map((one) => html`<p class="warning">${sentence(one)}</p>`)}
    <${Changes} changes=${changes} more=${more} />`;
}
// Changes by file.
/** @param {{ changes: Pick<Served.PlannedChange, "path" | "fields" | "problem">[], more: number }}
 *    about */
export const Changes = ({ changes, more }) => html`<ul
  class="planned"
  tabindex="0"
  aria-label="Planned changes"
  hidden=${!changes.length}
>
  ${changes.map(
    ({ path, fields, problem }) =>
      html`<li class=${problem ? "left" : ""}>
        <${FileName} path=${path} />
        ${problem && html`<span class="problem">skipped: ${problem}</span>`}
        ${fields.map(
          ({ name, before, after }) =>
            html`<span class="change">
              <b>${name.replaceAll("_", " ")}</b> <s dir="auto">${before ?? "–"}</s>${" → "}
              <ins dir="auto">${after ?? "–"}</ins>
            </span>`,
        )}
      </li>`,
  )}
  ${more > 0 && html`<li class="more">and ${counted(more)} more</li>`}
</ul>`;

// Reports the result of a planned job, with undo.
/** @param {Page.App} app @param {Served.Job} begun @param {Pick<Wanted, "message">} wanted */
async function reportResult(app, begun, { message }) {
  app.say("Started. Library shows the progress.");
  const job = await app.jobs.ended(begun.id);
  if (job.status !== "completed") {
    app.say(job.error ? job.error.message : "Cancelled. Library shows what was done so far.");
    return job;
  }
  const result = job.result ?? {},
    { done = 0, left_alone: left = 0, problems = [], undo = null } = result;
  const why = problems[0] ? `: ${fileOf(problems[0].path)}: ${problems[0].problem}` : "";
  app.say(
    `${message(done, result)}${left ? `; ${counted(left)} skipped${why}` : ""}.`,
    undo ? { undo: () => undoJob(app, undo) } : undefined,
  );
  return job;
}

// Undoes a planned job.
/** @param {Page.App} app @param {{ plan: string, body: object }} undo */
async function undoJob(app, { plan, body }) {
  const undoPlan = await app.server.ask("POST", `plans/${plan}`, body);
  const begun = await app.jobs.ask(`plans/${undoPlan.id}`, {});
  const { status, error, result } = await app.jobs.ended(begun.id);
  if (status !== "completed") throw new Error(error?.message ?? "Cancelled.");
  return { changes: result?.problems ?? [] };
}
