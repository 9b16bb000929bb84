// The tree beside the table: folders, genres, artists and so on. A click adds the item to the
// query; another click removes it.
import { dotted } from "../../page/parts/wording.js";
import { takesDrops } from "../../page/parts/drag.js";
import { SIGN } from "../../page/parts/live_list.js";
import { LiveCounts, UNCOUNTED } from "../../page/parts/live_counts.js";
import { termsOf } from "../../page/source/terms.js";
/**
 * @typedef {object} TreeCalls  callbacks of the tree
 * @property {() => string} query  the current query
 * @property {(query: string) => void} ask
 * @property {(list: Served.StoredPlaylist) => void} list
 * @property {(list: Served.StoredPlaylist, dragged: Page.Dragged) => void} drop
 */

const MOST = 200;
/** @type {[string, string][]} */
const FACETS = [
  ["genre", "Genres"],
  ["artist", "Artists"],
  ["album", "Albums"],
  ["label", "Labels"],
  ["key", "Keys"],
  ["mark", "Marks"],
];

// The numbers of new and of doubtful tracks.
/** @param {Page.App} app @returns {Promise<(number | null)[]>} */
export const countsOf = ({ source }) =>
  Promise.all(
    ["added:-2w", "is:doubtful"].map(
      async (query) => (await source.judge(query).catch(() => null))?.count ?? null,
    ),
  );

/**
 * @param {Page.App} app @param {TreeCalls} place @param {(number | null)[]} counts
 * @returns {Page.Branch[]}
 */
export function branchesOf(app, place, [recent, doubtful]) {
  const { source, server } = app,
    counts = new LiveCounts(server),
    mayDrop = server.may("own");
  return [
    { key: "", title: "All", count: source.about.count, take: () => place.ask("") },
    // Not those that are none or the same as all.
    ...some("New", "added:-2w", recent, "Added in the last two weeks"),
    ...some(
      "Uncertain",
      "is:doubtful",
      doubtful,
      "A second tempo is likely, or tempo or key are less than 50 % certain",
    ),
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

  /** @param {string} title @param {string} key @param {number | null} count @param {string} hint */
  function some(title, key, count, hint) {
    if (count === 0 || count === source.about.count) return [];
    return [{ key, title, count, hint, take: () => place.ask(narrowed(place.query(), key)) }];
  }

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
          over: () => true,
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
