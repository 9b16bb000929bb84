// Commands on tracks: by key, and in the selection menu.
import { actsIn } from "../../page/parts/acts.js";
import { isSure } from "../../page/parts/dialog.js";
import { commandOf, copyText, queryOf } from "../../page/parts/copy.js";
import { exportDialog } from "../../page/parts/export_dialog.js";
import { marksOf, starActs } from "../../page/parts/marks.js";
import { markActs } from "../../page/parts/track_marks.js";
import { refusedIn } from "../../page/parts/toasts.js";
import { unsaved } from "../../page/parts/waiting.js";
import { planned } from "../../page/parts/plan.js";
import { openMenu } from "../../page/parts/pop.js";
import { countOf, tracksOf } from "../../page/parts/wording.js";
import { writeTags } from "../../page/parts/write_tags.js";
import { setValues } from "./set_values.js";
import { Edits } from "./track_edits.js";
/**
 * @typedef {object} ShownRows  the view as used by the acts
 * @property {Page.App} app
 * @property {Pick<Page.TrackTable, "currentId" | "title" | "patch" | "refresh">} table
 * @property {() => Page.Found | null} shown
 * @property {() => string | null} query  of the shown rows, if it defines them all
 * @property {(how: "like" | "mixes" | "album" | "artist", id: string) => void} near
 * @property {() => boolean} isNear  the neighbours of a track are shown
 * @property {(id: string) => void} less
 *
 * @typedef {(rows: Page.Id[]) => unknown} OnRows
 */

const MOST_FOLLOWING = 500;
const MENU = "play queue-rows into-set similar mixes less track album artist values".split(" "),
  MORE = "half double export tags keep-live command forget".split(" "),
  QUICK = ["queue-rows", "half", "double"], // changes without a dialog
  STARS = [0, 1, 2, 3, 4, 5].map((count) => `stars-${count}`);

/** @param {ShownRows} view @param {() => boolean} when */
export function trackActs({ app, table, ...view }, when) {
  const { player, selection, server, source } = app,
    { named, rate, set, mark, done, values } = rowEdits({ app, table });
  return { acts, menu, play, rate, mark, all, copy, done };

  // Runs on the rows that commands apply to: the selection, or else the current row. A change of
  // many is confirmed.
  /** @param {OnRows} run @param {string} [change]  its name */
  async function onChosen(run, change) {
    const { currentId } = table,
      selected = await selection.settled(),
      rows = selected.length || currentId === null ? selected : [currentId];
    if (!change || (await isSure(change, rows.length))) await run(rows);
  }
  /** @returns {Page.Act[]} */
  function acts() {
    const count = () => selection.count || Number(table.currentId !== null),
      some = () => when() && count() > 0,
      one = () => when() && count() === 1,
      isNear = () => view.isNear() && one(),
      may = (/** @type {string} */ scope) => () => server.may(scope) && some(),
      mayOwn = may("own"),
      mayExport = () => server.may("own") && when(),
      plain = actsIn("Tracks", app.tried);
    /** @type {(...about: [string, string, string, () => boolean, OnRows]) => Page.Act} */
    const act = (name, title, key, can, run) =>
      plain(name, title, key, can, () => onChosen(run, QUICK.includes(name) ? title : ""));
    /** @type {(run: (id: string) => unknown) => OnRows} */
    const first = (run) => async (rows) => run((await source.idsOf(rows))[0]),
      near = (/** @type {"like" | "mixes" | "album" | "artist"} */ how) =>
        first((id) => view.near(how, id)),
      open = first((id) => app.go(`tracks/${id}`));
    /** @type {(factor: number, what: string) => OnRows} */
    const times = (factor, what) => (rows) =>
      app.tried(() => set(rows, { factor }, what).then(table.refresh), `${what} of ${named(rows)}`);
    return [
      act("play", "Play", "Enter", some, ([id]) => play(id)),
      act("queue-rows", "Add to the queue", "q", some, (rows) => player.queue(rows)),
      act("into-set", "Add to the set", "e", mayOwn, (rows) => app.set.add(rows, named(rows))),
      act("similar", "Similar sound", "s", one, near("like")),
      act("mixes", "Tracks to mix into", "m", one, near("mixes")),
      act("less", "Less like this", "", isNear, first(view.less)),
      act("track", "Open the track", "o", one, open),
      act("album", "Go to the album", "b", one, near("album")),
      act("artist", "Go to the artist", "a", one, near("artist")),
      act("values", "Set values…", "v", mayOwn, values),
      act("half", "Half the tempo", "[", mayOwn, times(0.5, "Half the tempo")),
      act("double", "Double the tempo", "]", mayOwn, times(2, "Double the tempo")),
      ...starActs("", mayOwn, (rating) =>
        app.tried(() => onChosen((rows) => rate(rows, rating), "Rate")),
      ),
      ...markActs(app, "", mayOwn, (name) =>
        app.tried(() => onChosen((rows) => mark(rows, name), "Mark")),
      ),
      act("tags", "Write tags…", "", may("files"), async (rows) =>
        writeTags(app, { tracks: await source.idsOf(rows) }),
      ),
      plain("export", "Export…", "", mayExport, exportRows),
      plain("command", "Copy as command", "", when, copy),
      act("forget", "Forget…", "", may("scan"), forget),
    ];
  }
  // The usual acts, the stars, and the others behind *More…*.
  /** @param {HTMLElement} at  a button @param {() => void} [closed] */
  function menu(at, closed) {
    const { acts } = app,
      more = { title: "More…", run: () => openMenu(at, acts.menu(MORE), closed) };
    openMenu(at, [...acts.menu(MENU), acts.menu(STARS), more], closed);
  }
  // Playing one track queues the tracks below it in the table; playing a selection queues the
  // selection.
  /** @param {Page.Id} id */
  async function play(id) {
    const rows = await selection.settled(),
      found = view.shown();
    if (player.row === id) player.toggle();
    else if (rows.length > 1 && rows.includes(id)) player.play(rows, rows.indexOf(id));
    else {
      const from = found ? await source.place(found, id) : -1,
        to = Math.min(found?.count ?? 0, from + MOST_FOLLOWING),
        known = found && from >= 0 ? await source.columns(found, [], from, to) : { ids: [id] };
      player.play(Array.from(known.ids));
    }
  }
  // Exports the selection, or all shown tracks.
  async function exportRows() {
    const rows = await selection.settled(),
      query = rows.length ? null : view.query();
    return exportDialog(app, {
      title: `Export ${tracksOf(rows.length || view.shown()?.count || 0)}`,
      body: async () => {
        if (query !== null) return { query };
        return { files: await source.idsOf(rows.length ? rows : await all(), "path") };
      },
    });
  }
  // All shown tracks as rows.
  async function all() {
    const found = view.shown();
    return found ? Array.from((await source.columns(found, [])).ids) : [];
  }
  async function copy() {
    const rows = await selection.settled(),
      query = rows.length ? null : view.query(),
      command = commandOf(query ?? (await queryOf(source, rows.length ? rows : await all())));
    await copyText(app, command);
  }
  // In one job. The files stay on disk, and a scan adds them again.
  /** @param {Page.Id[]} rows */
  async function forget(rows) {
    const tracks = await source.idsOf(rows),
      label = "Also skip them in future scans";
    const job = await planned(app, {
      title: `Forget ${tracksOf(tracks.length)}?`,
      kind: "forget",
      body: { tracks },
      options: [{ name: "ignore", label, type: "check" }],
      submit: (count) => `Forget ${countOf(count, "file")}`,
      message: (count) => `Forgotten: ${countOf(count, "file")}`,
    });
    if (job) selection.clear();
  }
}

// Edits of rows: a table shows ratings and marks at once.
/** @param {Pick<ShownRows, "app" | "table">} view */
function rowEdits({ app, table }) {
  const { server, source } = app,
    edits = new Edits(() => {});
  return { named, rate, set, mark, done, values };

  /** @param {Page.Id[]} rows */
  function named(rows) {
    return (rows.length === 1 && table.title(rows[0])) || tracksOf(rows.length);
  }
  /** @param {Page.Id[]} rows @param {number} rating */
  function rate(rows, rating) {
    const inStars = (/** @type {number} */ count) => (count ? "★".repeat(count) : "no stars"),
      mine = inStars(rating),
      before = new Map(
        rows.map((row) => {
          const own = unsaved.peek().get(row)?.rating,
            { rating: shown } = table.patch(row, { rating });
          return [row, own ?? shown];
        }),
      );
    // Ratings that are neither what was shown here nor the new one.
    const theirs = async () => {
      const found = await source.find("", null, rows),
        { ids, values } = await source.columns(found, ["rating"]),
        at = Array.from(ids).findIndex((row, at) => {
          const [stored, shown] = [Number(values.rating[at] ?? 0), before.get(row)];
          return shown !== undefined && ![Number(shown ?? 0), rating].includes(stored);
        });
      return at < 0 ? null : inStars(Number(values.rating[at] ?? 0));
    };
    return app.tried(
      () => {
        for (const row of rows) table.patch(row, { rating }); // they may have been loaded meanwhile
        return refreshed(edits.do(() => set(rows, { rating }, mine)));
      },
      `rating of ${named(rows)}`,
      { rows, values: { rating }, mine, theirs, dropped: () => table.refresh() },
    );
  }
  /** @param {Page.Id[]} rows @param {Record<string, unknown>} values @param {string} what */
  async function set(rows, values, what) {
    const send = (/** @type {object} */ of) => server.ask("PUT", "tracks", { ...of, ...values }),
      named = async () => send({ tracks: await source.idsOf(rows, "file") }),
      { ids, matches } = app.selection?.of ?? {},
      byQuery = ids === rows && matches && send(matches); // if it still matches only them
    const result = await (byQuery || named()).catch((error) =>
      byQuery && error.meaning === "changed" ? named() : Promise.reject(error),
    );
    done(result, `${what}: ${tracksOf(rows.length)}`);
  }
  // Marks tracks, or removes the mark if all have it. A second key waits for the first.
  /** @param {Page.Id[]} rows @param {string} name */
  function mark(rows, name) {
    return app.tried(() => edits.do(() => toggle(rows, name)), `mark ${name} of ${named(rows)}`);
  }
  /** @param {Page.Id[]} rows @param {string} name */
  async function toggle(rows, name) {
    const found = await source.find("", null, rows),
      { ids: tracks, values } = await source.columns(found, ["mark"]),
      marks = values.mark.map(marksOf),
      hasAll = marks.every((own) => own.includes(name));
    marks.forEach((own, at) => {
      const others = own.filter((one) => one !== name);
      const now = hasAll ? others : [...others, name].sort();
      table.patch(tracks[at], { mark: now.join("; ") || null });
    });
    await refreshed(
      hasAll
        ? set(rows, { unmark: [name] }, `Mark ${name} removed`)
        : set(rows, { mark: [name] }, `Marked ${name}`),
    );
  }
  // A change that the table already shows: if it fails, the stored values return.
  /** @param {Promise<void>} change */
  async function refreshed(change) {
    await change.catch((error) => {
      if (!error.mayTryAgain) table.refresh();
      throw error;
    });
  }
  // Reports what was done, with undo.
  /** @param {Pick<Served.Set, "step" | "changes">} told @param {string} text */
  function done({ step, changes }, text) {
    const refused = refusedIn(changes),
      undo = edits.undoing(server, step),
      back = () => undo().finally(() => table.refresh());
    if (refused) table.refresh();
    if (step === null) app.say(text + (refused || ": no change"));
    else app.say(text + refused, { undo: back, redo: back });
  }
  /** @param {Page.Id[]} rows */
  async function values(rows) {
    const result = await setValues(app, await source.idsOf(rows, "file"));
    if (!result) return;
    done(result, `Set ${result.names.join(", ")}: ${tracksOf(rows.length)}`);
    table.refresh();
  }
}
