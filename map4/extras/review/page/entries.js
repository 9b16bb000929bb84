// Imported entries without a sure match, each beside the files that it may be.
import { clock, dotted } from "../../../page/parts/wording.js";

/** @param {Page.App} app @param {number} limit */
async function waiting({ server }, limit) {
  const { entries, count } = await server.get(`imports/review?limit=${limit}`);
  /** @param {Served.WaitingEntry} entry @returns {Page.Finding} */
  const row = ({ id, artist, title, album, duration_s, candidates }) => {
    const address = `imports/review/${encodeURIComponent(id)}`;
    /** @param {string | null} audio_id */
    const choose = (audio_id) => async () => {
      await server.ask("PUT", address, { audio_id });
      return () => server.ask("DELETE", address);
    };
    return {
      check: "review",
      path: title ?? "",
      audio_id: candidates[0]?.audio_id ?? null, // to hear it
      artist,
      title,
      detail: dotted(duration_s && clock(duration_s), album),
      choices: [
        ...candidates.map(({ audio_id, path, name, certainty, differs }) => ({
          label: name,
          caption: dotted(`${Math.round(100 * certainty)} %`, ...differs),
          hint: path,
          act: choose(audio_id),
        })),
        { label: "I don't have it", act: choose(null) },
      ],
    };
  };
  return { rows: entries.map(row), count };
}

/** @param {Page.App} app @returns {Page.Mending} */
export const mend = (app) => ({
  name: "review",
  title: "imported entries",
  head: "Imported entries without a sure match",
  advice: "Which file is it? A choice counts for all lists, also for later imports.",
  count: async () => (await app.server.get("imports/review?limit=0")).count,
  rows: (limit) => waiting(app, limit),
  acts: [["I have none of these", "not there", (choices) => choices.at(-1)]],
});
