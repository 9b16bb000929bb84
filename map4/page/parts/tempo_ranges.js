// The tempo ranges of a library: which are set, with Undo, and a form that sets one.
import { formInDialog } from "./dialog.js";
import { buttonOf } from "./components.js";
import { html, resource } from "./html.js";
import { counted, quoted, tracksOf } from "./wording.js";
import { LONG_MS } from "../source/server.js";

const ALL = "all tracks",
  OTHER = "\0"; // no query is this

// The choices of tracks: all, those of a view's query, a folder, and a query to type.
/** @param {string | null} query @param {string | null} folder @returns {[string, string][]} */
export const scopesOf = (query, folder) => [
  ["", ALL],
  ...(query ? [/** @type {[string, string]} */ ([query, query])] : []),
  ...(folder ? [/** @type {[string, string]} */ ([`path:${quoted(folder)}`, folder])] : []),
  [OTHER, "a genre or another query"],
];
/** @param {Page.Values} values */
export const bodyOf = ({ scope, query = "", range }) => ({
  range: range.trim(),
  query: scope === OTHER ? query.trim() : scope,
});
/** @param {Served.TempoRangeChange} change */
export const changeWords = ({ query, range, changed, outside }) =>
  `${query || ALL}: ${range ? `${range} BPM` : "no tempo range"}; ${tracksOf(changed)} changed` +
  (outside ? `, ${tracksOf(outside)} without a tempo inside` : "");

/**
 * Resolves when closed: to true if the form set a range.
 * @param {Page.App} app
 * @param {{ query?: string | null, folder?: string | null }} [about]  tracks to offer
 */
export function openTempoRanges(app, { query = null, folder = null } = {}) {
  const ranges = /** @type {Page.Resource<Served.TempoRanges>} */ (resource()),
    load = () => ranges.ask(app.server.get("tempo-ranges")),
    ask = (/** @type {string} */ path, /** @type {object} */ body) =>
      app.server.ask("POST", path, body, { patience: LONG_MS }),
    undo = () => ask("tempo-ranges/undo", {}),
    set = async (/** @type {object} */ body) =>
      app.say(changeWords(await ask("tempo-ranges", body)), { undo }),
    then = (/** @type {() => Promise<unknown>} */ run) => () =>
      app.tried(async () => {
        await run();
        await load();
      });
  load();
  function Ranges() {
    if (!ranges.value?.ranges.length)
      return html`<p>${ranges.error?.message ?? (ranges.value && "No range is set.")}</p>`;
    return html`<div class="ranges"><ul aria-label="Set ranges">
        ${ranges.value.ranges.map(
          ({ query: one, range, tracks, outside }) =>
            html`<li key=${one}>
              <span>
                <b>${range}</b> for <bdi>${one || ALL}</bdi>: ${tracksOf(tracks)}
                ${outside > 0 && `, ${counted(outside)} without a tempo inside`}
              </span>
              ${buttonOf(
                "Remove",
                `Remove ${range} for ${one || ALL}`,
                then(() => set({ range: null, query: one })),
              )}
            </li>`,
        )}
      </ul>
      <button onclick=${then(undo)}>Undo the last change</button></div>`;
  }
  return formInDialog("Tempo ranges", {
    text: html`<p>Of the tempi of a track, such as 87 and 174 BPM, only those inside count.</p>
        <${Ranges} />`,
    submit: "Set the range",
    fields: [
      { name: "scope", label: "For", type: "select", choices: scopesOf(query, folder) },
      { name: "range", label: "BPM", value: "80..159", hint: "An octave at least" },
    ],
    more: ({ scope }) =>
      scope === OTHER
        ? [{ name: "query", label: "Query", hint: "Words, genre:, artist:, year: or path:" }]
        : [],
    done: (values) => set(bodyOf(values)),
  });
}
