// What would change, file by file, before it does; then a job does it as it was shown, and a toast takes it back.
import { element } from "./element.js";
import { formOf } from "./form.js";
import { bodyOf } from "./options.js";
import { counted, fileOf, folderOf } from "./wording.js";
/** @import { App } from "../app.js" */
/** @import { Job } from "../source/jobs.js" */
/** @import { Field } from "./form.js" */

/**
 * @typedef {object} Planned  a plan as `POST /plans/KIND` gives it
 * @property {string} id
 * @property {string} summary
 * @property {string[]} warnings
 * @property {number} count
 * @property {{ path: string, fields: { name: string, before: string | null, after: string | null }[], problem: string | null }[]} changes
 * @property {number} left_alone
 *
 * @typedef {object} Wanted
 * @property {string} title
 * @property {string} kind  the plan's, as its route has it
 * @property {object} [body]
 * @property {(Field & { isNumber?: boolean })[]} [options]  asked before the plan is made
 * @property {(values: import("./form.js").Values) => object | FormData} [bodyOf]  what is sent of them
 * @property {(count: number) => string} submit  what the button says that has it done
 * @property {(count: number) => string} said  what is said then
 */

/** @param {App} app @param {Wanted} wanted @returns {Promise<Job | null>} the job that did it; null where it was left */
export function planned(app, wanted) {
  const { title, kind, options } = wanted;
  return new Promise((closed) => {
    const head = element("h2", { tabindex: "-1" }, title), inside = element("div", {});
    const dialog = element("dialog", { class: "plan", "aria-label": title, onclose: () => { dialog.remove(); closed(done); } }, head, inside);
    const close = () => dialog.close();
    /** @type {Promise<Job | null> | null} */
    let done = null;
    /** @param {object | FormData} body */
    const make = async (body) => {
      /** @type {Planned} */
      const plan = await app.server.ask("POST", `plans/${kind}`, body);
      const begin = formOf({ fields: [], submit: plan.count ? wanted.submit(plan.count) : "Close", leave: plan.count ? close : undefined,
        done: async () => {
          if (plan.count) done = carriedOut(app, await app.jobs.ask(`plans/${plan.id}`, {}), wanted);
          close();
        } });
      inside.replaceChildren(...shownPlan(plan), begin);
      begin.querySelector("button")?.focus();
    };
    if (options) inside.append(formOf({ fields: options, submit: "Show what would change", leave: close, done: (typed) => make(wanted.bodyOf?.(typed) ?? { ...wanted.body, ...bodyOf(typed, options.filter(({ isNumber }) => isNumber).map(({ name }) => name)) }) }));
    document.body.append(dialog);
    dialog.showModal();
    if (options) return;
    inside.replaceChildren(element("p", { role: "status" }, "Looking what would change…"));
    make(wanted.body ?? {}).catch((error) => inside.replaceChildren(element("p", { class: "told", role: "alert" }, error.message),
      element("p", { class: "buttons" }, element("button", { type: "button", class: "main", onclick: close }, "Close"))));
  });
}

/** @param {Planned} plan */
function shownPlan({ summary, warnings, count, changes, left_alone: left }) {
  const more = count + left - changes.length;
  return [element("p", {}, `${summary.charAt(0).toUpperCase()}${summary.slice(1)}${/[.!?]$/.test(summary) ? "" : "."}`),
    ...warnings.map((one) => element("p", { class: "warning" }, one)),
    element("ul", { class: "planned", tabindex: "0", "aria-label": "What would change" }, ...changes.map(({ path, fields, problem }) => element("li", { class: problem ? "left" : null },
      pathOf(path), problem ? element("span", { class: "problem" }, `left alone: ${problem}`) : null,
      ...fields.map(({ name, before, after }) => element("span", { class: "change" }, element("b", {}, name.replaceAll("_", " ")), " ", element("s", { dir: "auto" }, before ?? "–"), " → ", element("ins", { dir: "auto" }, after ?? "–"))))),
    more > 0 ? element("li", { class: "more" }, `and ${counted(more)} more`) : null)];
}

// A file by its name, with its folder below.
/** @param {string} path */
export function pathOf(path) {
  return element("span", { class: "file", title: path }, element("bdi", {}, fileOf(path)), element("small", {}, element("bdi", {}, folderOf(path))));
}

// Tells what became of a job of a plan, with the way back.
/** @param {App} app @param {Job} begun @param {Pick<Wanted, "said">} wanted @returns {Promise<Job>} */
async function carriedOut(app, begun, { said }) {
  const job = await app.jobs.ended(begun.id);
  if (job.status !== "completed") {
    app.say(job.error ? job.error.message : "It was cancelled: what was done until then stands in Work.");
    return job;
  }
  const { done = 0, left_alone: left = 0, problems = [], undo = null } = job.result ?? {};
  const why = problems[0] ? `: ${fileOf(problems[0].path)}: ${problems[0].problem}` : "";
  app.say(`${said(done)}${left ? `; ${counted(left)} left alone${why}` : ""}.`, undo ? { undo: () => takenBack(app, undo) } : undefined);
  return job;
}

// What a job of a plan did is made again what it was.
/** @param {App} app @param {{ plan: string, body: object }} undo */
export async function takenBack(app, { plan, body }) {
  const made = await app.server.ask("POST", `plans/${plan}`, body);
  const begun = await app.jobs.ask(`plans/${made.id}`, {});
  const { status, error } = await app.jobs.ended(begun.id);
  if (status !== "completed") throw new Error(error?.message ?? "It was cancelled.");
}
