// Colour schemes of the sound map: classes with a name, a colour, a sign and the query for their
// tracks.
import { quoted } from "../parts/wording.js";
/**
 * @typedef {Page.Sign & { name: string, query: string, colour?: string, hue?: number, major?:
 *   number }} Class
 *
 * @typedef {{ classes: Class[], of: (row: number) => number }} Scheme  of: index of the class of a
 *   row, -1 for none
 *
 * @typedef {(values: Record<string, Page.Value[]>, count: number, about: Page.AboutLibrary) =>
 *   Scheme} Make  for `count` rows of the map
 */

// The values that each scheme needs.
/** @type {Record<string, string[]>} */
export const NEEDS = {
  genre: ["genre", "family"],
  key: ["key"],
  tempo: ["bpm"],
  energy: ["level"],
  doubt: ["doubt"],
};

const MOST_GENRES = 8;
const SIGNS = ["circle", "square", "up", "diamond", "down", "cross"];

/** @type {Record<string, Make>} */
export const SCHEMES = {
  // By genre, or by genre family if there are too many genres.
  genre({ genre, family }, count) {
    const firstOf = (/** @type {Page.Value} */ name) =>
        String(name ?? "")
          .split(";")[0]
          .trim(),
      first = new Map(genre.map((name) => [name, firstOf(name)]));
    const genreOf = (/** @type {number} */ row) => first.get(genre[row]),
      familyOf = (/** @type {number} */ row) => /** @type {string | null} */ (family[row]);
    const rows = Array.from({ length: count }, (_, row) => row),
      known = genre.reduce((/** @type {number} */ sum, name) => sum + Number(name !== null), 0);
    /** @param {(row: number) => string | null | undefined} nameOf */
    const most = (nameOf) => {
      /** @type {Map<string, number>} */
      const counts = new Map();
      for (const name of rows.map(nameOf)) if (name) counts.set(name, (counts.get(name) ?? 0) + 1);
      const sorted = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
      return sorted.slice(0, MOST_GENRES);
    };
    const byGenre = most(genreOf),
      isEnough = byGenre.reduce((sum, [, count]) => sum + count, 0) >= 0.6 * known;
    const nameOf = isEnough ? genreOf : familyOf,
      names = (isEnough ? byGenre : most(familyOf)).map(([name]) => name);
    /** @type {Map<string, Set<string>>} */
    const genres = new Map(names.map((name) => [name, new Set()]));
    for (const row of rows) {
      const own = genreOf(row);
      if (own) genres.get(nameOf(row) ?? "")?.add(own);
    }
    const classes = names.map((name, i) => ({
      name,
      colour: `series${(i % 6) + 1}`,
      sign: SIGNS[i % 6],
      hollow: i >= 6,
      query: [...(genres.get(name) ?? [])]
        .slice(0, 100)
        .map((own) => `genre:=${quoted(own)}`)
        .join(" or "),
    }));
    return { classes, of: (row) => names.indexOf(nameOf(row) ?? "") };
  },
  key({ key }, _, { keys, keyNames }) {
    const classes = keys.map((own, i) => ({
      name: keyNames[i],
      hue: (i >> 1) * 30,
      major: i & 1,
      sign: i & 1 ? "square" : "circle",
      query: `key:${own}`,
    }));
    return { classes, of: (row) => Number(key[row] ?? -1) };
  },
  tempo({ bpm }) {
    const known = bpm
      .flatMap((value) => (value === null ? [] : [Number(value)]))
      .sort((a, b) => a - b);
    const at = (/** @type {number} */ share) => known[Math.floor(share * known.length)],
      edges = [...new Set([0.2, 0.4, 0.6, 0.8].map(at).map(Math.round))].filter(Boolean);
    const classes = [...edges, null].map((to, i) => {
      const from = edges[i - 1];
      return {
        name: to === null ? `${from ?? 0} BPM and more` : from ? `${from} to ${to}` : `below ${to}`,
        colour: `ramp${i + 1}`,
        sign: SIGNS[i],
        query: `bpm:${from ?? ""}..${to === null ? "" : (to - 0.1).toFixed(1)}`,
      };
    });
    return {
      classes,
      of: (row) =>
        bpm[row] === null ? -1 : edges.filter((edge) => Number(bpm[row]) >= edge - 0.05).length,
    };
  },
  energy({ level }) {
    const classes = [1, 2, 3, 4, 5].map((i) => ({
      name: `${2 * i - 1} and ${2 * i}`,
      colour: `ramp${i}`,
      sign: SIGNS[i - 1],
      query: `energy:${2 * i - 1}..${2 * i}`,
    }));
    return { classes, of: (row) => Math.ceil(Number(level[row] ?? 0) / 2) - 1 };
  },
  doubt({ doubt }) {
    const classes = [
      { name: "tempo and key certain", colour: "wanted", sign: "circle", query: "^is:doubtful" },
      { name: "tempo or key uncertain", colour: "poor", sign: "diamond", query: "is:doubtful" },
    ];
    return { classes, of: (row) => Number(doubt[row]) };
  },
};
