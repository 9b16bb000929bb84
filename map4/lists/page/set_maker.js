// How a set is generated: curve, length, seeds, and every limit of `map4 playlist`, with its help
// text.
import { Curve, curvePicture, curveText, pointsOf, wantedAt } from "./curve.js";
import { takesDrops } from "../../page/parts/drag.js";
import { dom, element } from "../../page/parts/element.js";
import { clock, messageOf } from "../../page/parts/wording.js";
/** @import { App } from "../../page/app.js" */
/** @import { Bar, Points } from "./curve.js" */
/** @import { SetInWork } from "./set_in_work.js" */
/** @import { MadeWith, Place, WholeList } from "../../page/parts/set_list.js" */

const ELSEWHERE = ["n", "minutes", "curve", "preset", "include", "to", "folder"],
  USUAL_COUNT = 20,
  LEAST_STRETCH = 0.2;
/** @param {string} text */
const spaced = (text) => text.replaceAll("_", " ");

// The options of a generated playlist, from the server.
export class SetChoices {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Promise<Served.PlaylistChoices> | undefined} */
    this.asked = undefined;
  }
  /** @returns {Promise<Served.PlaylistChoices>} */
  get known() {
    return (this.asked ??= this.app.server.get("playlists/choices").catch((error) => {
      this.asked = undefined;
      throw error;
    }));
  }
  // The shell command that generates the list.
  /** @param {WholeList} list */
  async command(list) {
    const { options } = await this.known,
      made = list.made_with ?? {},
      quoted = (/** @type {unknown} */ value) =>
        /^[\w.:,/+-]+$/.test(String(value))
          ? String(value)
          : `'${String(value).replaceAll("'", "'\\''")}'`;
    const words = options.flatMap(({ name, flags, kind }) => {
      const value = made[name],
        [yes, no] = flags.split(" ")[0].split("/");
      if (value === null || value === undefined || value === "" || !flags) return [];
      if (kind === "switch")
        return value
          ? yes.startsWith("--no-")
            ? []
            : [yes]
          : yes.startsWith("--no-")
            ? [yes]
            : no
              ? [no]
              : [];
      return (Array.isArray(value) ? value : [value]).map((one) => `${yes} ${quoted(one)}`);
    });
    return ["map4 playlist", ...list.seeds.map((seed) => `--seed ${quoted(seed)}`), ...words].join(
      " ",
    );
  }
}

export class SetMaker {
  /**
   * @param {App} app
   * @param {SetInWork} set
   * @param {SetChoices} choices
   * @param {(at: number) => void} toPlace
   */
  constructor(app, set, choices, toPlace) {
    this.app = app;
    this.set = set;
    this.choices = choices;
    /** @type {MadeWith} */
    this.draft = {};
    /** @type {string[]} */
    this.seeds = [];
    /** @type {Map<string, string>} */
    this.names = new Map();
    /** @type {Served.PlaylistChoices | null} */
    this.known = null;
    this.of = "";
    this.curve = new Curve({
      moving: (points) => this.ask({ curve: curveText(points) }, false),
      moved: (points) => this.ask({ curve: curveText(points) }, true),
      over: (at) => {
        if (at !== null) this.told.textContent = this.barTold(at);
        else this.tells();
      },
      press: toPlace,
    });
    this.told = element("p", { class: "small told-of-set" });
    this.curves = element("div", { class: "curves", role: "group", "aria-label": "Curves" });
    this.length = element("input", {
      type: "number",
      min: 1,
      class: "length",
      "aria-label": "Length",
      onchange: () => this.lengthens(),
    });
    this.unit = /** @type {HTMLSelectElement} */ (
      dom`<select aria-label="Unit" onchange=${() => this.lengthens(true)}>
        <option value="n">tracks</option>
        <option value="minutes">minutes</option>
      </select>`
    );
    this.preset = element("select", { "aria-label": "Preset", onchange: () => this.presets() });
    this.make = element("button", { class: "main", onclick: () => this.store() }, "Make");
    this.vary = element(
      "button",
      {
        title: "Another list with the same limits",
        onclick: () => this.ask({ vary: Number(this.draft.vary ?? 0) + 1 }, true, true),
      },
      "Variation",
    );
    this.seedList = element("div", { class: "seeds" });
    this.fields = element("div", { class: "fields" });
    this.limits = /** @type {HTMLDetailsElement} */ (
      dom`<details class="limits">
        <summary>Similar tracks, presets and limits</summary>
        ${this.seedList}
        <p>${this.preset}</p>
        ${this.fields}
      </details>`
    );
    this.element = dom`<section class="maker" aria-label="Set options">
      ${this.curve.element}
      ${this.curves}
      <div class="line">${this.length}${this.unit}${this.make}${this.vary}${this.told}</div>
      ${this.limits}
    </section>`;
    takesDrops(this.seedList, {
      over: ({ rows }) => {
        this.seedList.classList.add("over");
        return rows.length > 0;
      },
      leave: () => this.seedList.classList.remove("over"),
      drop: async ({ rows, title }) => {
        this.seedList.classList.remove("over");
        const ids = await set.idsOf(rows);
        if (ids.length === 1) this.names.set(ids[0], title);
        this.sound([...new Set([...this.seeds, ...ids])]);
      },
    });
    set.addEventListener("change", () => this.draw());
    this.draw();
    this.begin();
  }
  async begin() {
    try {
      const { options, curves, presets } = (this.known = await this.choices.known);
      this.curves.replaceChildren(
        ...curves.map(
          ({ name }) =>
            dom`<button
              data-curve=${name}
              title=${spaced(name)}
              aria-label=${`Curve: ${spaced(name)}`}
              aria-pressed="false"
              onclick=${() => this.ask({ curve: name }, true)}
            />`,
        ),
      );
      [...this.curves.children].forEach((button, at) =>
        button.append(curvePicture(/** @type {Points} */ (curves[at].points))),
      );
      this.preset.replaceChildren(
        dom`<option value=${""}>preset…</option>`,
        ...presets.map(
          ({ name, about }) => dom`<option value=${name} title=${about}>${spaced(name)}</option>`,
        ),
      );
      const asked = options.filter(({ name }) => !ELSEWHERE.includes(name));
      this.fields.replaceChildren(
        ...[...new Set(asked.map(({ heading }) => heading))].map(
          (heading) =>
            dom`<fieldset>
              <legend>${heading}</legend>
              ${asked.filter((one) => one.heading === heading).map((one) => this.field(one))}
            </fieldset>`,
        ),
      );
      this.draw();
    } catch (error) {
      this.told.textContent = messageOf(error);
    }
  }
  /** @param {Served.FormOption} option */
  field({ name, label, about, kind, choices }) {
    const id = `set-${name}`,
      on = {
        id,
        name,
        "aria-describedby": `${id}-about`,
        onchange: () => {
          const { value } = input,
            given =
              value === ""
                ? undefined
                : kind === "switch"
                  ? value === "true"
                  : kind === "number" || kind === "whole_number"
                    ? Number(value)
                    : value;
          this.ask({ [name]: given }, true);
        },
      };
    const words =
      kind === "switch"
        ? [
            ["true", "yes"],
            ["false", "no"],
          ]
        : choices.map((one) => [one, spaced(one)]);
    /** @type {HTMLInputElement | HTMLSelectElement} */
    const input = words.length
      ? element(
          "select",
          on,
          dom`<option value=${""}>default</option>`,
          ...words.map(([value, text]) => dom`<option value=${value}>${text}</option>`),
        )
      : dom`<input
        ...${on}
        type=${kind === "text" ? "text" : "number"}
        step=${kind === "number" ? "any" : "1"}
        dir="auto"
        spellcheck="false"
        placeholder="default"
      />`;
    return dom`<p>
      <label for=${id}>${label}</label>${input}<small id=${`${id}-about`}>${about}</small>
    </p>`;
  }

  /** Whether changes regenerate the list at once: a hand-made list is replaced only on request. */
  get isMade() {
    return Boolean(this.set.list?.made_with) || !this.set.places.length;
  }
  draw() {
    const { list, places } = this.set;
    this.element.hidden = !list;
    if (!list || !this.known) return;
    if (!this.set.preview) {
      const made = list.made_with;
      // Options typed for a list that was not generated yet stay until another list opens.
      if (made || this.of !== list.id) {
        const { seeds = [], ...options } = made ?? {};
        [this.draft, this.seeds, this.of] = [options, seeds, list.id];
      }
    }
    const { draft, known } = this,
      points = this.points(list),
      stretch = this.stretch(points, places),
      isFree = this.set.isFree;
    this.curve.show(points, this.bars(places), stretch, isFree);
    for (const button of this.curves.children) {
      button.setAttribute(
        "aria-pressed",
        String(/** @type {HTMLElement} */ (button).dataset.curve === draft.curve),
      );
      button.toggleAttribute("disabled", !isFree);
    }
    const unit = draft.minutes ? "minutes" : "n",
      { length } = this;
    this.unit.value = unit;
    if (document.activeElement !== length)
      length.value = String(draft[unit] ?? (places.length || USUAL_COUNT));
    this.preset.value = draft.preset ?? "";
    this.preset.title =
      known.presets.find(({ name }) => name === draft.preset)?.about ?? "A named set of options";
    const free = places.filter(({ locked }) => !locked).length;
    this.make.textContent = places.length ? "Regenerate" : "Make";
    this.make.classList.toggle("main", !places.length || !this.isMade);
    this.make.title = places.length
      ? `Replaces ${free === places.length ? "all" : `the ${free}`} tracks that are not locked`
      : "";
    for (const one of [this.make, this.vary, length, this.unit, this.preset])
      one.disabled = !isFree;
    this.vary.hidden = !list.made_with;
    for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (
      this.fields.querySelectorAll("input,select")
    ))
      if (input !== document.activeElement) {
        input.value = String(draft[input.name] ?? "");
        input.disabled = !isFree;
      }
    this.drawSeeds();
    this.tells();
  }
  /**
   * @param {WholeList} list
   * @returns {Points}  the target curve, or else the current energies as a start
   */
  points(list) {
    const text = this.draft.curve ?? list.options?.curve ?? null;
    const found =
      text &&
      (this.known?.curves.find(({ name }) => name === text)?.points ?? pointsOf(String(text)));
    if (found) return found;
    const reached = this.set.places.flatMap(({ pick }) => pick?.track.energy?.value ?? []),
      [low, high] = stretchOf(reached);
    return [0, 25, 50, 75, 100].map((percent) => [
      percent,
      reached.length
        ? (reached[Math.round((percent / 100) * (reached.length - 1))] - low) / (high - low)
        : 0.5,
    ]);
  }
  // The energies at 0 and 1 of the curve, by a regression line through the targets of the tracks.
  /** @param {Points} points @param {Place[]} places @returns {[number, number]} */
  stretch(points, places) {
    const pairs = places.flatMap(({ pick }, at) =>
      pick?.energy_target == null
        ? []
        : [[wantedAt(points, (100 * at) / Math.max(1, places.length - 1)), pick.energy_target]],
    );
    const mean = (/** @type {number} */ which) =>
        pairs.reduce((sum, pair) => sum + pair[which], 0) / pairs.length,
      [x, y] = [mean(0), mean(1)];
    const spread = pairs.reduce((sum, pair) => sum + (pair[0] - x) ** 2, 0),
      slope = pairs.reduce((sum, pair) => sum + (pair[0] - x) * (pair[1] - y), 0) / spread;
    if (spread > 0.01 && slope > 0.05 && !this.set.preview)
      this.kept = /** @type {[number, number]} */ ([y - slope * x, y + slope * (1 - x)]);
    const has = this.kept && this.keptOf === this.set.id && pairs.length;
    if (spread > 0.01 && slope > 0.05) this.keptOf = this.set.id;
    if (has && this.kept) return this.kept;
    return this.keptOf === this.set.id && this.kept
      ? this.kept
      : places.length
        ? stretchOf(places.flatMap(({ pick }) => pick?.track.energy?.value ?? []))
        : [0, 1];
  }
  /** @param {Place[]} places @returns {Bar[]} */
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
  /** @param {number} at */
  barTold(at) {
    const { title, pick } = this.set.places[at],
      tenth = (/** @type {number} */ energy) => (10 * energy).toFixed(1),
      known = pick?.track.energy ? tenth(pick.track.energy.value) : "unknown",
      wanted = pick?.energy_target == null ? "" : `, target ${tenth(pick.energy_target)}`;
    return `${at + 1}. ${title}: energy ${known}${wanted}`;
  }
  tells() {
    const { places, preview, keptKeys, list } = this.set,
      changed = places.filter(({ key }) => !keptKeys.has(key)).length;
    const lacks =
      list?.made_with && this.draft.n && places.length < this.draft.n
        ? `${places.length} of ${this.draft.n}: no more tracks fit the limits. `
        : "";
    this.told.textContent = preview
      ? `${changed ? `${changed} of ${places.length} tracks would change` : "The same tracks"} ` +
        `· ${clock(list?.duration_s ?? 0)}`
      : lacks ||
        (this.isMade || !this.isDrafted
          ? ""
          : "Lock (l) the tracks to keep, then press “Regenerate”.");
  }
  drawSeeds() {
    for (const { id, title } of this.set.places) if (id) this.names.set(id, title);
    const missing = this.seeds.filter((id) => !this.names.has(id));
    for (const id of missing) {
      this.names.set(id, "…");
      this.app.server
        .get(`tracks/${id}`)
        .then((track) => {
          this.names.set(id, track.current.name);
          this.drawSeeds();
        })
        .catch(() => this.names.set(id, id));
    }
    this.seedList.replaceChildren(
      dom`<span class="small">
        ${this.seeds.length ? "Similar to:" : "Drop tracks here to make the set sound like them."}
      </span>`,
      ...this.seeds.map(
        (id) =>
          dom`<span class="seed">
            <span dir="auto">${this.names.get(id) ?? id}</span>
            <button
              aria-label=${`Remove: ${this.names.get(id)}`}
              onclick=${() => this.sound(this.seeds.filter((one) => one !== id))}
            >
              ×
            </button>
          </span>`,
      ),
    );
  }
  /** @param {string[]} seeds */
  sound(seeds) {
    this.seeds = seeds;
    this.drawSeeds();
    this.ask({}, true);
  }
  lengthens(isOther = false) {
    const unit = this.unit.value,
      { places, list } = this.set,
      minutes = Math.round((list?.duration_s ?? 0) / 60) || 60;
    const value = isOther
      ? unit === "n"
        ? places.length || USUAL_COUNT
        : minutes
      : Number(this.length.value);
    if (value > 0) this.ask({ n: undefined, minutes: undefined, [unit]: value }, true);
  }
  presets() {
    const name = this.preset.value || undefined,
      own = this.known?.presets.find((one) => one.name === name)?.options ?? {};
    const without = name
      ? Object.fromEntries(["n", "minutes", ...Object.keys(own)].map((one) => [one, undefined]))
      : {};
    this.ask({ ...without, ...own, preset: name }, true);
  }
  /**
   * Changes the options. A generated list is regenerated: previewed during a drag, saved at its
   * end.
   * @param {MadeWith} change
   * @param {boolean} isDone
   * @param {boolean} [isWanted]  generate even if the list is hand-made
   */
  ask(change, isDone, isWanted = false) {
    for (const [name, value] of Object.entries(change))
      if (value === undefined) delete this.draft[name];
      else this.draft[name] = value;
    this.isDrafted = true;
    if (!this.isMade && !isWanted) {
      this.draw();
      return;
    }
    if (isDone) this.store();
    else this.set.previews(this.op());
  }
  op() {
    const { draft, seeds, set } = this,
      length =
        draft.n || draft.minutes || draft.preset ? {} : { n: set.places.length || USUAL_COUNT };
    return /** @type {const} */ ({
      op: "make",
      ...length,
      ...draft,
      ...(seeds.length ? { seeds } : {}),
    });
  }
  async store() {
    this.make.setAttribute("aria-disabled", "true");
    await this.set.do(this.op(), "Set regenerated");
    this.make.removeAttribute("aria-disabled");
    this.isDrafted = false;
  }
}

// The energy range of the tracks, widened to a minimum.
/** @param {number[]} known @returns {[number, number]} */
function stretchOf(known) {
  if (!known.length) return [0, 1];
  const low = Math.min(...known),
    high = Math.max(...known),
    more = Math.max(0, LEAST_STRETCH - (high - low)) / 2;
  return [low - more, high + more];
}
