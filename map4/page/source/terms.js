// The terms of a query as written.
/**
 * @typedef {{ not: boolean, field: string | undefined, modifier: string, quoted: boolean,
 *   value: string, text: string }} Term
 */

// A quote counts only at the start of a term's text and if closed before a space or the end, as in
// map4 itself.
const HEAD = /(\^(?=\S))?(?:(-?[A-Za-z][A-Za-z_-]*):([~=])?)?/uy,
  QUOTED = /"((?:[^"\\]|\\.)*)"(?=\s|$)/suy,
  BARE = /\S+/uy;
/** @param {string} query @returns {Term[]} */
export function termsOf(query) {
  /** @type {Term[]} */
  const found = [];
  let at = 0;
  /** @param {RegExp} pattern */
  const take = (pattern) => {
    pattern.lastIndex = at;
    const it = pattern.exec(query);
    at += it?.[0].length ?? 0;
    return it;
  };
  while (at < query.length) {
    if (/\s/.test(query[at])) {
      at++;
      continue;
    }
    const start = at,
      [, not, field, modifier = ""] = take(HEAD) ?? [],
      quoted = take(QUOTED);
    const value = quoted ? quoted[1].replace(/\\(.)/gsu, "$1") : (take(BARE)?.[0] ?? "");
    found.push({
      not: Boolean(not),
      field,
      modifier,
      quoted: Boolean(quoted),
      value,
      text: query.slice(start, at),
    });
  }
  return found;
}
// Whether a term is the word between two alternatives.
/** @param {Term} term */
export const isOr = ({ field, quoted, not, value }) =>
  field === undefined && !quoted && !not && /^(or|OR)$/.test(value);
