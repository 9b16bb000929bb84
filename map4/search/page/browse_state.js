// What Browse shows by its address, and the columns as stored in the browser.
import { counted, tracksOf } from "../../page/parts/wording.js";

// What is shown instead of a search: a list, neighbours of a track, an album, an artist.
const PLACES = ["in", "like", "mixes", "album", "artist"];
export const NOWHERE = Object.fromEntries([...PLACES, "less"].map((name) => [name, null]));

/** @param {URLSearchParams} params */
export const placeIn = (params) => PLACES.map((name) => params.get(name)).find(Boolean);

/** @param {URLSearchParams} params @returns {{ field: string, descending: boolean } | null} */
export function orderIn(params) {
  const sort = params.get("sort"),
    field = sort?.replace(/-$/, "");
  return field ? { field, descending: sort !== field } : null;
}

// The key of the tree's branch that is shown: a list, or the last term of the query.
/** @param {URLSearchParams} params */
export function branchIn(params) {
  if (params.has("in")) return `list:${params.get("in")}`;
  return placeIn(params) ? "-" : ((params.get("q") ?? "").split(" ").pop() ?? "");
}

/** @param {number} count @param {number} all @param {boolean} isPlace */
export const countWords = (count, all, isPlace) =>
  isPlace || count >= all ? tracksOf(count) : `${counted(count)} of ${counted(all)} tracks`;

// The stored columns; those that fit if nothing readable is stored.
/** @param {string | null} stored @returns {Page.Shape} */
export function shapeIn(stored) {
  try {
    const { names, widths } = JSON.parse(stored ?? "{}");
    return {
      names: Array.isArray(names) ? names : null,
      widths: typeof widths === "object" && widths ? widths : {},
    };
  } catch {
    return { names: null, widths: {} };
  }
}
