// The scanned folders.
import { buttonOf, State } from "../../page/parts/components.js";
import { html, resource } from "../../page/parts/html.js";
import { addFolder, scan } from "../../page/parts/folders.js";
import { planned } from "../../page/parts/plan.js";
import { isFinal } from "../../page/source/jobs.js";
import { place } from "../../page/source/server.js";
import { ago, countOf, counted, dotted, quoted, tracksOf } from "../../page/parts/wording.js";

const LATER_MS = 400;

/** @param {Page.App} app */
export function work(app) {
  const answer = /** @type {Page.Resource<Awaited<ReturnType<typeof look>>>} */ (resource()),
    host = { current: /** @type {HTMLElement | null} */ (null) },
    add = () => addFolder(app);
  async function look() {
    const { roots, files } = await app.server.get("library"),
      list = roots.length ? await app.server.get("folders") : null;
    return { roots, files, folders: list?.folders ?? [] };
  }
  const load = () => answer.need(look());

  function View() {
    const { roots, files, folders } = answer.value ?? { roots: [], files: { ok: 0 }, folders: [] },
      counts = new Map(folders.map(({ path, tracks }) => [path, tracks])),
      // A folder is stored once a scan has listed its files.
      scans = app.jobs.all.value.filter((job) => job.kind === "scan" && !isFinal(job)),
      isFirst = !roots.length && scans.length > 0;
    return html`<section aria-label="Folders" ref=${host}>
      <div class="heads">
        <h2>Folders</h2>
        <span class="buttons">
          ${
            (roots.length > 0 || isFirst) &&
            html`<button class="main" onclick=${add}>Add folder…</button>`
          }
          ${roots.length > 0 && html`<button onclick=${() => scan(app, null)}>Scan all</button>`}
        </span>
      </div>
      <ul class="rows">
        ${roots.map(
          (one) => html`<${Row} key=${one.path} ...${one} tracks=${counts.get(one.path)} />`,
        )}
        ${
          answer.value &&
          !roots.length &&
          html`<li class="none">
            ${
              isFirst
                ? "The first scan is running. Its folder and tracks appear here as they are read."
                : html`<${State}
                  kind="empty"
                  text=${
                    files.ok
                      ? `${tracksOf(files.ok)}, but no music folders. Add a folder to scan it ` +
                        "for new files."
                      : "No music yet. Choose your music folders. A scan only reads your files."
                  }
                  act=${{ title: "Add folder…", run: add }}
                />`
            }
          </li>`
        }
      </ul>
    </section>`;
  }
  /** @param {Served.ScannedRoot & { tracks?: number }} about */
  function Row({ path, scanned_at: at, present, tracks }) {
    const count = tracks !== undefined && countOf(tracks, "file"),
      missing = "missing; is its drive connected? Its tracks are kept.",
      state = !present ? missing : at ? `scanned ${ago(at)}` : "scan not finished",
      shown = place(`?${new URLSearchParams({ q: `path:${quoted(path)}` })}`);
    return html`<li>
      <div>
        ${
          tracks
            ? html`<a href=${shown} dir="auto" title="Show its tracks">${path}</a>`
            : html`<b dir="auto">${path}</b>`
        }
        <small class=${present ? null : "warning"}>${dotted(count, state)}</small>
      </div>
      ${buttonOf("Scan", `Scan ${path}`, () => scan(app, [path]), { disabled: !present })}
      ${buttonOf("Forget…", `Forget ${path}`, () => forget(path))}
    </li>`;
  }
  const forget = (/** @type {string} */ path) =>
    planned(app, {
      title: `Forget ${path}?`,
      kind: "forget",
      body: { folder: path },
      submit: (count) => `Forget ${counted(count)}`,
      message: () => `${path} removed from the scanned folders`,
    });
  const reload = () => host.current?.checkVisibility() && load().catch(() => {});
  // Scans add many tracks at once, so the counts are reloaded at intervals.
  app.changes.on("tracks library reset online jobs", reload, LATER_MS, "progress");
  return { View, load };
}
