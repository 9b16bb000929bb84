// The tree beside the table: folders, genres, artists and so on. A click adds the item to the
// query; another click removes it.
import { isSure } from "../../page/parts/dialog.js";
import { takesDrops } from "../../page/parts/drag.js";
import { atEscape, targetOf } from "../../page/parts/element.js";
import { resource, signal } from "../../page/parts/html.js";
import { SIGN, editList } from "../../page/parts/live_list.js";
import { LiveCounts, UNCOUNTED } from "../../page/parts/live_counts.js";
import { dotted, tracksOf } from "../../page/parts/wording.js";
import { termsOf } from "../../page/source/terms.js";
import { branchIn, NOWHERE } from "./browse_state.js";
import { tree } from "./tree.js";
/**
 * @typedef {object} TreeCalls  callbacks of the tree
 * @property {() => string} query  the current query
 * @property {(query: string) => void} ask
 * @property {(list: Served.StoredPlaylist) => void} list
 * @property {(list: Served.StoredPlaylist, dragged: Page.Dragged) => void} drop
 */

const MOST = 200;
// Kinds of changes that concern Browse.
export const CHANGES = "tracks values lists library reset online";
/** @type {[string, string][]} */
const FACETS = [
  ["genre", "Genres"],
  ["artist", "Artists"],
  ["album", "Albums"],
  ["label", "Labels"],
  ["key", "Keys"],
  ["mark", "Marks"],
];

/** @type {[string, string, string][]} */
const SOME = [
  ["New", "added:-2w", "Added in the last two weeks"],
  [
    "Uncertain",
    "is:doubtful",
    "A second tempo is likely, or tempo or key are less than 50 % certain",
  ],
];

// The numbers of new and of doubtful tracks.
/** @param {Page.App} app @returns {Promise<(number | null)[]>} */
export const countsOf = ({ source }) =>
  Promise.all(
    SOME.map(async ([, query]) => (await source.judge(query).catch(() => null))?.count ?? null),
  );

// The tree beside the table, a drawer on narrow screens.
/**
 * @param {Page.App} app @param {() => URLSearchParams} params  of the address
 * @param {(params: Record<string, string | null>) => void} go
 */
export function browseTree(app, params, go) {
  const { box, changes, server, slots, source } = app,
    folders = tree("Library"),
    isOpen = signal(false),
    counts = /** @type {Page.Resource<(number | null)[]>} */ (resource()),
    live = new LiveCounts(server);
  let listening = new AbortController(); // of the open drawer
  /** @type {TreeCalls} */
  const calls = {
    query: () => params().get("q") ?? "",
    ask(text) {
      turn(false);
      box.show(text);
      go({ ...NOWHERE, q: text });
      if (!text.endsWith(":")) return;
      box.input.focus();
      box.offer();
    },
    list({ id }) {
      turn(false);
      go({ ...NOWHERE, in: id, q: null, sort: null });
    },
    drop,
  };
  changes.on(CHANGES, () => counts.set(null), 0, "rated");
  slots.side.append(folders.element);
  return { isOpen, folders, draw, open, drop };

  // Opens or closes the drawer.
  /** @param {boolean} isNow */
  function turn(isNow) {
    slots.side.classList.toggle("open", isNow);
    isOpen.value = isNow;
    listening.abort();
  }
  async function draw() {
    folders.current.value = branchIn(params());
    // Counted until the library changes.
    if (counts.value || (await counts.ask(countsOf(app))))
      folders.branches.value = branchesOf(app, calls, counts.value ?? [], live);
  }
  // Opens the drawer; an outside click or Escape closes it.
  /** @param {{ currentTarget: HTMLElement }} event  of its button */
  async function open({ currentTarget: button }) {
    const { side } = slots;
    turn(true);
    listening = new AbortController();
    const how = { signal: listening.signal, capture: true };
    await draw();
    folders.element.querySelector("[tabindex='0']")?.focus();
    addEventListener("pointerdown", (event) => side.contains(targetOf(event)) || turn(false), how);
    const escaped = atEscape(() => {
      turn(false);
      button.focus();
    });
    addEventListener("keydown", escaped, how);
  }
  /** @param {Pick<Served.StoredPlaylist, "id" | "name">} list @param {Page.Dragged} dragged */
  async function drop({ id, name }, { rows }) {
    if (!(await isSure(`Add to ${name}`, rows.length))) return;
    const op = async () => ({ op: "insert", tracks: await source.idsOf(rows) });
    await editList(app, id, `${tracksOf(rows.length)} added to ${name}`, op);
  }
}

/**
 * @param {Page.App} app @param {TreeCalls} place @param {(number | null)[]} numbers
 * @returns {Page.Branch[]}
 */
export function branchesOf(app, place, numbers, counts = new LiveCounts(app.server)) {
  const { source, server } = app,
    mayDrop = server.may("own");
  return [
    { key: "", title: "All", count: source.about.count, take: () => place.ask("") },
    // Not those that are none or the same as all.
    ...SOME.flatMap(([title, key, hint], i) => {
      const count = numbers[i],
        take = () => place.ask(narrowed(place.query(), key));
      return count === 0 || count === source.about.count ? [] : { key, title, count, hint, take };
    }),
    { key: "/folders", title: "Folders", children: () => folders() },
    ...FACETS.filter(([field]) => source.about.has.includes(field)).map(([field, title]) => ({
      key: `/${field}`,
      title,
      children: () => facet(field),
    })),
    {
      key: "/lists",
      title: "Lists",
      children: async () => [
        ...(await lists("history=false")),
        { key: "/histories", title: "Histories", children: () => lists("history=true") },
      ],
    },
  ];

  /** @param {string} field @returns {Promise<Page.Branch[]>} */
  async function facet(field) {
    const found =
      (await source.facets(without(place.query(), field), [field], { limit: MOST }))[field] ?? [];
    return [
      ...found.map((one) => branch(one, field === "mark" ? "none" : "unknown")),
      ...(found.length < MOST
        ? []
        : [
            {
              key: `/${field}/more`,
              title: `More: type ${field}:`,
              take: () => place.ask(`${place.query()} ${field}:`.trim()),
            },
          ]),
    ];
  }
  /** @param {string} [under] @returns {Promise<Page.Branch[]>} */
  async function folders(under) {
    const found =
      (await source.facets(without(place.query(), "path"), ["folder"], { limit: MOST, under }))
        .folder ?? [];
    return found.map((one) => ({
      ...branch(one, "unknown"),
      hint: one.under,
      children: one.under ? () => folders(one.under) : undefined,
    }));
  }
  /**
   * @param {Served.Facet} one
   * @param {string} none  title if the value is unknown
   * @returns {Page.Branch}
   */
  function branch({ value, query, count }, none) {
    return {
      key: query,
      title: value ?? none,
      count,
      take: () => place.ask(narrowed(place.query(), query)),
    };
  }
  /** @param {string} which @returns {Promise<Page.Branch[]>} */
  async function lists(which) {
    /** @type {{ lists: Served.StoredPlaylist[] }} */
    const { lists: found } = await server.get(`lists?${which}&${UNCOUNTED}`),
      isPlayed = which === "history=true";
    const hint = (/** @type {Served.StoredPlaylist} */ list) =>
      dotted(
        list.live ? (list.problem ?? `Live: ${list.live.query || "every track"}`) : null,
        ...list.marks,
      );
    return found.map((list) => ({
      key: `list:${list.id}`,
      title: list.live ? `${SIGN} ${list.name}` : list.name,
      count: list.counted === false ? null : list.tracks,
      later:
        list.counted === false
          ? (element, onCount) =>
              counts.watch(list.id, element, ({ tracks, problem }) => {
                if (problem) element.title = `${list.name} · ${problem}`;
                else onCount(tracks);
              })
          : undefined,
      hint: hint(list) ? dotted(!list.live && list.name, hint(list)) : undefined,
      take: () => place.list(list),
      onMount: (element) => {
        if (!mayDrop || list.live || isPlayed) return;
        takesDrops(element, {
          over: ({ rows }) => rows.length > 0,
          drop: (dragged) => place.drop(list, dragged),
        });
      },
    }));
  }
}

// The words of a query; quoted text is one word.
/** @param {string} query */
export const wordsOf = (query) => termsOf(query).map(({ text }) => text);
/** @param {string} query @param {string} field */
const without = (query, field) =>
  wordsOf(query)
    .filter((word) => !word.startsWith(`${field}:`))
    .join(" ");

// A query with the term added, replacing another term of its field, or removed if it was there.
/** @param {string} query @param {string} term */
export function narrowed(query, term) {
  const field = term.split(":")[0],
    rest = wordsOf(query).filter((word) =>
      field === "is" ? word !== term : !word.startsWith(`${field}:`),
    );
  return [...rest, ...(wordsOf(query).includes(term) ? [] : [term])].join(" ");
}
