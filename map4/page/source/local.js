// The tracks of a document "map4/report-data/1" (docs/reports.md), wherever it came from: columns, read when asked for.

export const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/ß/g, "ss");
export const wordsOf = (text) => ` ${fold(text).split(/[^\p{L}\p{N}\p{Co}]+/u).filter(Boolean).join(" ")} `;
const STRIP_BYTES = 72, STRIP_COLUMNS = 48;

export class Tracks {
  constructor(document) {
    this.document = document;
    this.count = document.tracks;
    this.kept = new Map();
    this.inOrder = Int32Array.from({ length: this.count }, (_, i) => i);
  }
  // Computes something of a column once.
  once(name, make) {
    if (!this.kept.has(name)) this.kept.set(name, make());
    return this.kept.get(name);
  }
  has(name) { return name in this.document.columns; }
  // Numbers, NaN where unknown.
  numbers(name) {
    return this.once(name, () => {
      const column = this.document.columns[name], found = new Float64Array(this.count).fill(NaN);
      const read = (value) => (value === null ? NaN : value / column.parts), different = column?.different?.map(read);
      if (different) column.at.forEach((at, i) => { found[i] = different[at]; });
      else column?.values.forEach((value, i) => { found[i] = read(value); });
      return found;
    });
  }
  // Different texts, and for each track the number of its own; -1 where unknown.
  texts(name) {
    return this.once(`texts ${name}`, () => {
      const column = this.document.columns[name];
      if (!column) return { texts: [], at: new Int32Array(this.count).fill(-1) };
      if (column.texts) return { texts: column.texts, at: Int32Array.from(column.at, (at) => at ?? -1) };
      return { texts: column, at: Int32Array.from(column, (text, i) => (text === null ? -1 : i)) };
    });
  }
  text(name, track) {
    const { texts, at } = this.texts(name);
    return at[track] < 0 ? null : texts[at[track]];
  }
  folded(name) { return this.once(`folded ${name}`, () => this.texts(name).texts.map((text) => fold(text ?? ""))); }
  words(name) { return this.once(`words ${name}`, () => this.texts(name).texts.map((text) => wordsOf(text ?? ""))); }
  // The places of the values of a column in their order, the same for equal ones, texts by their folded form; NaN where
  // unknown.
  order(name) {
    return this.once(`order ${name}`, () => {
      const column = this.document.columns[name];
      if (!column || column.parts) {
        const values = this.numbers(name), places = new Map();
        values.filter((value) => value === value).sort().forEach((value, place) => { if (!places.has(value)) places.set(value, place); });
        return values.map((value) => places.get(value) ?? NaN);
      }
      const folded = this.folded(name), { at } = this.texts(name), places = new Map();
      [...new Set(folded)].sort((a, b) => (a < b ? -1 : 1)).forEach((text, place) => places.set(text, place));
      return Float64Array.from(at, (text) => (text < 0 ? NaN : places.get(folded[text])));
    });
  }
  // Sorts tracks by columns, the first first; the unknown last either way, equal ones as they came.
  sorted(tracks, orders) {
    const most = this.count;
    for (const { field, descending } of [...orders].reverse()) {
      const places = this.order(field);
      // Place and number in one, since numbers alone are sorted without a call for each pair.
      const keys = Float64Array.from(tracks, (track, i) => {
        const place = places[track];
        return (place !== place ? most + 1 : descending ? most - place : place) * most + i;
      }).sort();
      tracks = Int32Array.from(keys, (key) => tracks[key % most]);
    }
    return tracks;
  }
  marked(track, mark) { return (this.numbers("is")[track] >> this.document.marks.indexOf(mark)) & 1; }
  keyName(track) {
    const key = this.numbers("key")[track];
    return key === key ? this.document.keyNames[key] : null;
  }
  level(track) {
    const energy = this.numbers("energy")[track];
    return energy === energy ? Math.min(10, Math.max(1, Math.floor(10 * energy + 0.5))) : null;
  }
  // Low, middle and high of a track, 48 levels of 0-15 each; null where there is none.
  strip(track) {
    const text = this.document.strips?.substr((track * STRIP_BYTES * 4) / 3, (STRIP_BYTES * 4) / 3);
    if (!text || /^A*$/.test(text)) return null;
    const bytes = atob(text), levels = new Uint8Array(3 * STRIP_COLUMNS);
    for (let i = 0; i < STRIP_BYTES; i++) {
      levels[2 * i] = bytes.charCodeAt(i) >> 4;
      levels[2 * i + 1] = bytes.charCodeAt(i) & 15;
    }
    return [0, 1, 2].map((band) => levels.subarray(band * STRIP_COLUMNS, (band + 1) * STRIP_COLUMNS));
  }
}

export function clock(seconds) {
  const whole = Math.round(seconds), two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
// A text as a query has it.
export const quoted = (text) => `"${text.replace(/["\\]/g, "\\$&")}"`;
const FORMAT = new Intl.NumberFormat("en");
export const counted = (count) => FORMAT.format(count);
