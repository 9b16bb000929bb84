// The rows of Browse: the result of a query, a list, an album, an artist or the neighbours of a
// track; or a message instead of rows.
import { read, write } from "../../page/parts/acts.js";
import { addFolder } from "../../page/parts/folders.js";
import { computed, effect, resource, signal } from "../../page/parts/html.js";
import { LATE, countOf, counted, tracksOf } from "../../page/parts/wording.js";
import { isFinal } from "../../page/source/jobs.js";
import { countWords, orderIn, placeIn } from "./browse_state.js";

const AT = "map4.row",
  NEAR = 100,
  MOST_SELECTED = 50_000,
  LOADING = { kind: "loading", text: "Loading tracks…" };

/**
 * @typedef {{ kind: string, text: string, act?: { title: string, run: () => void } }} Instead
 * @typedef {ReturnType<typeof browseResults>} BrowseResults
 * @typedef {{ found: Page.Found, head?: Page.ShownAlbum,
 *   about?: { text: string, address: string } }} ShownPlace  head, about: shown above the rows
 */

/**
 * @param {Page.App} app @param {Page.TrackTable} table
 * @param {{ go: (params: Record<string, string | null>) => void, isNew: () => void }} on  isNew:
 *   other rows will be shown
 */
export function browseResults(app, table, { go, isNew }) {
  const { box, jobs, server, source } = app,
    newest = /** @type {Page.Resource<ShownPlace>} */ (resource()),
    near = /** @type {Page.Resource<Page.Judged>} */ (resource()),
    shown = signal(/** @type {ShownPlace | null} */ (null)),
    trouble = signal(/** @type {Instead | null} */ (null)),
    // The message instead of rows.
    instead = computed(
      () => trouble.value ?? (shown.value?.found.count === 0 ? nothing(near.value?.near) : null),
    );
  const at = { params: new URLSearchParams(), of: new URLSearchParams() }, // of: of the shown rows
    query = () => at.params.get("q") ?? "",
    // Also after a wrong query, which shows no other rows.
    isStale = () => !shown.value || String(at.of) !== String(at.params),
    found = () => shown.value?.found ?? null,
    // The number of the shown tracks, or of the matches of the typed query.
    summary = () => {
      const { value: count = shown.value?.found.count } = box.typedCount;
      if (!shown.value) return "";
      if (count === null || (newest.isAsking && isStale())) return LATE;
      return countWords(Number(count), source.about.count, Boolean(placeIn(at.of)));
    };
  effect(() => {
    table.element.hidden = Boolean(instead.value);
  });
  return {
    ...{ at, shown, instead, query, isStale, found, summary },
    ...{ find, failed, keepPlace, nothing, rowsOf },
  };

  // Runs the query of the URL. The same query again keeps the scroll position.
  async function find() {
    const { params } = at,
      isSame = !isStale();
    if (!shown.value) trouble.value = LOADING;
    if (!(await newest.ask(ask()))) {
      if (newest.error && !newest.isAsking) failed(newest.error);
      return;
    }
    const next = /** @type {ShownPlace} */ (newest.value);
    box.showProblem(null);
    trouble.value = null; // a hidden table has no size to fill
    if (!(await table.show(next.found, isSame).catch(failed))) return;
    if (!shown.value) goBack();
    else if (!isSame) isNew();
    at.of = params;
    near.set(null);
    shown.value = next;
    document.title = `${query() || "Browse"} · map4`;
    if (!source.about.count && !jobs.isLoaded) await jobs.load().catch(() => {});
    else if (source.about.count && !next.found.count && !placeIn(params))
      near.ask(source.judge(query()));
  }
  /** @returns {Promise<ShownPlace>} */
  async function ask() {
    const { params } = at,
      sight = isStale() ? undefined : table.span;
    if (source.isBehind && (await source.renew())) table.layout();
    return placeIn(params)
      ? placed(params)
      : { found: await source.find(query(), orderIn(params), null, sight) };
  }
  /** @param {number} from @param {number} to @returns {Promise<Page.Id[] | null>} */
  async function rowsOf(from, to) {
    const result = found();
    if (!result) return null;
    if (to - from > MOST_SELECTED) {
      app.say(`You can select at most ${counted(MOST_SELECTED)} tracks. Narrow the search.`);
      return null;
    }
    return Array.from((await source.columns(result, [], from, to)).ids);
  }
  // After a reload, the row and the position are as before.
  function goBack() {
    const [address, current, top] = JSON.parse(read(AT, "sessionStorage") ?? "[]");
    write(AT, null, "sessionStorage");
    if (!address || address !== location.href) return;
    table.current = current;
    table.scroll.to(top);
  }
  function keepPlace() {
    const { current, scroll } = table;
    write(AT, JSON.stringify([location.href, current, scroll.top]), "sessionStorage");
  }
  // The tracks of a list, an album or an artist, or the neighbours of a track, in order.
  /** @param {URLSearchParams} params @returns {Promise<ShownPlace>} */
  async function placed(params) {
    const list = params.get("in"),
      whole = ["album", "artist"].find((name) => params.has(name)),
      like = params.get("like"),
      order = orderIn(params),
      less = params.get("less")?.split(",") ?? [],
      id = like ?? params.get("mixes") ?? "";
    if (list) {
      const { name, ids, live, problem } = await server.get(`lists/${encodeURIComponent(list)}`),
        title = live ? `Live list: ${name} (${live.query || "every track"})` : `List: ${name}`;
      return {
        found: await source.named(ids.filter(Boolean), order),
        about: { text: problem ? `${title}: ${problem}` : title, address: `lists/${list}` },
      };
    }
    if (whole) {
      const head = await server.get(`${whole}s/${encodeURIComponent(params.get(whole) ?? "")}`);
      return { found: await source.named(head.ids, order), head };
    }
    const [{ ids, folded }, track] = await Promise.all([
      server.query("audio/find-similar", {
        files: [id],
        n: NEAR,
        by: like ? "sound" : "mix",
        less,
      }),
      server.get(`tracks/${encodeURIComponent(id)}`),
    ]);
    const name = [track.current.artist, track.current.name].filter(Boolean).join(" – "),
      but = less.length ? `, less like ${tracksOf(less.length)}` : "",
      others = folded ? `, without ${countOf(folded, "other version")}` : "",
      text = `${like ? "Sounds like" : "Mixes from"} ${name}${but}${others}`;
    return { found: await source.named(ids, order), about: { text, address: `tracks/${id}` } };
  }
  /** @param {string | null} [near]  the nearest query @returns {Instead} */
  function nothing(near) {
    const { count } = source.about,
      scan = count ? null : jobs.all.value.find((job) => job.kind === "scan" && !isFinal(job));
    /** @type {(text: string, title: string, run: () => void) => Instead} */
    const empty = (text, title, run) => ({ kind: "empty", text, act: { title, run } });
    if (scan)
      return empty(
        `Scanning your music: ${Math.round(100 * scan.progress)} %. Tracks appear here when ` +
          `they are analysed.`,
        "Show jobs",
        () => app.go("tasks"),
      );
    const missed = `Nothing matches ${query()}.`,
      text = `${missed} Did you mean ${near}?`;
    if (near) return empty(text, `Search for ${near}`, () => go({ q: near }));
    if (count)
      return empty(placeIn(at.params) ? "No tracks." : missed, "Show all", () => app.go(""));
    return empty(
      "No music yet. Choose your music folders. A scan only reads your files.",
      "Choose folders",
      () => {
        app.go("tasks");
        if (server.may("scan")) addFolder(app);
      },
    );
  }
  /** @param {Partial<Page.Problem> & Error} error */
  function failed(error) {
    const { message } = error;
    if (error.meaning === "wrong" && !placeIn(at.params)) {
      box.showProblem(message);
      const act = { title: "Show all", run: () => app.go("") };
      if (!shown.value) trouble.value = { kind: "empty", text: "This search has an error.", act };
      return;
    }
    const { of, params } = at,
      isSame = placeIn(of) === placeIn(params) && of.get("q") === params.get("q");
    // "online" loads them again.
    if (shown.value && isSame && error.isLost) {
      if (isStale()) app.say(`${message} The order is that of before.`);
      return;
    }
    const run = () => {
      trouble.value = null;
      find();
    };
    trouble.value = { kind: "error", text: message, act: { title: "Try again", run } };
  }
}
