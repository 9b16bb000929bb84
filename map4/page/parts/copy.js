// Copies texts, queries and commands to the clipboard, which browsers refuse without https.
import { cut, quoted } from "./wording.js";

const MOST = 60,
  MOST_SHOWN = 120;

/** @param {string} text  returns whether it was copied */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
// Copies a text; where this is refused, the message is the text.
/** @param {Page.App} app @param {string} text */
export async function copyText({ say }, text) {
  say((await copied(text)) ? `Copied: ${cut(text, MOST_SHOWN)}` : text);
}
// A query for these tracks and others with their artist and title; by path where it finds nothing:
// the title may be a file's name, or shown without the spaces that it has.
/** @param {Page.ServedSource} source @param {Iterable<Page.Id>} rows */
export async function queryOf(source, rows) {
  const chosen = [...rows];
  if (chosen.length > MOST)
    throw new Error(`A query can name up to ${MOST} tracks. Select fewer, or copy a list.`);
  const found = await source.find("", null, chosen);
  if (!found.count) throw new Error("No track is selected.");
  const { ids, values } = await source.columns(found, ["artist", "title", "path"]),
    { artist, title, path } = values;
  const terms = title.map((one, at) => {
    const by = artist[at] ? `artist:=${quoted(String(artist[at]))} ` : "";
    return `${by}title:=${quoted(String(one))}`;
  });
  const named = await source.find(terms.join(" or "), null, chosen),
    known = new Set(Array.from((await source.columns(named, [])).ids));
  return terms
    .map((term, at) =>
      known.has(ids[at]) || !path[at] ? term : `path:${quoted(String(path[at]))}`,
    )
    .join(" or ");
}
// A word for a shell, as `quoted` of map4/core/base/paths.py: with invisible characters as $'...'.
/** @param {string} word */
function shellWord(word) {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (!/(?! )[\p{C}\p{Z}]/u.test(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  const bytes = Array.from(new TextEncoder().encode(word), (byte) =>
    byte < 32 || byte > 126 || byte === 39 || byte === 92
      ? `\\x${byte.toString(16).padStart(2, "0")}`
      : String.fromCharCode(byte),
  );
  return `$'${bytes.join("")}'`;
}
// The command of a query.
/** @param {string} query */
export const commandOf = (query) =>
  `map4 search ${query.startsWith("-") ? "-- " : ""}${shellWord(query)}`;
