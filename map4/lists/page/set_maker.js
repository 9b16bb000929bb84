// How a set is generated: curve, length, seeds, and every limit of `map4 playlist`, with its help
// text.
import { Curve, CurvePicture, curveText, pointsOf, wantedAt } from "./curve.js";
import { Typed } from "../../page/parts/components.js";
import { formInDialog } from "../../page/parts/dialog.js";
import { takesDrops } from "../../page/parts/drag.js";
import { dom } from "../../page/parts/element.js";
import { batch, drawn, html, resource, signal } from "../../page/parts/html.js";
import { clock, tracksOf } from "../../page/parts/wording.js";

/** @typedef {{ currentTarget: HTMLInputElement | HTMLSelectElement }} Chosen */

const ELSEWHERE = "n minutes curve preset include to folder max_candidates".split(" "),
  USUAL_COUNT = 20,
  LEAST_STRETCH = 0.2;
/** @param {string} text */
const spaced = (text) => text.replaceAll("_", " ");

export class SetMaker {
  /** @param {Page.App} app @param {Page.SetInWork} set @param {(at: number) => void} toPlace */
  constructor(app, set, toPlace) {
    this.app = app;
    this.set = set;
    this.draft = signal(/** @type {Page.MadeWith} */ ({}));
    this.seeds = signal(/** @type {string[]} */ ([]));
    this.names = signal(/** @type {Map<string, string>} */ (new Map())); // of seeds
    this.known = /** @type {Page.Resource<Served.PlaylistChoices>} */ (resource());
    this.over = signal(/** @type {number | null} */ (null)); // the bar under the pointer
    this.isBusy = signal(false);
    this.turn = signal(0); // counts changes of the set
    this.of = "";
    /** @type {{ of: string | null, ends: [number, number] } | null} */
    this.kept = null;
    this.curve = new Curve({
      moving: (points) => this.ask({ curve: curveText(points) }, false),
      moved: (points) => this.ask({ curve: curveText(points) }, true),
      over: (at) => {
        this.over.value = at;
      },
      press: toPlace,
    });
    const seeds = drawn("div", { class: "seeds" }, () => this.drawSeeds());
    const curves = { class: "curves", role: "group", "aria-label": "Curves" };
    this.element = dom`<section class="maker" aria-label="Set options">
      ${this.curve.element}
      ${drawn("div", curves, () => this.drawCurves())}
      ${drawn("div", { class: "line" }, () => this.drawLine())}
      <details class="limits">
        <summary>Rules of this set</summary>
        ${seeds}
        ${drawn("p", {}, () => this.drawPresets())}
        ${drawn("div", { class: "fields" }, () => this.drawFields())}
      </details>
    </section>`;
    takesDrops(seeds, {
      over: ({ rows }) => {
        seeds.classList.add("over");
        return rows.length > 0;
      },
      leave: () => seeds.classList.remove("over"),
      drop: async ({ rows, title }) => {
        seeds.classList.remove("over");
        const ids = await set.idsOf(rows);
        if (ids.length === 1) this.names.value = new Map(this.names.value).set(ids[0], title);
        this.sound([...new Set([...this.seeds.value, ...ids])]);
      },
    });
    set.addEventListener("change", () => this.changed());
    this.changed();
  }
  // Whether changes regenerate the list at once: tracks added by hand are replaced only on request.
  get isMade() {
    const { list, places } = this.set,
      isOwn = (/** @type {Page.Place} */ { pick, locked }) =>
        !locked && pick?.track.energy && !pick.reasons?.length;
    return !places.length || Boolean(list?.made_with && !places.some(isOwn));
  }
  // The set, for what is drawn again when it changes.
  get shown() {
    void this.turn.value;
    return this.set;
  }
  changed() {
    const { list, places, preview, isFree } = this.set;
    this.element.hidden = !list;
    if (!list) return;
    if (!this.known.value && !this.known.isAsking)
      this.known
        .ask(this.app.server.get("playlists/choices"))
        .then((isThere) => isThere && this.changed());
    batch(() => {
      this.turn.value++;
      // Options typed for a list that was not generated yet stay until another list opens.
      if (!preview && (list.made_with || this.of !== list.id)) {
        const { seeds = [], ...options } = list.made_with ?? {};
        [this.draft.value, this.seeds.value, this.of] = [options, seeds, list.id];
      }
    });
    const points = this.points(list);
    this.curve.show({
      points,
      bars: this.bars(places),
      stretch: this.stretch(points, places),
      isFree,
    });
    this.nameSeeds();
  }
  drawCurves() {
    const { isFree } = this.shown,
      { curve } = this.draft.value;
    return this.known.value?.curves.map(
      ({ name, points }) =>
        html`<button
          key=${name}
          data-curve=${name}
          title=${spaced(name)}
          aria-label=${`Curve: ${spaced(name)}`}
          aria-pressed=${String(name === curve)}
          disabled=${!isFree}
          onclick=${() => this.ask({ curve: name }, true)}
        >
          <${CurvePicture} points=${points} />
        </button>`,
    );
  }
  drawLine() {
    const { list, places, isFree } = this.shown,
      draft = this.draft.value,
      unit = draft.minutes ? "minutes" : "n",
      { free } = this,
      minutes = Math.round((list?.duration_s ?? 0) / 60) || 60,
      count = places.length || USUAL_COUNT,
      over = this.over.value === null ? undefined : places[this.over.value];
    return html`<${Typed}
        type="number"
        min="1"
        class="length"
        aria-label="Length"
        value=${draft[unit] ?? count}
        disabled=${!isFree}
        onchange=${({ currentTarget }) => {
          if (Number(currentTarget.value) > 0) this.lengthens(unit, Number(currentTarget.value));
          else currentTarget.value = String(draft[unit] ?? count);
        }}
      />
      <select
        aria-label="Unit"
        value=${unit}
        disabled=${!isFree}
        onchange=${({ currentTarget: { value } }) =>
          this.lengthens(value, value === "n" ? count : minutes)}
      >
        <option value="n">tracks</option>
        <option value="minutes">minutes</option>
      </select>
      <button
        class=${places.length ? "" : "main"}
        title=${places.length ? `Replaces the ${tracksOf(free)} that are not locked` : ""}
        disabled=${!isFree}
        aria-disabled=${this.isBusy.value ? "true" : undefined}
        onclick=${() => this.regenerate()}
      >
        ${!places.length ? "Make" : this.isMade ? "Regenerate" : `Replace ${tracksOf(free)}…`}
      </button>
      <button
        title="Another list with the same limits"
        hidden=${!list?.made_with || !this.isMade}
        disabled=${!isFree}
        onclick=${() => this.ask({ vary: Number(draft.vary ?? 0) + 1 }, true, true)}
      >
        Variation
      </button>
      <p class="small told-of-set">
        ${this.known.error?.message ?? (over ? barTold(over, this.over.value ?? 0) : this.told())}
      </p>`;
  }
  drawPresets() {
    const { isFree } = this.shown,
      presets = this.known.value?.presets ?? [],
      chosen = presets.find(({ name }) => name === this.draft.value.preset);
    return html`<select
      aria-label="Preset"
      title=${chosen?.about ?? "A named set of options"}
      value=${chosen?.name ?? ""}
      disabled=${!isFree}
      onchange=${({ currentTarget: { value } }) => this.presets(value)}
    >
      <option value=${""}>preset…</option>
      ${presets.map(
        ({ name, about }) =>
          html`<option key=${name} value=${name} title=${about}>${spaced(name)}</option>`,
      )}
    </select>`;
  }
  drawFields() {
    const asked = (this.known.value?.options ?? []).filter(({ name }) => !ELSEWHERE.includes(name)),
      headings = [...new Set(asked.map(({ heading }) => heading))];
    return headings.map(
      (heading) =>
        html`<fieldset key=${heading}>
          <legend>${heading}</legend>
          ${asked.filter((one) => one.heading === heading).map((one) => this.field(one))}
        </fieldset>`,
    );
  }
  /** @param {Served.FormOption} option */
  field({ name, label, about, kind, choices }) {
    const id = `set-${name}`,
      isNumber = kind === "number" || kind === "whole_number",
      on = {
        id,
        name,
        "aria-describedby": `${id}-about`,
        value: this.draft.value[name] ?? "",
        disabled: !this.shown.isFree,
        onchange: (/** @type {Chosen} */ { currentTarget: { value } }) => {
          const given = kind === "switch" ? value === "true" : isNumber ? Number(value) : value;
          this.ask({ [name]: value === "" ? undefined : given }, true);
        },
      };
    const words = choices.map((one) => [one, spaced(one)]),
      offered = kind === "switch" ? Object.entries({ true: "yes", false: "no" }) : words;
    return html`<p key=${name}>
      <label for=${id}>${label}</label>
      ${
        offered.length
          ? html`<${Typed} as="select" ...${on}>
              <option value=${""}>default</option>
              ${offered.map(([value, text]) => html`<option value=${value}>${text}</option>`)}
            <//>`
          : html`<${Typed}
              ...${on}
              type=${kind === "text" ? "text" : "number"}
              step=${kind === "number" ? "any" : "1"}
              dir="auto"
              spellcheck=${false}
              placeholder="default"
            />`
      }
      <small id=${`${id}-about`}>${about}</small>
    </p>`;
  }
  drawSeeds() {
    const names = this.names.value,
      seeds = this.seeds.value;
    return html`<span class="small">
        ${seeds.length ? "Similar to:" : "Drop tracks here to make the set sound like them."}
      </span>
      ${seeds.map(
        (id) =>
          html`<span class="seed" key=${id}>
            <span dir="auto">${names.get(id) ?? id}</span>
            <button
              aria-label=${`Remove: ${names.get(id)}`}
              onclick=${() => this.sound(seeds.filter((one) => one !== id))}
            >
              ×
            </button>
          </span>`,
      )}`;
  }
  /**
   * @param {Page.WholeList} list
   * @returns {Page.CurvePoints}  the target curve, or else the current energies as a start
   */
  points(list) {
    const text = this.draft.value.curve ?? list.options?.curve ?? null,
      named = this.known.value?.curves.find(({ name }) => name === text)?.points,
      found = /** @type {Page.CurvePoints=} */ (named) ?? (text && pointsOf(String(text)));
    if (found) return found;
    const reached = energies(this.set.places),
      [low, high] = stretchOf(reached);
    return [0, 25, 50, 75, 100].map((percent) => [
      percent,
      reached.length
        ? (reached[Math.round((percent / 100) * (reached.length - 1))] - low) / (high - low)
        : 0.5,
    ]);
  }
  // The energies at 0 and 1 of the curve, by a regression line through the targets of the tracks.
  /** @param {Page.CurvePoints} points @param {Page.Place[]} places @returns {[number, number]} */
  stretch(points, places) {
    const { id, preview } = this.set,
      pairs = places.flatMap(({ pick }, at) =>
        pick?.energy_target == null
          ? []
          : [[wantedAt(points, (100 * at) / Math.max(1, places.length - 1)), pick.energy_target]],
      );
    const mean = (/** @type {number} */ which) =>
        pairs.reduce((sum, pair) => sum + pair[which], 0) / pairs.length,
      [x, y] = [mean(0), mean(1)];
    const spread = pairs.reduce((sum, pair) => sum + (pair[0] - x) ** 2, 0),
      slope = pairs.reduce((sum, pair) => sum + (pair[0] - x) * (pair[1] - y), 0) / spread;
    if (spread > 0.01 && slope > 0.05 && !preview)
      this.kept = { of: id, ends: [y - slope * x, y + slope * (1 - x)] };
    return this.kept && this.kept.of === id ? this.kept.ends : stretchOf(energies(places));
  }
  /** @param {Page.Place[]} places @returns {Page.Bar[]} */
  bars(places) {
    return places.map(({ key, pick, title }, at) => ({
      from: at / places.length,
      to: (at + 1) / places.length,
      energy: pick?.track.energy?.value ?? null,
      wanted: pick?.energy_target ?? null,
      isNew: this.set.preview && !this.set.keptKeys.has(key),
      title: `${at + 1}. ${title}`,
    }));
  }
  told() {
    const { places, preview, keptKeys, list } = this.set,
      { n } = this.draft.value,
      changed = places.filter(({ key }) => !keptKeys.has(key)).length;
    if (this.set.compared) return "";
    if (preview)
      return (
        `${changed ? `${changed} of ${places.length} tracks would change` : "The same tracks"} ` +
        `· ${clock(list?.duration_s ?? 0)}`
      );
    if (list?.made_with && n && places.length < n)
      return `${places.length} of ${n}: no more tracks fit the limits.`;
    return this.isMade || !this.isDrafted
      ? ""
      : `Lock (l) the tracks to keep, then press “Replace ${tracksOf(this.free)}…”.`;
  }
  // Names the seeds by the tracks of the set, or by the server.
  nameSeeds() {
    const names = new Map(this.names.value);
    for (const { id, title } of this.set.places) if (id) names.set(id, title);
    for (const id of this.seeds.value) {
      if (names.has(id)) continue;
      names.set(id, "…");
      const tell = (/** @type {string} */ name) => {
        this.names.value = new Map(this.names.value).set(id, name);
      };
      this.app.server.get(`tracks/${id}`).then(
        (track) => tell(track.current.name),
        () => tell(id),
      );
    }
    this.names.value = names;
  }
  /** @param {string[]} seeds */
  sound(seeds) {
    this.seeds.value = seeds;
    this.nameSeeds();
    this.ask({}, true);
  }
  /** @param {string} unit @param {number} value */
  lengthens(unit, value) {
    this.ask({ n: undefined, minutes: undefined, [unit]: value }, true);
  }
  /** @param {string} name  "" for none */
  presets(name) {
    const own = this.known.value?.presets.find((one) => one.name === name)?.options ?? {};
    const without = name
      ? Object.fromEntries(["n", "minutes", ...Object.keys(own)].map((one) => [one, undefined]))
      : {};
    this.ask({ ...without, ...own, preset: name || undefined }, true);
  }
  /**
   * Changes the options. A generated list is regenerated: previewed during a drag, saved at its
   * end.
   * @param {Page.MadeWith} change
   * @param {boolean} isDone
   * @param {boolean} [isWanted]  generate even if the list is hand-made
   */
  ask(change, isDone, isWanted = false) {
    const draft = Object.entries({ ...this.draft.value, ...change });
    this.isDrafted = true;
    this.draft.value = Object.fromEntries(draft.filter(([, value]) => value !== undefined));
    if (!this.isMade && !isWanted) this.changed();
    else if (isDone) this.store();
    else this.set.previews(this.op());
  }
  op() {
    const seeds = this.seeds.value,
      draft = this.draft.value,
      isLong = draft.n || draft.minutes || draft.preset;
    return /** @type {const} */ ({
      op: "make",
      ...(isLong ? {} : { n: this.set.places.length || USUAL_COUNT }),
      ...draft,
      ...(seeds.length ? { seeds } : {}),
    });
  }
  get free() {
    return this.set.places.filter(({ locked }) => !locked).length;
  }
  // A hand-made list is replaced after a question.
  async regenerate() {
    const lead = dom`<p>Other tracks come instead; locked (l) tracks stay. Undo is possible.</p>`,
      asked = { submit: "Replace", leave: () => {} };
    if (this.isMade || (await formInDialog(`Replace ${tracksOf(this.free)}?`, asked, lead)))
      await this.store();
  }
  async store() {
    this.isBusy.value = true;
    const op = this.op(),
      made = this.set.places.length ? "Set regenerated" : "Set made";
    await this.set.do(op, made, (list) => madeOf(made, list.entries.length, op.n));
    this.isBusy.value = this.isDrafted = false;
  }
}

// The new set; it has fewer tracks if no more fit.
/** @param {string} made @param {number} count @param {string | number | undefined} wanted */
export const madeOf = (made, count, wanted) =>
  made + (count < Number(wanted) ? `: only ${tracksOf(count)} of ${wanted}; no more fit` : "");

/** @param {Page.Place} place @param {number} at */
function barTold({ title, pick }, at) {
  const tenth = (/** @type {number} */ energy) => (10 * energy).toFixed(1),
    known = pick?.track.energy ? tenth(pick.track.energy.value) : "unknown",
    wanted = pick?.energy_target == null ? "" : `, target ${tenth(pick.energy_target)}`;
  return `${at + 1}. ${title}: energy ${known}${wanted}`;
}

/** @param {Page.Place[]} places */
const energies = (places) => places.flatMap(({ pick }) => pick?.track.energy?.value ?? []);

// The energy range of the tracks, widened to a minimum.
/** @param {number[]} known @returns {[number, number]} */
function stretchOf(known) {
  if (!known.length) return [0, 1];
  const low = Math.min(...known),
    high = Math.max(...known),
    more = Math.max(0, LEAST_STRETCH - (high - low)) / 2;
  return [low - more, high + more];
}
