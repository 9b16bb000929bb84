// The voices of a track below its waveform, and the job that finds them.
import { actsIn } from "../../../page/parts/acts.js";
import { colourOf } from "../../../page/parts/element.js";

/** @param {Served.Track} track @returns {Page.Span[]} */
export const lane = ({ extras }) =>
  /** @type {Page.Span[]} */ (extras?.voice?.spans ?? []).map(({ start_s, end_s }) => ({
    start_s,
    end_s,
    label: "voice",
    colour: colourOf("series2"),
  }));

/** @type {Record<string, Page.JobWords>} */
export const jobs = { voice: { title: "Voices" } };

/** @param {Page.App} app @returns {Page.ExchangeRow} */
export const exchange = (app) => ({
  title: "Voices",
  text: "Find where somebody sings, so that mixes avoid two voices at once.",
  acts: [["Find voices", () => app.jobs.ask("voice", {})]],
});

// Corrects the open track.
/** @param {Page.App} app */
export function frame(app) {
  const open = () => /\/tracks\/([^/]+)$/.exec(location.pathname)?.[1];
  const may = () => Boolean(open() && app.server.me?.scopes.includes("correct"));
  const none = () => app.server.ask("PUT", `tracks/${open()}/voice`, { voice: "none" });
  app.acts.add([actsIn("The track", app.tried)("no-voice", "Nobody sings here", "", may, none)]);
}
