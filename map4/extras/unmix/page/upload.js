// Uploads a recording to un-mix, with the search options and the progress.
import { Form } from "../../../page/parts/form.js";
import { html, signal } from "../../../page/parts/html.js";
import { recordClip } from "./microphone.js";
import { megabytes } from "../../../page/parts/wording.js";

// The server refuses larger files, but only after the upload.
const MOST_BYTES = 1e9;
const [SENT, STOPPED] = ["Sent. Saving…", "Stopped; nothing was sent."],
  LATE = "All was sent before you stopped it; Library shows the task.";
/** @type {Page.Field[]} */
const FIELDS = [
  {
    name: "file",
    label: "Recording",
    type: "file",
    accept: "audio/*,video/*", // phones then offer to record a clip
    hint:
      "MP3, FLAC, M4A…, up to 1 GB and 12 hours. You can also drop the file here. " +
      "The server deletes it once the track list is ready. A clip of 8 to 30 s names one track.",
  },
  {
    name: "query",
    label: "Only these tracks",
    isOptional: true,
    hint: "A search such as genre:house or list:Friday. Empty: all tracks.",
  },
  {
    name: "tracklist",
    label: "Or this track list",
    type: "lines",
    isOptional: true,
    hint: "The tracks you know of, one per line: artist - title",
  },
  {
    name: "chapters",
    label: "Also make a copy with a chapter for each track",
    type: "check",
    hint: "For MP3, MP4 and Matroska files; can be downloaded.",
  },
];

// The present work and its share.
/**
 * @param {{ share: number, text: string, word: string, stop: () => unknown, role?: string }} about
 */
export const Way = ({ share, text, word, stop, role }) => html`<div class="way">
  <progress max="1" value=${share} aria-label="Progress" />
  <p class="line">
    <small class="now" role=${role} dir="auto">${text}</small>
    <button onclick=${stop}>${word}</button>
  </p>
</div>`;

/** @param {Page.App} app @param {(job: Served.Job) => void} started */
export function uploadForm(app, started) {
  const works = signal(
      /** @type {{ share: number, text: string, stop: () => void } | null} */ (null),
    ),
    isOver = signal(false);
  // Without a file, it is recorded.
  /** @param {Page.Values} values */
  async function send({ file = null, query = "", tracklist = "", chapters = false }) {
    if (works.value) throw new Error("Wait until the other recording is sent, or stop it.");
    if (file?.size > MOST_BYTES)
      throw new Error(
        `${file.name} has ${megabytes(file.size)}; the limit is 1 GB. Convert it to MP3.`,
      );
    const stopper = new AbortController(),
      stop = () => stopper.abort(new Error(works.value?.text === SENT ? LATE : STOPPED)),
      show = (/** @type {number} */ share, /** @type {string} */ text) =>
        (works.value = { share, text, stop });
    const onSent = (/** @type {number} */ sent, /** @type {number} */ all) => {
      const text = `${megabytes(sent)} of ${megabytes(all)} sent. Keep this page open.`;
      show(sent / all, sent < all ? text : SENT);
    };
    show(0, file ? "Sending…" : "Waiting for the microphone…");
    try {
      file ??= await recordClip(stopper.signal, show);
      onSent(0, file.size);
      const body = new FormData();
      for (const [name, value] of Object.entries({
        query: query.trim(),
        tracklist: tracklist.trim(),
        chapters: chapters ? "true" : "",
        ended: new Date(file.lastModified).toISOString(),
      }))
        if (value) body.append(name, value);
      body.append("file", file);
      started(await app.jobs.ask("unmix", body, { onSent, signal: stopper.signal }));
    } finally {
      works.value = null;
    }
  }
  // Leaving would lose the upload.
  addEventListener("beforeunload", (event) => works.value && event.preventDefault());
  /** @param {DragEvent} event */
  function over(event) {
    isOver.value = Boolean(event.dataTransfer?.types.includes("Files"));
    if (isOver.value) event.preventDefault();
  }
  /** @param {DragEvent & { currentTarget: HTMLElement }} event */
  function drop(event) {
    isOver.value = false;
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault(); // else the browser opens it
    const input = event.currentTarget.querySelector("input");
    if (works.value || !input) return;
    input.files = event.dataTransfer.files;
    input.focus();
  }
  const listen = () => app.tried(() => send({}));
  return () => html`<section
    class=${isOver.value ? "sends over" : "sends"}
    aria-label="Recording to un-mix"
    ondragover=${over}
    ondragleave=${() => (isOver.value = false)}
    ondrop=${drop}
  >
    <p class="listens">
      <button onclick=${listen} disabled=${Boolean(works.value)}>What is this?</button>
      <small>Listens for ten seconds, and names the track of your library that plays.</small>
    </p>
    <${Form} submit="Un-mix" done=${send} fields=${FIELDS} />
    ${works.value && html`<${Way} ...${works.value} word="Stop" role="status" />`}
  </section>`;
}
