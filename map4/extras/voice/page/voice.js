// The voices of a track below its waveform, and the job that finds them.
import { actsIn } from "../../../page/parts/acts.js";
import { colourOf } from "../../../page/parts/element.js";

/** @param {Page.Span[]} spans */
const textOf = (spans) =>
  spans.map(({ start_s, end_s }) => `${start_s.toFixed(3)}-${end_s.toFixed(3)}`).join() || "none";
/** @param {Page.App} app @param {string | undefined} id @param {Page.Span[]} spans */
const setVoices = (app, id, spans, edit = onlySent(app)) =>
  edit({ voice: { spans } }, "voices of the track", async () => {
    const { current, extras } = await app.server.get(`tracks/${id}`),
      was = extras?.voice?.source === "user" ? textOf(extras.voice.spans) : "auto",
      send = (voice = textOf(spans)) => app.server.ask("PUT", `tracks/${id}/voice`, { voice });
    await send();
    app.say(`Voices of ${current.name} changed`, { undo: () => send(was), redo: () => send() });
  });
/** @param {Page.App} app @returns {Page.EditExtras} */
const onlySent = (app) => (_, what, send) => app.tried(send, what);

// A drawn span is a voice; a span whose end is dragged before its start is removed.
/** @type {Page.Places["lane"]} */
export function lane({ id, file, extras }, app, edit) {
  const isVoice = (/** @type {Page.Span} */ span) => span.change && span.end_s > span.start_s,
    set = () => setVoices(app, id, spans.filter(isVoice), edit),
    change = app.server.may("correct") ? set : undefined,
    /** @type {(start_s: number, end_s?: number) => Page.Span} */
    voice = (start_s, end_s = start_s) => {
      return { start_s, end_s, change, label: "voice", colour: colourOf("series2") };
    },
    known = /** @type {Page.Span[] | undefined} */ (extras?.voice?.spans);
  /** @type {Page.Lane} */
  const spans = (known ?? []).map(({ start_s, end_s }) => voice(start_s, end_s));
  if (change) spans.draw = voice;
  const label = known ? "no voice" : "draw where somebody sings";
  if (change && !spans.length) spans.push({ start_s: 0, end_s: file?.duration_s ?? 0, label });
  return spans;
}

/** @type {Record<string, Page.JobWords>} */
export const jobs = { voice: { title: "Voices" } };

/** @param {Page.App} app @returns {Page.ExchangeRow} */
export const tools = (app) => ({
  title: "Voices",
  text: "Find where somebody sings, so that mixes avoid two voices at once.",
  acts: [["Find voices", () => app.jobs.ask("voice", {})]],
});

// Corrects the open track, and shows it again when its voices change.
/** @param {Page.App} app */
export function frame(app) {
  const open = () => /\/tracks\/([^/]+)$/.exec(location.pathname)?.[1],
    none = () => setVoices(app, open(), []),
    may = () => app.server.may("correct") && Boolean(open());
  app.acts.add([actsIn("Track")("no-voice", "Nobody sings here", "V", may, none)]);
  app.changes.on("voice", (change) => app.changes.report("values", change));
}
