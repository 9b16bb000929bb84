// The query language of `map4 search` (docs/search.md) for the fields of a page, over `Tracks`.
import { fold, wordsOf } from "./local.js";

export class QueryError extends Error {}
const HAS_WORDS = /[\p{L}\p{N}\p{Co}]/u;
const INDEXED = ["artist", "title", "album", "genre", "path"];
const PLAIN_TEXTS = ["label"], LABELS = ["mood", "subgenre", "era", "tag"];
const SECONDS_AGO = { h: 3600, d: 86400, w: 604800, m: 2592000, y: 31536000 };
const SLIP = /^([A-Za-z][A-Za-z_-]*)(>=|<=|=>|=<|==|!=|<>|>|<|=)/;

// A quote counts only where it opens a term's text and is closed before a space or the end, as in map4 itself.
const HEAD = /(\^(?=\S))?(?:(-?[A-Za-z][A-Za-z_-]*):([~=])?)?/uy, QUOTED = /"((?:[^"\\]|\\.)*)"(?=\s|$)/suy, BARE = /\S+/uy;
function termsOf(query) {
  const found = [];
  let at = 0;
  const take = (pattern) => { pattern.lastIndex = at; const it = pattern.exec(query); at += it?.[0].length ?? 0; return it; };
  while (at < query.length) {
    if (/\s/.test(query[at])) { at++; continue; }
    const [, not, field, modifier = ""] = take(HEAD), quoted = take(QUOTED);
    const value = quoted ? quoted[1].replace(/\\(.)/gsu, "$1") : take(BARE)?.[0] ?? "";
    found.push({ not: Boolean(not), field, modifier, quoted: Boolean(quoted), value });
  }
  return found;
}

// Reads a query: which tracks of `tracks` it finds, in its order. `now` is a Date. Throws QueryError.
export function readQuery(text, tracks, now = new Date()) {
  const { fields, aliases, states, knows } = tracks.document.query;
  const language = tracks.document.query, isWords = language.is;
  const plain = (name) => { const it = name.toLowerCase().replace(/_/g, "-"); return aliases[it] ?? it; };
  const groups = [[]], sort = [];
  let limit = Infinity, offset = 0;
  const terms = termsOf(text);
  terms.forEach((term, place) => {
    if (term.field === undefined && !term.quoted && !term.not && /^(or|OR)$/.test(term.value)) {
      if (!groups.at(-1).length) throw new QueryError("nothing stands before 'or'; in quotes it is text");
      if (place === terms.length - 1) throw new QueryError("nothing stands after 'or'; in quotes it is text");
      groups.push([]);
      return;
    }
    if (term.field === undefined) {
      const slip = SLIP.exec(term.value);
      if (slip && !term.quoted && plain(slip[1]) in fields)
        throw new QueryError(`a field takes a colon, not '${slip[2]}'; write ${fields[plain(slip[1])].example}`);
      groups.at(-1).push({ not: term.not, words: HAS_WORDS.test(term.value), test: wordsTest(tracks, INDEXED, term), text: true });
      return;
    }
    const name = plain(term.field), field = fields[name];
    if (!field) throw new QueryError(`there is no field '${term.field}'; as text put quotes around it`);
    if (!term.value) throw new QueryError(`'${name}:' needs a value, such as ${field.example}`);
    if (field.kind === "control") {
      if (name === "sort") sort.push(...term.value.split(",").map((part) => orderOf(part.trim())));
      else if (!/^\d{1,9}$/.test(term.value)) throw new QueryError(`'${name}:' takes a whole number`);
      else if (name === "limit") limit = Number(term.value);
      else offset = Number(term.value);
      return;
    }
    const state = name === "is" && !term.not && states.includes(term.value.toLowerCase());
    groups.at(-1).push({ not: term.not !== (name === "missing"), test: testOf(name, field, term), state });
  });

  function unknownHere(name) {
    return new QueryError(`this page does not know ${name}; map4 search does`);
  }
  function known(name) {
    if (!knows.includes(name)) throw unknownHere(`${name}:`);
    return name;
  }
  function orderOf(part) {
    const bare = part.replace(/^[+-]+|[+-]+$/g, ""), name = plain(bare);
    if (!(name in fields) || /^(is|has|control)$/.test(fields[name].kind)) throw new QueryError(`can't sort by '${bare}'`);
    return { field: known(name), descending: /^-|-$/.test(part) };
  }
  function testOf(name, field, term) {
    if (term.modifier === "~" && field.kind === "path") term = { ...term, modifier: "", value: `~${term.value}` };
    const { value } = term;
    if (term.modifier === "~" && name !== "bpm" && name !== "key")
      throw new QueryError(`'~' works with bpm: and key:, not with ${name}:`);
    if (term.modifier === "=" && field.kind !== "text") throw new QueryError(`'=' is for the whole of a text; write ${field.example}`);
    if (field.kind === "is") return isTest(value.toLowerCase());
    if (field.kind === "has") return hasTest(plain(value));
    known(name);
    if (field.kind === "text" || field.kind === "path") {
      const isPlace = field.kind === "path" && /^([/\\~]|\.\.?([/\\]|$)|[A-Za-z]:[/\\])/.test(value);
      return isPlace ? placeTest(value) : wordsTest(tracks, [name], term);
    }
    if (field.kind === "key") return keyTest(value, term.modifier === "~");
    if (field.kind === "codec") return textTest(name, value.split(",").map((part) => part.trim().toLowerCase()));
    if (field.kind === "date") return dateTest(name, field, value);
    const read = { level: readLevel, duration: readLength, number: readNumber }[field.kind];
    const [low, high] = rangeOf(field, value, (part) => read(part, name, field));
    const values = tracks.numbers(name);
    if (name === "energy") return (track) => { const level = tracks.level(track); return level !== null && level >= low && level <= high; };
    if (term.modifier !== "~") return (track) => values[track] >= low && values[track] <= high;
    return (track) => [0.5, 1, 2].some((by) => values[track] >= low * by && values[track] <= high * by);
  }
  function isTest(word) {
    const { marks } = tracks.document;
    if (!isWords.includes(word)) throw new QueryError(`there is no 'is:${word}'; there are ${isWords.join(", ")}`);
    if (word === "any") return () => true;
    if (word === "doubtful") return (track) => tracks.marked(track, "tempo") || tracks.marked(track, "key");
    if (marks.includes(word)) return (track) => tracks.marked(track, word);
    if (["ok", "failed", "missing", "pending"].includes(word)) return textTest("state", [word]);
    throw unknownHere(`is:${word}`);
  }
  function hasTest(name) {
    const bit = tracks.document.places.indexOf(name.replace(/-/g, "_"));
    if (bit >= 0) return (track) => (tracks.numbers("places")[track] >> bit) & 1;
    if (!(name in fields) || /^(is|has|control|path)$/.test(fields[name].kind)) throw new QueryError(`'has:' takes a field, not '${name}'`);
    const values = tracks.order(known(name));
    return (track) => values[track] === values[track];
  }
  function keyTest(value, near) {
    const wanted = new Set(), { keys } = tracks.document;
    for (const part of value.split(",").map((one) => one.trim())) {
      const mode = { major: "B", minor: "A" }[part.toLowerCase()];
      if (mode) keys.forEach((key, number) => { if (key.endsWith(mode)) wanted.add(number); });
      else wanted.add(readKey(part, keys));
    }
    const found = new Set(near ? [...wanted].flatMap((number) => tracks.document.near[number]) : wanted);
    const values = tracks.numbers("key");
    return (track) => found.has(values[track]);
  }
  function textTest(name, wanted) {
    const { texts, at } = tracks.texts(name), hits = texts.map((text) => wanted.includes(text));
    return (track) => at[track] >= 0 && hits[at[track]];
  }
  function placeTest(value) {
    const place = value.normalize("NFC").replace(/[/\\]+$/, ""), { texts, at } = tracks.texts("path");
    const hits = texts.map((text) => { const path = text?.normalize("NFC"); return path === place || path?.startsWith(`${place}/`) || path?.startsWith(`${place}\\`); });
    return (track) => at[track] >= 0 && hits[at[track]];
  }
  function dateTest(name, field, value) {
    const [low, high] = datesOf(field, value);
    if (name === "played") {
      // Programs write the day or the time of their own clock: compared as text.
      const written = (end) => end && (end.day ? localText(end.at).slice(0, 10) : localText(end.at));
      const from = written(low), to = written(high), plays = tracks.numbers("plays"), { texts, at } = tracks.texts("played");
      return (track) => (at[track] < 0 ? !low && plays[track] === 0
        : !(from && texts[at[track]] < from) && !(to && texts[at[track]] >= to));
    }
    const values = tracks.numbers(name), [from, to] = [low ? low.at / 1000 : -Infinity, high ? high.at / 1000 : Infinity];
    return (track) => values[track] >= from && values[track] < to;
  }
  function datesOf(field, value) {
    const parts = value.split("..").map((part) => part.trim());
    if (parts.length === 1) { const [first, after, isAgo] = momentOf(parts[0]); return [first, isAgo ? null : after]; }
    if (!parts[0] && !parts[1]) throw new QueryError(`a range needs one end at least; write ${field.example}`);
    const ends = [parts[0] ? momentOf(parts[0])[0] : null, parts[1] ? momentOf(parts.slice(1).join(".."))[1] : null];
    if (ends[0] && ends[1] && ends[0].ago === ends[1].ago && (ends[0].ago ? ends[0].at > ends[1].at : ends[0].at >= ends[1].at))
      throw new QueryError("this range ends before it begins");
    return ends;
  }
  // The first moment of a year, month or day, and the first one after it; or so long ago, twice.
  function momentOf(text) {
    const ago = /^-(\d{1,6})([hdwmy])$/.exec(text);
    if (ago) {
      const seconds = Math.min(ago[1] * SECONDS_AGO[ago[2]], 36525 * 86400);
      const end = { at: now.getTime() - 1000 * seconds, ago: true, day: seconds % 86400 === 0 };
      return [end, end, true];
    }
    const found = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(text);
    const [, year, month, day] = found ?? [];
    const at = (y, m, d) => { const date = new Date(2000, 0, 1); date.setFullYear(y, m, d); return date.getTime(); };
    const begins = found && new Date(at(+year, (month ?? 1) - 1, +(day ?? 1)));
    if (!found || year === "0000" || begins.getMonth() + 1 !== +(month ?? 1) || begins.getDate() !== +(day ?? 1))
      throw new QueryError(`'${text}' is no date; write 2026, 2026-01, 2026-01-31, or -2w for two weeks ago`);
    const after = day ? at(+year, month - 1, +day + 1) : month ? at(+year, +month, 1) : at(+year + 1, 0, 1);
    return [{ at: begins.getTime(), day: true }, { at: after, day: true }];
  }
  function localText(at) {
    const d = new Date(at), two = (n) => String(n).padStart(2, "0");
    return `${String(d.getFullYear()).padStart(4, "0")}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
  }

  const asked = groups.filter((group) => group.length);
  const tests = (asked.length ? asked : [[]]).map((group) => {
    const withWords = group.some((term) => term.text && term.words);
    const counting = group.filter((term) => !(term.text && !term.words && withWords));
    if (!group.some((term) => term.state)) counting.unshift({ not: false, test: isTest("ok") });
    return counting;
  });
  const matches = (track) => tests.some((group) => group.every((term) => Boolean(term.test(track)) !== term.not));
  return {
    sort, fields: terms.map((term) => term.field && plain(term.field)).filter(Boolean), matches,
    find() {
      const found = tracks.inOrder.filter(matches);
      return (sort.length ? tracks.sorted(found, sort) : found).slice(offset, offset + limit);
    },
  };
}

function wordsTest(tracks, names, { value, quoted, modifier }) {
  const has = HAS_WORDS.test(value), tests = names.map((name) => {
    const { texts, at } = tracks.texts(name);
    let hits;
    if (modifier === "=") {
      const whole = `; ${fold(value)}; `, folded = tracks.folded(name);
      hits = (text) => `; ${folded[text]}; `.includes(whole);
    } else if (!has) hits = (text) => texts[text].includes(value);
    else if (PLAIN_TEXTS.includes(name) || name === "era") {
      const folded = tracks.folded(name), part = fold(value);
      hits = (text) => folded[text].includes(part);
    } else if (LABELS.includes(name)) {
      const folded = tracks.folded(name), part = ` ${fold(value)}`;
      hits = (text) => ` ${folded[text]}`.includes(part);
    } else {
      const words = tracks.words(name), part = quoted ? wordsOf(value) : wordsOf(value).trimEnd();
      hits = (text) => words[text].includes(part);
    }
    if (texts.length === 0) return () => false;
    const found = new Int8Array(texts.length).fill(-1);
    return (track) => {
      const text = at[track];
      if (text < 0) return false;
      if (found[text] < 0) found[text] = hits(text) ? 1 : 0;
      return found[text] === 1;
    };
  });
  return tests.length === 1 ? tests[0] : (track) => tests.some((test) => test(track));
}

function readNumber(text, name, field) {
  let scale = 1;
  if (name === "samplerate" && /[kK]$/.test(text)) { text = text.slice(0, -1); scale = 1000; }
  const found = /^[+-]?(?:\d{1,12}(?:\.(\d{0,9}))?|\.(\d{1,9}))$/.exec(text);
  if (!found) throw new QueryError(`'${text}' is no number; write ${field.example}`);
  const value = Number(text) * scale;
  if (value < field.least || value > field.most)
    throw new QueryError(`${name} is from ${field.least} to ${field.most}; write ${field.example}`);
  return [value, scale * 10 ** -(found[1] ?? found[2] ?? "").length];
}
function readLevel(text, name, field) {
  if (!/^\d{1,2}$/.test(text) || text < field.least || text > field.most)
    throw new QueryError(`energy is a level from 1 to 10; write ${field.example}`);
  return [Number(text), 0];
}
function readLength(text) {
  const at = /^(\d{1,6}):([0-5]?\d)(?::([0-5]?\d))?$/.exec(text);
  if (at) return [at[3] === undefined ? at[1] * 60 + +at[2] : at[1] * 3600 + at[2] * 60 + +at[3], 1];
  const found = text && /^(?:(\d{1,6}(?:\.\d{1,3})?)h)?(?:(\d{1,6}(?:\.\d{1,3})?)m(?:in)?)?(?:(\d{1,7}(?:\.\d{1,3})?)s?)?$/
    .exec(text.toLowerCase().replace(/ /g, ""));
  if (!found) throw new QueryError(`'${text}' is no length; write 3:30, 6m, 90s or 1h`);
  const [, hours, minutes, seconds] = found;
  return [(hours ?? 0) * 3600 + (minutes ?? 0) * 60 + +(seconds ?? 0), seconds ? 1 : minutes ? 60 : 3600];
}
// Both ends of a range, or of what a single value stands for: all that is shown like it.
function rangeOf(field, text, read) {
  const end = (value) => Math.round(value * 1e9) / 1e9, cut = text.indexOf("..");
  if (cut < 0) {
    const [value, unit] = read(text.trim()), reach = field.step || field.kind === "duration" ? unit / 2 : 0;
    return [end(value - reach), end(value + reach)];
  }
  const low = text.slice(0, cut).trim(), high = text.slice(cut + 2).trim(), step = field.kind === "duration" ? 1 : field.step;
  if (!low && !high) throw new QueryError(`a range needs one end at least; write ${field.example}`);
  const at = (part, sign) => { const [value, unit] = read(part); return end(value + (sign * Math.min(step, unit)) / 2); };
  const ends = [low ? at(low, -1) : -Infinity, high ? at(high, 1) : Infinity];
  if (ends[0] > ends[1]) throw new QueryError("this range ends before it begins");
  return ends;
}

const TONICS = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
// The number of a key in any usual spelling: Camelot (8A), Open Key (1m) or musical (Am, A minor, F#m).
function readKey(text, keys) {
  const place = (number, letter) => keys.indexOf(`${number}${letter}`);
  const bare = text.replace(/\s+/g, " ").trim();
  let found = /^0?([1-9]|1[0-2]) ?([ABab])$/.exec(bare);
  if (found) return place(found[1], found[2].toUpperCase());
  found = /^0?([1-9]|1[0-2]) ?([mdMD])$/.exec(bare);
  if (found) return place(((+found[1] + 6) % 12) + 1, /[mM]/.test(found[2]) ? "A" : "B");
  found = /^([A-Ga-g])([#♯b♭]*)[ :-]?(major|maj|M|minor|min|m)?$/i.exec(bare);
  if (!found) throw new QueryError(`'${text}' is no key; write 8A, 1m or Am`);
  const steps = [...found[2]].reduce((sum, sign) => sum + (/[#♯]/.test(sign) ? 1 : -1), 0);
  const tonic = (TONICS[found[1].toUpperCase()] + steps + 24) % 12, isMinor = /^(minor|min|m)$/.test(found[3] ?? "") || /^min/i.test(found[3] ?? "");
  // A minor is 8A and C major 8B; each fifth up is one further.
  return place(((7 * ((tonic - (isMinor ? 9 : 0) + 12) % 12) + 7) % 12) + 1, isMinor ? "A" : "B");
}
