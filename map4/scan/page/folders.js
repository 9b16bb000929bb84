// The scanned folders.
import { addFolder, scan } from "../../page/parts/folders.js";
import { planned } from "../../page/parts/plan.js";
import { dom, element } from "../../page/parts/element.js";
import { stateOf } from "../../page/parts/states.js";
import { isFinal } from "../../page/source/jobs.js";
import { place } from "../../page/source/server.js";
import { ago, counted, quoted, tracksOf } from "../../page/parts/wording.js";
/** @import { App } from "../../page/app.js" */
/** @import { Folder, FolderList } from "../../page/parts/folders.js" */

class Folders {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.list = element("ul", { class: "rows" });
    this.all = element("button", { onclick: () => scan(app, null) }, "Scan all");
    this.add = element("button", { class: "main", onclick: () => addFolder(app) }, "Add folder…");
    this.timer = 0;
    this.element = dom`<section aria-label="Folders">
      <div class="heads">
        <h2>Folders</h2>
        <span class="buttons">${this.add}${this.all}</span>
      </div>
      ${this.list}
    </section>`;
  }
  async load() {
    const { roots, files } = await this.app.server.get("library");
    /** @type {Folder[]} */
    const folders = roots.length
      ? await this.app.server
          .get("folders")
          .then((/** @type {FolderList} */ found) => found.folders)
      : [];
    const counts = new Map(folders.map((one) => [one.path, one.tracks]));
    this.all.hidden = !roots.length;
    this.list.replaceChildren(
      ...roots.map(
        (/** @type {{ path: string, scanned_at: string | null, present: boolean }} */ root) =>
          this.row(root, counts.get(root.path)),
      ),
    );
    // A folder is stored once a scan has listed its files.
    const isFirst =
      !roots.length && this.app.jobs.all.some((job) => job.kind === "scan" && !isFinal(job));
    this.add.hidden = !roots.length && !isFirst;
    if (isFirst)
      this.list.replaceChildren(
        dom`<li class="none">
          The first scan is running. Its folder and tracks appear here as they are read.
        </li>`,
      );
    else if (!roots.length)
      this.list.replaceChildren(
        dom`<li class="none">
          ${stateOf(
            "empty",
            files.ok
              ? `${tracksOf(files.ok)}, but no music folders. Add a folder to scan it for new ` +
                  `files.`
              : "No music yet. Choose your music folders. map4 only reads your files.",
            { title: "Add folder…", run: () => addFolder(this.app) },
          )}
        </li>`,
      );
  }
  // Scans add many tracks at once, so the counts are reloaded at intervals.
  later() {
    this.timer ||= setTimeout(() => {
      this.timer = 0;
      this.load().catch(() => {});
    }, 400);
  }
  /**
   * @param {{ path: string, scanned_at: string | null, present: boolean }} root
   * @param {number | undefined} tracks
   */
  row({ path, scanned_at: at, present }, tracks) {
    const known =
      tracks === undefined ? "" : `${counted(tracks)} ${tracks === 1 ? "file" : "files"} · `;
    return dom`<li>
      <div>
        ${
          tracks
            ? dom`<a
              href=${place(`?${new URLSearchParams({ q: `path:${quoted(path)}` })}`)}
              dir="auto"
              title="Show its tracks"
            >
              ${path}
            </a>`
            : dom`<b dir="auto">${path}</b>`
        }
        <small class=${present ? null : "warning"}>
          ${
            present
              ? `${known}${at ? `scanned ${ago(at)}` : "scan not finished"}`
              : `${known}missing; is its drive connected? Its tracks are kept.`
          }
        </small>
      </div>
      <button
        aria-label=${`Scan ${path}`}
        disabled=${!present}
        onclick=${() => scan(this.app, [path])}
      >
        Scan
      </button>
      <button aria-label=${`Forget ${path}`} onclick=${() => this.forget(path)}>Forget…</button>
    </li>`;
  }
  /** @param {string} path */
  async forget(path) {
    const job = await planned(this.app, {
      title: `Forget ${path}?`,
      kind: "forget",
      body: { folder: path },
      submit: (count) => `Forget ${counted(count)}`,
      said: () => `${path} removed from the scanned folders`,
    });
    if (job) await this.load();
  }
}

/** @param {App} app */
export const work = (app) => new Folders(app);
