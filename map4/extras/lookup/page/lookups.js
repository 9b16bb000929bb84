// Uncertain look-ups: a track beside the recordings it may be; the user chooses one or none.
import { clock, dotted } from "../../../page/parts/wording.js";

/** @param {Page.App} app @param {number} limit */
async function lookupsInDoubt({ server }, limit) {
  const { lookups, count } = await server.get(`lookups?limit=${limit}`);
  /** @param {Served.Lookup} one @returns {Page.Finding} */
  const row = ({ path, audio_id, provider, candidates, caption, about }) => {
    /** @param {string | null} recording */
    const decide = (recording) => async () => {
      const [id, by] = [audio_id, provider].map(encodeURIComponent);
      const address = `tracks/${id}/lookups/${by}`;
      const { error } = await server.ask("PUT", address, { recording });
      if (error) throw new Error(error.message);
      return () => server.ask("DELETE", address);
    };
    return {
      check: "lookup",
      path,
      audio_id,
      artist: null,
      title: caption,
      detail: dotted(about.duration_s && clock(about.duration_s), about.album, `from ${provider}`),
      choices: [
        ...candidates.map((one) => ({ ...choiceOf(one), act: decide(one.id) })),
        { label: "none of these", act: decide(null) },
      ],
    };
  };
  return { rows: lookups.map(row), count };
}

/** @param {Served.Lookup["candidates"][number]} one @returns {Page.Choice} */
function choiceOf({ artist, title, remark, duration_s, release, release_date, score, reasons }) {
  const name = [artist, title].filter(Boolean).join(" – "),
    year = release_date?.slice(0, 4);
  return {
    label: name,
    text: remark ? `${name} (${remark})` : name,
    caption: dotted(
      `${Math.round(100 * score)} %`,
      duration_s && clock(duration_s),
      release && `${release}${year ? ` (${year})` : ""}`,
    ),
    hint: reasons.join("; "),
  };
}

/** @param {Page.App} app @returns {Page.Mending} */
export const mend = (app) => ({
  name: "look-ups",
  title: "uncertain look-ups",
  head: "Uncertain look-ups",
  advice: "Which recording is it? After you choose, its details are looked up.",
  count: async () => (await app.server.get("lookups?limit=0")).count,
  rows: (limit) => lookupsInDoubt(app, limit),
  acts: [
    ["Use the best match of each", "best match used", (choices) => choices[0]],
    ["Reject all", "none of these", (choices) => choices.at(-1)],
  ],
});
