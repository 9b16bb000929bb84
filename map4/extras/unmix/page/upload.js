// Uploads a recording to un-mix, with the search options and the progress.
import { dom } from "../../../page/parts/element.js";
import { formOf } from "../../../page/parts/form.js";
import { drawn, html, signal } from "../../../page/parts/html.js";
import { megabytes } from "../../../page/parts/wording.js";

// The server refuses larger files, but only after the upload.
const MOST_BYTES = 1e9;
/** @type {Page.Field[]} */
const FIELDS = [
  {
    name: "file",
    label: "Recording",
    type: "file",
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

/** @param {Page.App} app @param {(job: Served.Job) => void} started */
export function uploadForm(app, started) {
  const sending = signal(
    /** @type {{ sent: number, all: number, stopper: AbortController } | null} */ (null),
  );
  /** @param {Page.Values} values */
  async function send({ file, query, tracklist, chapters }) {
    if (file.size > MOST_BYTES)
      throw new Error(
        `${file.name} has ${megabytes(file.size)}; the limit is 1 GB. Convert it to MP3.`,
      );
    const body = new FormData(),
      stopper = new AbortController(),
      onSent = (/** @type {number} */ sent, /** @type {number} */ all) => {
        sending.value = { sent, all, stopper };
      };
    for (const [name, value] of Object.entries({
      query: query.trim(),
      tracklist: tracklist.trim(),
      chapters: chapters ? "true" : "",
      ended: new Date(file.lastModified).toISOString(),
    }))
      if (value) body.append(name, value);
    body.append("file", file);
    onSent(0, file.size);
    try {
      started(await app.jobs.ask("unmix", body, { onSent, signal: stopper.signal }));
    } finally {
      sending.value = null;
    }
  }
  function Progress() {
    const { sent = 0, all = 0, stopper } = sending.value ?? {},
      text =
        sent < all
          ? `${megabytes(sent)} of ${megabytes(all)} sent. Keep this page open.`
          : "Sent. Saving…",
      stop = () => stopper?.abort(new Error("Upload stopped."));
    return html`<div class="way" hidden=${!stopper}>
      <progress max="1" value=${all && sent / all} aria-label="Upload" />
      <p class="line"><small role="status">${text}</small><button onclick=${stop}>Stop</button></p>
    </div>`;
  }
  const form = formOf({ submit: "Un-mix", done: send, fields: FIELDS }),
    input = /** @type {HTMLInputElement} */ (form.querySelector("input[type=file]"));
  input.accept = "audio/*,video/*"; // phones then offer to record a clip
  const element = dom`<section class="sends" aria-label="Recording to un-mix">
    ${form}
    ${drawn("div", {}, Progress)}
  </section>`;
  element.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) {
      event.preventDefault();
      element.classList.add("over");
    }
  });
  element.addEventListener("dragleave", () => element.classList.remove("over"));
  element.addEventListener("drop", (event) => {
    element.classList.remove("over");
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault(); // else the browser opens it
    if (sending.value) return;
    input.files = event.dataTransfer.files;
    input.focus();
  });
  addEventListener("beforeunload", (event) => {
    if (sending.value) event.preventDefault();
  }); // leaving would lose the upload
  return element;
}
