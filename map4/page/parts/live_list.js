// Live lists: saved searches. The dialog shows the current number of tracks while typing.
import { formInDialog } from "./dialog.js";
import { bodyOf } from "./options.js";
import { rulesAbove } from "./rules.js";
import { clock, tracksOf } from "./wording.js";

export const SIGN = "↻";
const MOST = 10_000,
  NUMBERS = ["n", "minutes", "per_artist", "per_album"];

const CURVES = "Such as wave, warm_up or 0:.3,100:.9. Empty: not mixed";
/** @type {[keyof Served.LiveList, string, string?][]} */
const FIELDS = [
  ["query", "As text", "Empty: every track"],
  ["sort", "Order", "Such as bpm, added- or random. Empty: by path"],
  ["shuffle", "Random order", "daily, weekly, or a number"],
  ["n", "Maximum tracks"],
  ["minutes", "Or length in minutes"],
  ["per_artist", "Maximum tracks per artist"],
  ["per_album", "Maximum tracks per album"],
  ["curve", "Mix along this energy curve", CURVES],
  ["tempo_curve", "Mix along this tempo", "Minutes and BPM: 0:100,60:130. Empty: not mixed"],
];

/** @param {Partial<Served.LiveList>} live @returns {Page.Field[]} */
const fieldsOf = (live) =>
  FIELDS.map(([name, label, hint]) => {
    const value = name === "n" && (live.n ?? MOST) >= MOST ? "" : String(live[name] ?? "");
    return { name, label, hint, value, isOptional: true };
  });

// The typed values as the server expects them.
/** @param {Page.Values} values @param {string[]} seeds */
const liveOf = ({ name: _, query, ...others }, seeds) => ({
  query,
  seeds,
  ...bodyOf(others, NUMBERS),
});

/**
 * Edits and saves a live list. Resolves to its id, or null if cancelled.
 * @param {Page.App} app
 * @param {{ id?: string, name?: string, live?: Partial<Served.LiveList> }} list  new without an id
 * @returns {Promise<string | null>}
 */
export async function saveLive(app, { id, name = "", live = {} }) {
  const { server } = app,
    seeds = live.seeds ?? [];
  const [query, ...others] = fieldsOf(live),
    named = /** @type {Page.Field[]} */ (id ? [] : [{ name: "name", label: "Name", value: name }]);
  return formInDialog(id ? `Search of ${name}` : "Save as live list", {
    submit: "Save",
    fields: [...named, { ...query, above: (input) => rulesAbove(server, input) }, ...others],
    preview: async (values) => {
      const params = Object.entries(liveOf(values, seeds)).flatMap(([field, value]) =>
          [value].flat().map((one) => [field, String(one)]),
        ),
        path = `lists/live?${new URLSearchParams(params)}`,
        { tracks, duration_s: lasts } = await server.get(/** @type {"lists/live"} */ (path));
      return `${tracksOf(tracks)} now${tracks ? `, ${clock(lasts)}` : ""}`;
    },
    done: async (values) => {
      const change = (/** @type {object} */ live) => server.ask("PATCH", `lists/${id}`, { live }),
        search = liveOf(values, seeds),
        saved = id
          ? await change(search)
          : await server.ask("POST", "lists", { name: values.name, live: search });
      app.say(`${saved.name} saved: ${tracksOf(saved.ids.length)} now`, {
        undo: () => (id ? change({ ...live, seeds }) : server.ask("DELETE", `lists/${saved.id}`)),
      });
      return saved.id;
    },
  });
}

// Edits a list that may not be open; undo restores its version.
/** @param {Page.App} app @param {string} id @param {string} what @param {() => unknown} op */
export const editList = ({ server, say, tried }, id, what, op) =>
  tried(async () => {
    const { version } = await server.get(`lists/${id}`),
      edit = (/** @type {any} */ one) => server.ask("POST", `lists/${id}/ops`, one);
    await edit(await op());
    say(what, { undo: () => edit({ op: "restore", version }) });
  }, what);
// Turns a live list into a normal list with its current tracks.
/** @param {Page.App} app @param {{ id: string, name: string }} list */
export const makeNormal = (app, { id, name }) =>
  editList(app, id, `${name} is a normal list now`, () => ({ op: "stand" }));
