// Copies texts, queries and commands to the clipboard, which browsers refuse without https.
import { quoted } from "./wording.js";

const MOST_IN_QUERY = 60;

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
export async function copyText({ say }, text, said = `Copied: ${text}`) {
  say((await copied(text)) ? said : text);
}
// A query for exactly these tracks, as far as artist and title distinguish them.
/** @param {Page.Source} source @param {Iterable<Page.Id>} rows */
export async function queryOf(source, rows) {
  const found = await source.find("", null, rows);
  if (!found.count || found.count > MOST_IN_QUERY)
    throw new Error(`A query can name 1 to ${MOST_IN_QUERY} tracks.`);
  const { artist, title } = (await source.columns(found, ["artist", "title"])).values;
  return title
    .map((one, at) => {
      const named = quoted(String(one));
      return artist[at] ? `artist:=${quoted(String(artist[at]))} title:=${named}` : named;
    })
    .join(" or ");
}
// The command of a query, quoted for a shell.
/** @param {string} query */
export function commandOf(query) {
  const word = /^[\w@%+=:,./-]+$/.test(query) ? query : `'${query.replaceAll("'", "'\\''")}'`;
  return `map4 search ${query.startsWith("-") ? "-- " : ""}${word}`;
}
