// A recording on its way to the server to be un-mixed: which, what is looked for, how much of it was sent.
import { element } from "../../../page/parts/element.js";
import { formOf } from "../../../page/parts/form.js";
import { megabytes } from "./heard_set.js";
/** @import { App } from "../../../page/app.js" */
/** @import { Job } from "../../../page/source/jobs.js" */
/** @import { Values } from "../../../page/parts/form.js" */

// The server refuses more, after it was sent.
const MOST_BYTES = 1e9;

export class SentSet {
  /** @param {App} app @param {(job: Job) => void} begun */
  constructor(app, begun) {
    this.app = app;
    this.begun = begun;
    this.bar = element("progress", { max: 1, value: 0, "aria-label": "How much was sent" });
    this.told = element("small", { role: "status" });
    /** @type {AbortController | null} */
    this.stopper = null;
    this.stop = element("button", { type: "button", onclick: () => this.stopper?.abort(new Error("Stopped: nothing of it was kept.")) }, "Stop");
    this.way = element("div", { class: "way", hidden: true }, this.bar, element("p", { class: "line" }, this.told, this.stop));
    this.form = formOf({ submit: "Un-mix it", done: (values) => this.send(values), fields: [
      { name: "file", label: "Recording", type: "file", hint: "An MP3, FLAC, M4A … of up to 1 GB and 12 hours; it can be dropped here. It is deleted as soon as its track list is found." },
      { name: "query", label: "Look only for", isOptional: true, hint: "In the words of the search field, such as genre:house or list:Friday; all tracks otherwise." },
      { name: "tracklist", label: "Or only for these", type: "lines", isOptional: true, hint: "What was played as far as you know, a line each: artist - title." },
      { name: "chapters", label: "Also make a copy with the tracks as chapters", type: "check", hint: "Of MP3, MP4 and Matroska, to download." },
    ] });
    this.element = element("section", { class: "sends", "aria-label": "A recording to un-mix" }, this.form, this.way);
    this.element.addEventListener("dragover", (event) => { if (event.dataTransfer?.types.includes("Files")) { event.preventDefault(); this.element.classList.add("over"); } });
    this.element.addEventListener("dragleave", () => this.element.classList.remove("over"));
    this.element.addEventListener("drop", (event) => this.drop(event));
    addEventListener("beforeunload", (event) => { if (this.stopper) event.preventDefault(); });  // it would be lost
  }
  get input() { return /** @type {HTMLInputElement} */ (this.form.querySelector("input[type=file]")); }
  /** @param {DragEvent} event */
  drop(event) {
    this.element.classList.remove("over");
    if (!event.dataTransfer?.files.length || this.stopper) return;
    event.preventDefault();
    this.input.files = event.dataTransfer.files;
    this.input.focus();
  }
  /** @param {Values} values */
  async send({ file, query, tracklist, chapters }) {
    if (file.size > MOST_BYTES) throw new Error(`${file.name} has ${megabytes(file.size)}; up to 1 GB is taken. An MP3 of it is smaller.`);
    const form = new FormData();
    for (const [name, value] of /** @type {[string, string][]} */ ([["query", query.trim()], ["tracklist", tracklist.trim()], ["chapters", chapters ? "true" : ""], ["ended", new Date(file.lastModified).toISOString()]])) if (value) form.append(name, value);
    form.append("file", file);
    this.stopper = new AbortController();
    this.way.hidden = false;
    this.sent(0, file.size);
    try {
      const job = await this.app.server.upload("unmix", form, { onSent: (sent, all) => this.sent(sent, all), signal: this.stopper.signal });
      this.app.jobs.put(job);
      this.begun(job);
    } finally {
      this.stopper = null;
      this.way.hidden = true;
    }
  }
  /** @param {number} sent @param {number} all */
  sent(sent, all) {
    this.bar.value = all ? sent / all : 0;
    this.told.textContent = sent < all ? `${megabytes(sent)} of ${megabytes(all)} sent. The page has to stay open until then.` : "Sent; it is put on the disk…";
  }
}
