// Picks a folder on the server's machine and scans it.
import { dom, element } from "./element.js";
import { messageOf, tracksOf } from "./wording.js";
/** @import { App } from "../app.js" */

// Opens a folder picker; resolves to the path, or null if cancelled.
/** @param {App} app @returns {Promise<string | null>} */
export function pickFolder(app) {
  return new Promise((closed) => {
    let picked = /** @type {string | null} */ (null),
      turn = 0;
    const where = element("p", { class: "where", dir: "auto" }),
      list = element("ul", { class: "pick", "aria-label": "Folders" });
    const told = element("p", { class: "told", role: "alert" });
    const use = element(
      "button",
      {
        class: "main",
        onclick: () => {
          picked = at;
          dialog.close();
        },
      },
      "Scan this folder",
    );
    const dialog = /** @type {HTMLDialogElement} */ (
      dom`<dialog
        class="picker"
        aria-label="Choose a music folder"
        onclose=${() => {
          dialog.remove();
          closed(picked);
        }}
      >
        <h2 tabindex="-1">Choose a music folder</h2>
        ${where}
        ${list}
        ${told}
        <p class="buttons">${use}<button onclick=${() => dialog.close()}>Cancel</button></p>
      </dialog>`
    );
    let at = /** @type {string | null} */ (null);
    /** @param {string | null} path */
    const show = async (path) => {
      const mine = ++turn;
      told.textContent = "";
      try {
        /** @type {Served.Folders} */
        const found = await app.server.get(
          `folders${path === null ? "" : `?path=${encodeURIComponent(path)}`}`,
        );
        if (mine !== turn) return;
        at = path;
        where.textContent = path ?? "Places";
        use.hidden = path === null;
        /**
         * @param {string} name
         * @param {string} note
         * @param {() => void} onclick
         * @param {boolean} [isOff]
         */
        const row = (name, note, onclick, isOff = false) =>
          dom`<li>
            <button disabled=${isOff} onclick=${onclick}>
              <bdi>${name}</bdi>
              <small>${note}</small>
            </button>
          </li>`;
        const rows = found.folders.map((one) =>
          row(
            path === null ? one.path : one.name,
            !one.is_there
              ? "missing; is its drive connected?"
              : one.tracks
                ? `${tracksOf(one.tracks)}`
                : "",
            () => show(one.path),
            !one.is_there,
          ),
        );
        if (path !== null) rows.unshift(row("‥", "parent folder", () => show(found.parent)));
        if (found.needs_key)
          rows.push(
            row("The home folder…", "needs the key from map4 serve --open", async () => {
              if (await app.server.giveKey()) show(null);
            }),
          );
        list.replaceChildren(...rows);
        if (path !== null && !found.folders.length)
          list.append(dom`<li class="none">No folders here. Scan this folder or go up.</li>`);
        if (path === null && !rows.length)
          list.append(
            dom`<li class="none">
              No readable folders. Restart the server with <code>map4 serve --music FOLDER</code>.
            </li>`,
          );
        if (found.is_cut)
          list.append(dom`<li class="none">More folders are not listed; open one of these.</li>`);
        list.querySelector("button")?.focus();
        list.scrollTop = 0;
      } catch (error) {
        if (mine === turn) told.textContent = messageOf(error);
      }
    };
    document.body.append(dialog);
    dialog.showModal();
    show(null);
  });
}

// Picks a folder and scans it.
/** @param {App} app */
export async function addFolder(app) {
  const path = await pickFolder(app);
  if (path !== null) await scan(app, [path]);
}

/** @param {App} app @param {string[] | null} files @param {object} [how] */
export async function scan(app, files, how = {}) {
  try {
    const job = await app.jobs.ask("scan", files ? { files, ...how } : how);
    app.say(
      files?.length === 1
        ? `${files[0]} is being scanned; tracks appear as they are read.`
        : "Scanning the folders; new tracks appear as they are read.",
      { undo: () => app.jobs.ask(`jobs/${job.id}/cancel`, {}) },
    );
  } catch (error) {
    app.say(messageOf(error));
  }
}
