// The tracks of a "map4/report-data/1" document (docs/export.md): columns, decoded when needed.
/** @param {string} text */
export const fold = (text) =>
  text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[ßæðøþđħıłŋœŧ]/g, (letter) => SPELLINGS[letter]);
/** @type {Record<string, string>} */
const SPELLINGS = {
  ß: "ss",
  æ: "ae",
  ð: "d",
  ø: "o",
  þ: "th",
  đ: "d",
  ħ: "h",
  ı: "i",
  ł: "l",
  ŋ: "n",
  œ: "oe",
  ŧ: "t",
};
/** @param {string} text */
export const wordsOf = (text) =>
  ` ${fold(text)
    .split(/[^\p{L}\p{N}\p{Co}]+/u)
    .filter(Boolean)
    .join(" ")} `;
const STRIP_LETTERS = 96; // 72 bytes as base64

export class Tracks {
  /** @param {Served.ReportData} document */
  constructor(document) {
    this.document = document;
    this.count = document.tracks;
    /** @type {Map<string, any>} */
    this.cache = new Map();
    this.inOrder = Int32Array.from({ length: this.count }, (_, i) => i);
  }
  // Caches a computed value.
  /** @template T @param {string} name @param {() => T} make @returns {T} */
  once(name, make) {
    if (!this.cache.has(name)) this.cache.set(name, make());
    return this.cache.get(name);
  }
  // The value of a track in a column.
  /** @param {string} name @param {number} track @returns {Page.Value} */
  value(name, track) {
    const { map, strips } = this.document,
      column = this.document.columns[name];
    if (name === "number") return track + 1;
    if (name === "x" || name === "y") return map?.[name][track] ?? null;
    if (name === "strip") {
      const strip = strips?.substr(track * STRIP_LETTERS, STRIP_LETTERS);
      return strip && !/^A*$/.test(strip) ? strip : null;
    }
    if (!column) return null;
    if (Array.isArray(column)) return column[track];
    if ("texts" in column) {
      const text = column.at[track];
      return text === null ? null : column.texts[text];
    }
    const whole = "values" in column ? column.values[track] : column.different[column.at[track]];
    return whole === null ? null : whole / column.parts;
  }
  // A column as numbers; NaN if unknown.
  /** @param {string} name */
  numbers(name) {
    return this.once(name, () =>
      Float64Array.from(
        this.inOrder,
        (track) => /** @type {number} */ (this.value(name, track) ?? NaN),
      ),
    );
  }
  // Distinct texts, and each track's index into them; -1 if unknown.
  /** @param {string} name @returns {{ texts: (string | null)[], at: Int32Array }} */
  texts(name) {
    return this.once(`texts ${name}`, () => {
      const column = this.document.columns[name];
      if (!column || "parts" in column)
        return { texts: [], at: new Int32Array(this.count).fill(-1) };
      if ("texts" in column)
        return { texts: column.texts, at: Int32Array.from(column.at, (at) => at ?? -1) };
      return { texts: column, at: Int32Array.from(column, (text, i) => (text === null ? -1 : i)) };
    });
  }
  /** @param {string} name */
  folded(name) {
    return this.once(`folded ${name}`, () =>
      this.texts(name).texts.map((text) => fold(text ?? "")),
    );
  }
  /** @param {string} name */
  words(name) {
    return this.once(`words ${name}`, () =>
      this.texts(name).texts.map((text) => wordsOf(text ?? "")),
    );
  }
  // Ranks of the values of a column; equal values share a rank, texts compare folded; NaN if
  // unknown.
  /** @param {string} name */
  order(name) {
    return this.once(`order ${name}`, () => {
      const column = this.document.columns[name],
        places = new Map();
      if (!column || "parts" in column) {
        const values = this.numbers(name);
        values
          .filter((value) => value === value)
          .sort()
          .forEach((value, place) => {
            if (!places.has(value)) places.set(value, place);
          });
        return values.map((value) => places.get(value) ?? NaN);
      }
      const folded = this.folded(name),
        { at } = this.texts(name);
      [...new Set(folded)]
        .sort((a, b) => (a < b ? -1 : 1))
        .forEach((text, place) => places.set(text, place));
      return Float64Array.from(at, (text) => (text < 0 ? NaN : places.get(folded[text])));
    });
  }
  // Sorts tracks by a column; unknown values last in both directions; stable.
  /** @param {Int32Array} tracks @param {string} field @param {boolean} descending */
  sorted(tracks, field, descending) {
    const most = this.count,
      places = this.order(field);
    // Rank and index in one number, since sorting numbers needs no comparison function.
    const keys = Float64Array.from(tracks, (track, i) => {
      const place = places[track];
      return (place !== place ? most + 1 : descending ? most - place : place) * most + i;
    }).sort();
    return Int32Array.from(keys, (key) => tracks[key % most]);
  }
}
