// Commands on tracks: by key, and in the selection menu.
import { actsIn } from "../../page/parts/acts.js";
import { commandOf, copyText, queryOf } from "../../page/parts/copy.js";
import { formInDialog } from "../../page/parts/dialog.js";
import { dom } from "../../page/parts/element.js";
import { exportDialog } from "../../page/parts/export_dialog.js";
import { starActs } from "../../page/parts/marks.js";
import { markActs } from "../../page/parts/track_marks.js";
import { counted, tracksOf } from "../../page/parts/wording.js";
import { writeTags } from "../../page/parts/write_tags.js";
import { setValues } from "./set_values.js";
import { Edits, problemsOf } from "./track_edits.js";
/**
 * @typedef {object} ShownRows  the view as used by the acts
 * @property {Page.App} app
 * @property {Page.TrackTable} table
 * @property {Page.Found | null} found
 * @property {URLSearchParams} of  of the shown rows; the query defines them all if `isWhole`
 * @property {boolean} isWhole
 * @property {(how: "like" | "mixes" | "album" | "artist", id: string) => void} near
 * @property {boolean} isNear  the neighbours of a track are shown
 * @property {(id: string) => void} less
 */

const MOST_FOLLOWING = 500;
const MENU = (
  "play queue-rows into-set similar mixes less track album artist values half double tags export " +
  "keep-live command forget"
).split(" ");

export class TrackActs {
  /** @param {ShownRows} view @param {() => boolean} when */
  constructor(view, when) {
    this.view = view;
    this.when = when;
    this.edits = new Edits(() => {});
  }
  // The tracks that commands apply to: the selection, or else the current row.
  get rows() {
    const { table } = this.view,
      { selection } = this.view.app;
    return selection.rows.size
      ? [...selection.rows]
      : table.currentId === null
        ? []
        : [table.currentId];
  }
  /** @param {Page.Id[]} rows @param {string} [name] @returns {Promise<string[]>} */
  async ids(rows, name = "id") {
    const { source } = this.view.app,
      { values } = await source.columns(await source.find("", null, rows), [name]);
    return values[name].map(String);
  }
  /** @returns {Page.Act[]} */
  acts() {
    const some = () => this.when() && this.rows.length > 0,
      one = () => this.when() && this.rows.length === 1,
      isNear = () => this.view.isNear && one(),
      { view } = this,
      { app } = view,
      may = (/** @type {string} */ scope) => () => app.server.may(scope) && some(),
      mayOwn = may("own"),
      mayExport = () => app.server.may("own") && this.when();
    const act = actsIn("Tracks", app.tried),
      first = async (/** @type {(id: string) => unknown} */ run) =>
        run((await this.ids(this.rows))[0]),
      near = (/** @type {"like" | "mixes" | "album" | "artist"} */ how) => () =>
        first((id) => view.near(how, id)),
      times = (/** @type {number} */ factor, /** @type {string} */ what) => () => {
        const { rows } = this;
        return app.tried(() => this.set(rows, { factor }, what), `${what} of ${this.named(rows)}`);
      };
    return [
      act("play", "Play", "Enter", some, () => this.play()),
      act("queue-rows", "Add to the queue", "q", some, () => app.player.queue(this.rows)),
      act("into-set", "Add to the set", "e", mayOwn, () => {
        app.set?.shows();
        return app.set?.add(this.rows);
      }),
      act("similar", "Similar sound", "s", one, near("like")),
      act("mixes", "Tracks to mix into", "m", one, near("mixes")),
      act("less", "Less like this", "", isNear, () => first((id) => view.less(id))),
      act("track", "Open the track", "o", one, () => first((id) => app.go(`tracks/${id}`))),
      act("album", "Go to the album", "b", one, near("album")),
      act("artist", "Go to the artist", "a", one, near("artist")),
      act("values", "Set values…", "v", mayOwn, () => this.values()),
      act("half", "Half the tempo", "[", mayOwn, times(0.5, "Half the tempo")),
      act("double", "Double the tempo", "]", mayOwn, times(2, "Double the tempo")),
      ...starActs("", mayOwn, (rating) => this.rate(this.rows, rating)),
      ...markActs(app, "", mayOwn, (name) => this.mark(this.rows, name)),
      act("tags", "Write tags…", "", may("files"), async () =>
        writeTags(app, { tracks: await this.ids(this.rows) }),
      ),
      act("export", "Export…", "", mayExport, () => this.export()),
      act("command", "Copy as command", "", this.when, () => this.copy()),
      act("forget", "Forget…", "", may("scan"), () => this.forget()),
    ];
  }
  menu() {
    const { acts } = this.view.app,
      stars = [0, 1, 2, 3, 4, 5].map((count) => acts.known.get(`stars-${count}`));
    const menu = acts.menu(MENU);
    if (stars[0]?.when?.())
      menu.append(
        dom`<div class="stars-row">
          ${stars.map(
            (act, count) =>
              dom`<button
                aria-label=${act?.title}
                title=${`${act?.title} (${count})`}
                onclick=${() => act?.run()}
              >
                ${count ? `${count}★` : "☆"}
              </button>`,
          )}
        </div>`,
      );
    return menu;
  }
  // Playing one track queues the tracks below it in the table; playing a selection queues the
  // selection.
  /** @param {Page.Id} [id] */
  async play(id = this.rows[0]) {
    const { table, found } = this.view,
      { player, source } = this.view.app,
      { rows } = this.view.app.selection;
    if (player.row === id) {
      player.toggle();
      return;
    }
    if (rows.size > 1 && rows.has(id)) {
      player.play([...rows], [...rows].indexOf(id));
      return;
    }
    const place = found ? await source.place(found, id) : -1;
    if (!found || place < 0) {
      player.play([id]);
      return;
    }
    player.play(
      Array.from(
        (await source.columns(found, [], place, Math.min(found.count, place + MOST_FOLLOWING))).ids,
      ),
    );
    table.redraw();
  }
  /** @param {Page.Id[]} rows */
  named(rows) {
    return (rows.length === 1 && this.view.table.title(rows[0])) || tracksOf(rows.length);
  }
  /** @param {Page.Id[]} rows @param {number} rating */
  rate(rows, rating) {
    const stars = rating ? "★".repeat(rating) : "no stars";
    return this.view.app.tried(
      () => {
        for (const row of rows) this.view.table.patch(row, { rating });
        return this.shown(this.set(rows, { rating }, stars));
      },
      `rating of ${this.named(rows)}`,
    );
  }
  /** @param {Page.Id[]} rows @param {Record<string, unknown>} values @param {string} what */
  async set(rows, values, what) {
    const told = await this.view.app.server.ask("PUT", "tracks", {
      tracks: await this.ids(rows, "file"),
      ...values,
    });
    this.done(told, `${what}: ${tracksOf(rows.length)}`);
  }
  // Marks tracks, or removes the mark if all have it. A second key waits for the first.
  /** @param {Page.Id[]} rows @param {string} mark */
  mark(rows, mark) {
    return this.view.app.tried(
      () => this.edits.do(() => this.toggle(rows, mark)),
      `mark ${mark} of ${this.named(rows)}`,
    );
  }
  /** @param {Page.Id[]} rows @param {string} mark */
  async toggle(rows, mark) {
    const { source } = this.view.app,
      { ids, values } = await source.columns(await source.find("", null, rows), ["mark"]),
      marks = values.mark.map((own) =>
        String(own ?? "")
          .split("; ")
          .filter(Boolean),
      ),
      hasAll = marks.every((own) => own.includes(mark));
    marks.forEach((own, at) => {
      const others = own.filter((one) => one !== mark);
      const now = hasAll ? others : [...others, mark].sort();
      this.view.table.patch(ids[at], { mark: now.join("; ") || null });
    });
    await this.shown(
      this.set(
        rows,
        hasAll ? { unmark: [mark] } : { mark: [mark] },
        hasAll ? `Mark ${mark} removed` : `Marked ${mark}`,
      ),
    );
  }
  // A change that the table already shows: if it fails, the stored values return.
  /** @param {Promise<void>} change */
  async shown(change) {
    try {
      await change;
    } catch (error) {
      this.view.table.refresh();
      throw error;
    }
  }
  // Reports what was done, with undo.
  /**
   * @param {{ step: number | null, changes: { problem: string | null }[] }} told
   * @param {string} text
   */
  done({ step, changes }, text) {
    const { app, table } = this.view,
      problems = problemsOf(changes);
    const said = problems.length
      ? `${text}; ${counted(problems.length)} failed: ${problems[0]}`
      : text;
    table.refresh();
    if (step === null) {
      app.say(problems.length ? said : `${text}: no change`);
      return;
    }
    const undo = this.edits.undoing(app.server, step),
      back = () => undo().then(() => table.refresh());
    app.say(said, { undo: back, redo: back });
  }
  async values() {
    const { rows } = this,
      { app } = this.view;
    const ids = await this.ids(rows, "file"),
      told = await setValues(app, ids);
    if (told) this.done(told, `Set ${told.names.join(", ")}: ${tracksOf(rows.length)}`);
  }
  // Exports the selection, or all shown tracks.
  export() {
    const { view } = this,
      rows = [...view.app.selection.rows];
    return exportDialog(view.app, {
      title: `Export ${tracksOf(rows.length || view.found?.count || 0)}`,
      body: async () =>
        rows.length || !view.isWhole
          ? { files: await this.ids(rows.length ? rows : await this.all(), "path") }
          : { query: view.of.get("q") || "is:any" },
    });
  }
  // All shown tracks as rows.
  async all() {
    const { found } = this.view,
      { source } = this.view.app;
    return found ? Array.from((await source.columns(found, [])).ids) : [];
  }
  async copy() {
    const { app } = this.view,
      chosen = [...app.selection.rows],
      command = commandOf(
        this.view.isWhole && !chosen.length
          ? this.view.of.get("q") || "is:any"
          : await queryOf(app.source, chosen.length ? chosen : await this.all()),
      );
    await copyText(
      app,
      command,
      `Copied: ${command.length > 120 ? `${command.slice(0, 120)}…` : command}`,
    );
  }
  async forget() {
    const { rows } = this,
      { app } = this.view,
      { server } = this.view.app,
      ids = await this.ids(rows);
    await formInDialog(
      `Forget ${tracksOf(rows.length)}?`,
      {
        submit: "Forget",
        isGrave: true,
        fields: [{ name: "ignore", label: "Also skip them in future scans", type: "check" }],
        done: async ({ ignore }) => {
          for (const id of ids)
            await server.ask(
              "DELETE",
              `tracks/${encodeURIComponent(id)}${ignore ? "?ignore=true" : ""}`,
            );
          app.selection.clear();
          app.say(`Forgotten: ${tracksOf(rows.length)}`);
        },
      },
      dom`<p>
        Removes them and their edited values from the library. The files stay on disk, and a scan
        adds them again.
      </p>`,
    );
  }
}
