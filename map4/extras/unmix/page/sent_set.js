// Uploads a recording to un-mix, with the search options and the progress.
import { dom, element } from "../../../page/parts/element.js";
import { formOf } from "../../../page/parts/form.js";
import { megabytes } from "../../../page/parts/wording.js";

// The server refuses larger files, but only after the upload.
const MOST_BYTES = 1e9;

export class SentSet {
  /** @param {Page.App} app @param {(job: Served.Job) => void} begun */
  constructor(app, begun) {
    this.app = app;
    this.begun = begun;
    this.bar = element("progress", { max: 1, value: 0, "aria-label": "Upload" });
    this.told = element("small", { role: "status" });
    /** @type {AbortController | null} */
    this.stopper = null;
    const stop = () => this.stopper?.abort(new Error("Upload stopped."));
    this.way = dom`<div class="way" hidden>
      ${this.bar}
      <p class="line">${this.told}<button onclick=${stop}>Stop</button></p>
    </div>`;
    this.form = formOf({
      submit: "Un-mix",
      done: (values) => this.send(values),
      fields: [
        {
          name: "file",
          label: "Recording",
          type: "file",
          hint:
            "MP3, FLAC, M4A…, up to 1 GB and 12 hours. You can also drop the file here. " +
            "The server deletes it once the track list is ready.",
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
      ],
    });
    this.element = dom`<section class="sends" aria-label="Recording to un-mix">
      ${this.form}${this.way}
    </section>`;
    this.element.addEventListener("dragover", (event) => {
      if (event.dataTransfer?.types.includes("Files")) {
        event.preventDefault();
        this.element.classList.add("over");
      }
    });
    this.element.addEventListener("dragleave", () => this.element.classList.remove("over"));
    this.element.addEventListener("drop", (event) => this.drop(event));
    addEventListener("beforeunload", (event) => {
      if (this.stopper) event.preventDefault();
    }); // leaving would lose the upload
  }
  get input() {
    return /** @type {HTMLInputElement} */ (this.form.querySelector("input[type=file]"));
  }
  /** @param {DragEvent} event */
  drop(event) {
    this.element.classList.remove("over");
    if (!event.dataTransfer?.files.length || this.stopper) return;
    event.preventDefault();
    this.input.files = event.dataTransfer.files;
    this.input.focus();
  }
  /** @param {Page.Values} values */
  async send({ file, query, tracklist, chapters }) {
    if (file.size > MOST_BYTES)
      throw new Error(
        `${file.name} has ${megabytes(file.size)}; the limit is 1 GB. Convert it to MP3.`,
      );
    const form = new FormData();
    for (const [name, value] of /** @type {[string, string][]} */ ([
      ["query", query.trim()],
      ["tracklist", tracklist.trim()],
      ["chapters", chapters ? "true" : ""],
      ["ended", new Date(file.lastModified).toISOString()],
    ]))
      if (value) form.append(name, value);
    form.append("file", file);
    this.stopper = new AbortController();
    this.way.hidden = false;
    this.sent(0, file.size);
    try {
      const job = await this.app.jobs.ask("unmix", form, {
        onSent: (sent, all) => this.sent(sent, all),
        signal: this.stopper.signal,
      });
      this.begun(job);
    } finally {
      this.stopper = null;
      this.way.hidden = true;
    }
  }
  /** @param {number} sent @param {number} all */
  sent(sent, all) {
    this.bar.value = all ? sent / all : 0;
    this.told.textContent =
      sent < all
        ? `${megabytes(sent)} of ${megabytes(all)} sent. Keep this page open.`
        : "Sent. Saving…";
  }
}
