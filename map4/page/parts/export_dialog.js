// Exports to a file. The server declares the formats and the options of each.
import { address } from "../source/server.js";
import { read, write } from "./acts.js";
import { formInDialog } from "./dialog.js";
import { html } from "./html.js";
import { choicesOf } from "./options.js";
import { tracksOf } from "./wording.js";

// Offered first, by the beginnings of their names.
const FIRST = ["rekordbox", "traktor", "serato", "virtualdj", "navidrome", "m3u8"],
  GRIDS = Object.entries({ none: "none", with_grid: "all", measured_grid: "only map4's own" });
/**
 * @param {Page.App} app
 * @param {object} what
 * @param {string} what.title
 * @param {string} [what.name]  the suggested name
 * @param {boolean} [what.isLive]  whether formats of live lists are offered
 * @param {Page.Field[]} [what.fields]  further fields, for `what.body`
 * @param {(typed: Page.Values) => object | Promise<object>} what.body  what is exported, in the
 *   request
 */
export async function exportDialog(app, { title, name = "map4", isLive = false, fields, body }) {
  const { server } = app,
    key = `map4.export.${server.me?.account?.id ?? 0}`,
    // the last format, and the options by format
    chosen = /** @type {Page.Values} */ (JSON.parse(read(key) ?? "{}"));
  const { formats } = await server.get("exports/formats"),
    offered = inOrder(formats.filter(({ live }) => isLive || !live)),
    named = offered.map(
      ({ name, about }) => /** @type {[string, string]} */ ([name, `${name}: ${about}`]),
    ),
    count = offered.filter(({ name }) => rankOf(name) <= FIRST.length).length,
    optionsOf = (/** @type {string} */ to) =>
      offered.find((format) => format.name === to)?.options ?? [];
  await formInDialog(title, {
    submit: "Export",
    fields: [
      ...(fields ?? []),
      {
        name: "to",
        label: "Format",
        type: "select",
        value: chosen.to ?? offered[0].name,
        choices: named.slice(0, count),
        others: named.slice(count),
      },
      { name: "name", label: "Name", value: name, hint: "Of the file, and its title" },
    ],
    more: ({ to }) => fieldsOf(optionsOf(to), chosen[to]),
    done: async (typed) => {
      const { to, name } = typed,
        options = optionsOf(to);
      write(key, JSON.stringify({ ...chosen, to, [to]: typed }));
      const { id } = await app.jobs.ask("exports", {
          to,
          name,
          ...membersOf(options, typed),
          ...(await body(typed)),
        }),
        { status, error, result } = await app.jobs.ended(id);
      if (status !== "completed") throw new Error(error?.message ?? "The export was cancelled.");
      const messages = [`${tracksOf(result?.tracks ?? 0)} exported.`, ...(result?.remarks ?? [])],
        href = address(`exports/${id}/file`),
        file = html`<a class="button main" href=${href} download>Save file</a>`,
        press = (/** @type {HTMLElement | null} */ host) => host?.querySelector("a")?.click();
      return html`<div ref=${press}>${messages.map((text) => html`<p>${text}</p>`)}${file}</div>`;
    },
  });
}

// DJ programs come first, then players and files.
/** @param {Served.ExportFormat[]} formats */
export const inOrder = (formats) => [...formats].sort((a, b) => rankOf(a.name) - rankOf(b.name));
/** @param {string} name */
const rankOf = (name) => FIRST.findIndex((one) => name.startsWith(one)) + 1 || FIRST.length + 1;

/**
 * The fields for the options of a format.
 * @param {Served.FormOption[]} options @param {Page.Values} [last]  what was chosen the last time
 * @returns {Page.Field[]}
 */
export const fieldsOf = (options, last = {}) =>
  options.flatMap(({ name, label, about: hint, kind, choices, value: usual }) => {
    const value = last[name] ?? usual ?? "";
    const field = { name, label, hint };
    if (name === "measured_grid") return []; // a choice of "with_grid"
    if (name === "with_grid")
      return { ...field, type: "select", value: value === true ? name : value, choices: GRIDS };
    if (kind === "switch") return { ...field, type: "check", value: value ? "yes" : "" };
    if (kind !== "choice")
      return { ...field, type: kind === "texts" ? "lines" : "text", value, isOptional: true };
    const named = choicesOf(choices);
    return {
      ...field,
      type: "select",
      value,
      choices: usual === null ? [["", "default"], ...named] : named,
    };
  });

/**
 * The options of a format as members of a request.
 * @param {Served.FormOption[]} options @param {Page.Values} typed
 */
export function membersOf(options, typed) {
  /** @type {Record<string, any>} */
  const members = {};
  for (const { name, kind } of options) {
    const [member, part] = name.split("."),
      own = name.endsWith("_grid") ? typed.with_grid === name : typed[name],
      value = kind === "texts" ? linesOf(own) : own;
    if (value === "" || value?.length === 0) continue;
    if (part) members[member] = { ...members[member], [part]: value };
    else members[name] = value;
  }
  return members;
}

/** @param {string} text */
const linesOf = (text) => text.split("\n").flatMap((line) => line.trim() || []);
