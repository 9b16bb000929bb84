// The voices of a track below its waveform, and the job that finds them.
import { actsIn } from "../../../page/parts/acts.js";
import { colourOf } from "../../../page/parts/element.js";

/** @param {Page.App} app @param {string | undefined} id @param {string} voice */
const put = (app, id, voice) => app.server.ask("PUT", `tracks/${id}/voice`, { voice });
/** @param {Page.Span} span */
const timesOf = ({ start_s, end_s }) =>
  end_s > start_s ? [`${start_s.toFixed(3)}-${end_s.toFixed(3)}`] : [];

// A span whose end is dragged before its start is removed.
/** @param {Served.Track} track @param {Page.App} app @returns {Page.Span[]} */
export function lane({ id, extras }, app) {
  const about = { label: "voice", colour: colourOf("series2") },
    set = () => app.tried(() => put(app, id, spans.flatMap(timesOf).join() || "none")),
    change = app.server.me?.scopes.includes("correct") ? set : undefined;
  /** @type {Page.Span[]} */
  const spans = (extras?.voice?.spans ?? []).map((/** @type {Page.Span} */ { start_s, end_s }) => ({
    ...about,
    start_s,
    end_s,
    change,
  }));
  return spans;
}

/** @type {Record<string, Page.JobWords>} */
export const jobs = { voice: { title: "Voices" } };

/** @param {Page.App} app @returns {Page.ExchangeRow} */
export const exchange = (app) => ({
  title: "Voices",
  text: "Find where somebody sings, so that mixes avoid two voices at once.",
  acts: [["Find voices", () => app.jobs.ask("voice", {})]],
});

// Corrects the open track, and shows it again when its voices change.
/** @param {Page.App} app */
export function frame(app) {
  const open = () => /\/tracks\/([^/]+)$/.exec(location.pathname)?.[1];
  const none = () => put(app, open(), "none");
  const may = () => Boolean(open() && app.server.me?.scopes.includes("correct"));
  app.acts.add([actsIn("The track", app.tried)("no-voice", "Nobody sings here", "", may, none)]);
  app.changes.on("voice", (detail) =>
    app.changes.dispatchEvent(new CustomEvent("values", { detail })),
  );
}
