// The query language of `map4 search` (docs/search.md) for the fields of a report, over `Tracks`.
import { QueryError } from "./source.js";
import { isOr, termsOf } from "./terms.js";
import { fold, wordsOf } from "./tracks.js";
import { datesOf, localText, rangeOf, readKeys } from "./values.js";
/** @typedef {(track: number) => unknown} Test */
/**
 * @typedef {{ not: boolean, test: Test, words?: boolean, text?: boolean, state?: boolean }}
 *   Condition  text: words without a field; state: selects track states
 */

const HAS_WORDS = /[\p{L}\p{N}\p{Co}]/u;
const INDEXED = ["artist", "title", "album", "genre", "path"];
const DAY = "2026-01-31".length;
const LABELS = ["mood", "subgenre", "tag"];
const SLIP = /^([A-Za-z][A-Za-z_-]*)(>=|<=|=>|=<|==|!=|<>|>|<|=)/;

// The tracks that match a query, in its order. Throws QueryError.
/** @param {string} text @param {Page.Tracks} tracks */
export function findTracks(text, tracks, now = new Date()) {
  const { fields, aliases, states, knows } = tracks.document.query;
  const language = tracks.document.query,
    isWords = language.is;
  const plain = (/** @type {string} */ name) => {
    const it = name.toLowerCase().replace(/_/g, "-");
    return aliases[it] ?? it;
  };
  /** @type {Condition[][]} */
  const groups = [[]];
  /** @type {{ field: string, descending: boolean }[]} */
  const sort = [];
  let limit = Infinity,
    offset = 0;
  const terms = termsOf(text);
  terms.forEach((term, place) => {
    const group = groups[groups.length - 1];
    if (isOr(term)) {
      if (!group.length)
        throw new QueryError("nothing before 'or'; to search for the word, put it in quotes");
      if (place === terms.length - 1)
        throw new QueryError("nothing after 'or'; to search for the word, put it in quotes");
      groups.push([]);
      return;
    }
    if (term.field === undefined) {
      const slip = SLIP.exec(term.value);
      if (slip && !term.quoted && plain(slip[1]) in fields)
        throw new QueryError(
          `a field takes a colon, not '${slip[2]}'; write ${fields[plain(slip[1])].example}`,
        );
      if (
        !term.quoted &&
        term.value.includes("|") &&
        (HAS_WORDS.test(term.value) || (group.length && place < terms.length - 1))
      )
        throw new QueryError(
          "to match either, write 'or' between them; to search for '|', put quotes around it",
        );
      group.push({
        not: term.not,
        words: HAS_WORDS.test(term.value),
        test: wordsTest(tracks, INDEXED, term),
        text: true,
      });
      return;
    }
    const name = plain(term.field),
      field = fields[name];
    if (!field)
      throw new QueryError(
        `there is no field '${term.field}'; to search for the text, put it in quotes`,
      );
    if (!term.value) throw new QueryError(`'${name}:' needs a value, such as ${field.example}`);
    if (field.kind === "control") {
      if (name === "shuffle") throw unknownHere("random order");
      if (name === "sort") sort.push(...term.value.split(",").map((part) => orderOf(part.trim())));
      else if (!/^\d{1,9}$/.test(term.value))
        throw new QueryError(`'${name}:' takes a whole number`);
      else if (name === "limit") limit = Number(term.value);
      else offset = Number(term.value);
      return;
    }
    const state = name === "is" && !term.not && states.includes(term.value.toLowerCase());
    group.push({ not: term.not !== (name === "missing"), test: testOf(name, field, term), state });
  });

  /** @param {string} name */
  function unknownHere(name) {
    return new QueryError(`this page can't search by ${name}; use map4 search`);
  }
  /** @param {string} name */
  function known(name) {
    if (!knows.includes(name)) throw unknownHere(`${name}:`);
    return name;
  }
  /** @param {string} part */
  function orderOf(part) {
    const bare = part.replace(/^[+-]+|[+-]+$/g, ""),
      name = plain(bare);
    if (!(name in fields) || /^(is|has|control)$/.test(fields[name].kind))
      throw new QueryError(`can't sort by '${bare}'`);
    return { field: known(name), descending: /^-|-$/.test(part) };
  }
  /** @param {string} name @param {Page.QueryField} field @param {Page.Term} term @returns {Test} */
  function testOf(name, field, term) {
    if (term.modifier === "~" && field.kind === "path")
      term = { ...term, modifier: "", value: `~${term.value}` };
    const { value } = term;
    if (term.modifier === "~" && name !== "bpm" && name !== "key")
      throw new QueryError(`'~' works with bpm: and key:, not with ${name}:`);
    if (term.modifier === "=" && field.kind !== "text")
      throw new QueryError(`'=' matches a whole text; write ${field.example}`);
    if (field.kind === "is") return isTest(value.toLowerCase());
    if (field.kind === "has") return hasTest(plain(value));
    known(name);
    if (field.kind === "text" || field.kind === "path") {
      const isPlace =
        field.kind === "path" && /^([/\\~]|\.\.?([/\\]|$)|[A-Za-z]:[/\\])/.test(value);
      return isPlace ? placeTest(value) : wordsTest(tracks, [name], term);
    }
    if (field.kind === "key") return keyTest(value, term.modifier === "~");
    if (field.kind === "codec")
      return textTest(
        name,
        value.split(",").map((part) => part.trim().toLowerCase()),
      );
    if (field.kind === "date") return dateTest(name, field, value);
    const [low, high] = rangeOf(name, field, value);
    const values = tracks.numbers(field.kind === "level" ? "level" : name);
    if (term.modifier !== "~") return (track) => values[track] >= low && values[track] <= high;
    return (track) =>
      [0.5, 1, 2].some((by) => values[track] >= low * by && values[track] <= high * by);
  }
  /** @param {string} word @returns {Test} */
  function isTest(word) {
    const { marks } = tracks.document;
    if (!isWords.includes(word))
      throw new QueryError(`there is no 'is:${word}'; use one of ${isWords.join(", ")}`);
    if (word === "any") return () => true;
    if (word === "doubtful")
      return (track) => tracks.marked(track, "tempo") || tracks.marked(track, "key");
    if (marks.includes(word)) return (track) => tracks.marked(track, word);
    if (["ok", "failed", "missing", "pending"].includes(word)) return textTest("state", [word]);
    throw unknownHere(`is:${word}`);
  }
  /** @param {string} name @returns {Test} */
  function hasTest(name) {
    const bit = tracks.document.places.indexOf(name.replace(/-/g, "_"));
    if (bit >= 0) return (track) => (tracks.numbers("places")[track] >> bit) & 1;
    if (!(name in fields) || /^(is|has|control|path)$/.test(fields[name].kind))
      throw new QueryError(`'has:' takes a field, not '${name}'`);
    const values = tracks.order(known(name));
    return (track) => values[track] === values[track];
  }
  /** @param {string} value @param {boolean} near @returns {Test} */
  function keyTest(value, near) {
    /** @type {Set<number>} */
    const wanted = new Set();
    const { keys } = tracks.document;
    for (const part of value.split(",").map((one) => one.trim())) {
      const mode = /^(major|minor)$/i.test(part) && (/^ma/i.test(part) ? "B" : "A");
      if (mode)
        keys.forEach((key, number) => {
          if (key.endsWith(mode)) wanted.add(number);
        });
      else readKeys(part, keys).forEach((number) => wanted.add(number));
    }
    const found = new Set(
      near ? [...wanted].flatMap((number) => tracks.document.near[number]) : wanted,
    );
    const values = tracks.numbers("key");
    return (track) => found.has(values[track]);
  }
  /** @param {string} name @param {string[]} wanted @returns {Test} */
  function textTest(name, wanted) {
    const { texts, at } = tracks.texts(name),
      hits = texts.map((text) => wanted.includes(text ?? ""));
    return (track) => at[track] >= 0 && hits[at[track]];
  }
  /** @param {string} value @returns {Test} */
  function placeTest(value) {
    const place = value.normalize("NFC").replace(/[/\\]+$/, ""),
      { texts, at } = tracks.texts("path");
    const hits = texts.map((text) => {
      const path = text?.normalize("NFC");
      return path === place || path?.startsWith(`${place}/`) || path?.startsWith(`${place}\\`);
    });
    return (track) => at[track] >= 0 && hits[at[track]];
  }
  /** @param {string} name @param {Page.QueryField} field @param {string} value @returns {Test} */
  function dateTest(name, field, value) {
    const [low, high] = datesOf(field, value, now);
    if (name === "played") {
      // A day of the local clock, or a moment in UTC.
      const written = (/** @type {Page.DateMoment | null} */ end) =>
        end && {
          day: localText(end.at).slice(0, end.day ? DAY : undefined),
          moment: `${new Date(end.at).toISOString().slice(0, -5)}Z`,
        };
      const from = written(low),
        to = written(high),
        plays = tracks.numbers("plays"),
        { texts, at } = tracks.texts("played");
      return (track) => {
        const text = texts[at[track]] ?? null;
        if (text === null) return !low && plays[track] === 0;
        const form = text.length > DAY ? "moment" : "day";
        return !(from && text < from[form]) && !(to && text >= to[form]);
      };
    }
    const values = tracks.numbers(name),
      [from, to] = [low ? low.at / 1000 : -Infinity, high ? high.at / 1000 : Infinity];
    return (track) => values[track] >= from && values[track] < to;
  }

  const asked = groups.filter((group) => group.length);
  const tests = (asked.length ? asked : [[]]).map((group) => {
    const withWords = group.some((term) => term.text && term.words);
    const counting = group.filter((term) => !(term.text && !term.words && withWords));
    if (!group.some((term) => term.state)) counting.unshift({ not: false, test: isTest("ok") });
    return counting;
  });
  const found = tracks.inOrder.filter((track) =>
    tests.some((group) => group.every(({ not, test }) => Boolean(test(track)) !== not)),
  );
  return (sort.length ? tracks.sorted(found, sort) : found).slice(offset, offset + limit);
}

/** @param {Page.Tracks} tracks @param {string[]} names @param {Page.Term} term @returns {Test} */
function wordsTest(tracks, names, { value, quoted, modifier }) {
  const has = HAS_WORDS.test(value),
    tests = names.map((name) => {
      const { texts, at } = tracks.texts(name);
      /** @type {(text: number) => boolean} */
      let hits;
      if (modifier === "=") {
        const whole = `; ${fold(value)}; `,
          folded = tracks.folded(name);
        hits = (text) => `; ${folded[text]}; `.includes(whole);
      } else if (!has) hits = (text) => texts[text]?.includes(value) ?? false;
      else if (INDEXED.includes(name)) {
        const words = tracks.words(name),
          part = quoted ? wordsOf(value) : wordsOf(value).trimEnd();
        hits = (text) => words[text].includes(part);
      } else {
        // labels match from the start of a word
        const folded = tracks.folded(name),
          before = LABELS.includes(name) ? " " : "",
          part = before + fold(value);
        hits = (text) => (before + folded[text]).includes(part);
      }
      if (texts.length === 0) return () => false;
      const found = new Int8Array(texts.length).fill(-1);
      return (/** @type {number} */ track) => {
        const text = at[track];
        if (text < 0) return false;
        if (found[text] < 0) found[text] = hits(text) ? 1 : 0;
        return found[text] === 1;
      };
    });
  return tests.length === 1 ? tests[0] : (track) => tests.some((test) => test(track));
}
