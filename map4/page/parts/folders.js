// Picks a folder on the server's machine and scans it.
import { html, resource, useLayoutEffect, useRef } from "./html.js";
import { openDialog } from "./pop.js";
import { tracksOf } from "./wording.js";

/** @type {Omit<Served.Folders, "schema" | "beta">} */
const NOTHING = { folder: null, parent: null, folders: [], is_cut: false, needs_key: false };

// Opens a folder picker; resolves to the path, or null if cancelled.
/** @param {Page.App} app @returns {Promise<string | null>} */
function pickFolder(app) {
  return new Promise((closed) => {
    const answer = /** @type {Page.Resource<Served.Folders>} */ (resource()),
      open = (/** @type {string | null} */ path) =>
        answer.ask(
          app.server.get(`folders${path === null ? "" : `?path=${encodeURIComponent(path)}`}`),
        );

    // Opens the places; a single one at once.
    const begin = async () => {
      await open(null);
      const [one, other] = answer.value?.needs_key ? [] : (answer.value?.folders ?? []);
      if (one?.is_there && !other) open(one.path);
    };
    /** @param {{ name: string, note: string, run: () => void, isOff?: boolean }} about */
    const Row = ({ name, note, run, isOff = false }) =>
      html`<li>
        <button disabled=${isOff} onclick=${run}><bdi>${name}</bdi><small>${note}</small></button>
      </li>`;
    /** @param {{ one: Served.Folder, isTop: boolean }} about */
    const Folder = ({ one: { tracks, ...one }, isTop }) =>
      html`<${Row}
        name=${isTop ? one.path : one.name}
        note=${!one.is_there ? "missing; is its drive connected?" : tracks ? tracksOf(tracks) : ""}
        run=${() => open(one.path)}
        isOff=${!one.is_there}
      />`;
    function View() {
      const list = useRef(/** @type {HTMLElement | null} */ (null)),
        { folder, parent, folders, ...more } = answer.value ?? NOTHING;
      useLayoutEffect(() => {
        list.current?.querySelector("button")?.focus();
        list.current?.scrollTo(0, 0);
      }, [answer.value]);
      const isTop = folder === null,
        restart = folders.length ? "For other folders, restart" : "No readable folders. Restart",
        noPlaces = html`${restart} the server with <code>map4 serve --music FOLDER</code>.`,
        isKnown = answer.value && !more.needs_key,
        none = isTop ? isKnown && noPlaces : "No folders here. Scan this folder or go up.";
      return html`<p class="where" dir="auto">${folder ?? (answer.value && "Places")}</p>
        <ul class="pick" aria-label="Folders" ref=${list}>
          ${!isTop && html`<${Row} name="‥" note="parent folder" run=${() => open(parent)} />`}
          ${folders.map((one) => html`<${Folder} key=${one.path} one=${one} isTop=${isTop} />`)}
          ${
            more.needs_key &&
            html`<${Row}
              name="The home folder…"
              note="needs the key, which map4 serve shows"
              run=${async () => (await app.server.giveKey()) && begin()}
            />`
          }
          ${(isTop || !folders.length) && none && html`<li class="none">${none}</li>`}
          ${
            more.is_cut &&
            html`<li class="none">More folders are not listed; open one of these.</li>`
          }
        </ul>
        <p class="told" role="alert">${answer.error?.message}</p>
        <p class="buttons">
          <button class="main" hidden=${isTop} onclick=${() => dialog.close(folder ?? "")}>
            Scan this folder
          </button>
          <button onclick=${() => dialog.close()}>Cancel</button>
        </p>`;
    }
    const about = { class: "picker", closed: () => closed(dialog.returnValue || null) },
      dialog = openDialog("Choose a music folder", about, View);
    begin();
  });
}

// Picks a folder and scans it.
/** @param {Page.App} app */
export async function addFolder(app) {
  const path = await pickFolder(app);
  if (path !== null) await scan(app, [path]);
}

/** @param {Page.App} app @param {string[] | null} files @param {object} [how] */
export async function scan(app, files, how = {}) {
  await app.tried(async () => {
    const job = await app.jobs.ask("scan", files ? { files, ...how } : how);
    app.say(
      files?.length === 1
        ? `${files[0]} is being scanned; tracks appear as they are read.`
        : "Scanning the folders; new tracks appear as they are read.",
      { undo: () => app.jobs.ask(`jobs/${job.id}/cancel`, {}) },
    );
  });
}
