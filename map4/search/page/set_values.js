// Sets values of several tracks, with a live preview.
import { formInDialog } from "../../page/parts/dialog.js";
import { html } from "../../page/parts/html.js";
import { bodyOf, schemas } from "../../page/parts/options.js";
import { Changes } from "../../page/parts/plan.js";
import { counted, titleOf } from "../../page/parts/wording.js";
/** @typedef {Served.Set & { names: string[] }} SetResult */

const MOST_SHOWN = 50,
  NO_VALUE = ["factor", "q", "dry_run"],
  WORDS = ["mark", "unmark"];

/** @param {Page.App} app @param {string[]} ids @returns {Promise<SetResult | null>} */
export async function setValues({ server }, ids) {
  const { properties = {} } = (await schemas(server)).ValueEdits;
  const about = new Map(
    Object.entries(properties).filter(
      ([name, one]) =>
        !NO_VALUE.includes(name) &&
        (WORDS.includes(name) || !/"(array|object|boolean)"|\$ref/.test(JSON.stringify(one))),
    ),
  );
  const numbers = [...about].flatMap(([name, one]) =>
    /"(number|integer)"/.test(JSON.stringify(one)) ? [name] : [],
  );
  const send = (/** @type {object} */ set) => server.ask("PUT", "tracks", { tracks: ids, ...set });
  const count = ids.length === 1 ? "" : ` of ${counted(ids.length)} tracks`;
  return formInDialog(`Set values${count}`, {
    text: "Empty fields are not changed.",
    submit: "Set",
    fields: [...about].map(([name, { description }]) => ({
      name,
      label: titleOf(name),
      hint: WORDS.includes(name)
        ? `${description} Separate several with ;.`
        : description?.replace(/^The [a-z ]+\.$/, ""), // says no more than the label
      isOptional: true,
    })),
    preview: async (values) => {
      const set = edits(values, numbers);
      if (!Object.keys(set).length) return null;
      return changesOf((await send({ ...set, dry_run: true })).changes);
    },
    done: async (values) => {
      const set = edits(values, numbers);
      return { ...(await send(set)), names: Object.keys(set) };
    },
  });
}

// The typed values as a request body.
/** @param {Record<string, string>} values @param {string[]} numbers */
function edits(values, numbers) {
  const body = bodyOf(values, numbers);
  for (const name of WORDS)
    if (name in body)
      body[name] = body[name].split(";").flatMap((/** @type {string} */ one) => one.trim() || []);
  return body;
}

/** @param {Served.ValueChange[]} changes */
function changesOf(changes) {
  const others = changes.filter(({ changed, problem }) => changed || problem),
    shown = others.slice(0, MOST_SHOWN).map(({ path, name, old, new: after, problem }) => ({
      ...{ path, problem },
      fields: problem ? [] : [{ name, before: old, after }],
    }));
  const summary = shown.length ? `${counted(others.length)} would change:` : "No changes.";
  return html`<p>${summary}</p>
    <${Changes} changes=${shown} more=${others.length - shown.length} />`;
}
