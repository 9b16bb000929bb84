// How a set is generated: curve, length, seeds and limits.
import { answerCache } from "../../page/parts/answer_cache.js";
import { CurvePicture, curveText, energyCurve, handlesOf, pointsOf, targetAt } from "./curve.js";
import { Choice, SignButton, Typed } from "../../page/parts/components.js";
import { formInDialog } from "../../page/parts/dialog.js";
import { takesDrops } from "../../page/parts/drag.js";
import { batch, computed, effect, html, resource, signal } from "../../page/parts/html.js";
import { TempoOfSet } from "./set_tempo.js";
import { choicesOf } from "../../page/parts/options.js";
import { clock, tracksOf } from "../../page/parts/wording.js";

const ELSEWHERE = "n minutes curve preset include to folder max_candidates".split(" "),
  // Options that are typed in percent.
  PERCENT = /** @type {Record<string, string>} */ ({
    tolerance: "The largest step, instead of the tempo steps above.",
    min_sound: "Each track beside the starting tracks: 0 is loose, 100 close.",
  }),
  UNITS = Object.entries({ n: "tracks", minutes: "minutes" }),
  SHAPES = ["warm_up", "peak_time", "closing", "dj_set"],
  REPLACED = "Other tracks come instead; locked (l) tracks stay. Undo is possible.",
  USUAL_COUNT = 20,
  LEAST_STRETCH = 0.2;

// Whether changes regenerate the list at once: tracks added by hand are replaced only on request.
/** @param {Pick<Page.SetInWork, "list" | "places">} set */
export function isMade({ list, places }) {
  const isOwn = (/** @type {Page.Place} */ { pick, locked }) =>
    !locked && pick?.track.energy && !pick.reasons?.length;
  return !places.length || Boolean(list?.made_with && !places.some(isOwn));
}
/** @param {Page.Place[]} places */
const freeOf = (places) => tracksOf(places.filter(({ locked }) => !locked).length);

/** @typedef {ReturnType<typeof makingOf>} Making */
/**
 * The options of a set, and their changes. A generated list is regenerated at once: previewed
 * during a drag, saved at its end.
 * @param {Page.SetInWork} set
 */
export function makingOf(set) {
  const draft = signal(/** @type {Page.MadeWith} */ ({})),
    seeds = signal(/** @type {string[]} */ ([])),
    isBusy = signal(false);
  let of = "",
    isDrafted = false;
  effect(() => {
    const { list, preview } = set.shown;
    // Options typed for a list that was not generated yet stay until another list opens.
    if (!list || preview || (!list.made_with && of === list.id)) return;
    const { seeds: alike = [], ...options } = list.made_with ?? {};
    of = list.id;
    batch(() => ([draft.value, seeds.value] = [options, alike]));
  });
  function op() {
    const { n, minutes, preset } = draft.peek(),
      alike = seeds.peek();
    return /** @type {const} */ ({
      op: "make",
      ...(n || minutes || preset ? {} : { n: set.places.length || USUAL_COUNT }),
      ...draft.peek(),
      ...(alike.length ? { seeds: alike } : {}),
    });
  }
  async function store() {
    isBusy.value = true;
    const make = op(),
      message = set.places.length ? "Set regenerated" : "Set made";
    await set.do(make, message, (list) => madeText(message, list.entries.length, make.n));
    isBusy.value = isDrafted = false;
  }
  return {
    draft,
    seeds,
    isBusy,
    /**
     * @param {Page.MadeWith} change
     * @param {boolean} isDone
     * @param {boolean} [isWanted]  generate even if the list is hand-made
     */
    ask(change, isDone, isWanted = false) {
      const options = Object.entries({ ...draft.peek(), ...change });
      isDrafted = true;
      draft.value = Object.fromEntries(options.filter(([, value]) => value !== undefined));
      if (!isMade(set) && !isWanted) return;
      if (isDone) store();
      else set.previews(op());
    },
    // A hand-made list is replaced after a question.
    async regenerate() {
      const text = REPLACED,
        title = `Replace ${freeOf(set.places)}?`;
      if (isMade(set) || (await formInDialog(title, { text, submit: "Replace" }))) await store();
    },
    status() {
      const { places, preview, storedKeys, list, compared } = set,
        { n } = draft.value,
        changed = places.filter(({ key }) => !storedKeys.has(key)).length;
      if (compared) return "";
      if (preview)
        return (
          `${changed ? `${changed} of ${places.length} tracks would change` : "The same tracks"} ` +
          `· ${clock(list?.duration_s ?? 0)}`
        );
      if (list?.made_with && n && places.length < n)
        return `${places.length} of ${n}: no more tracks fit the limits.`;
      return isMade(set) || !isDrafted
        ? ""
        : `Lock (l) the tracks to keep, then press “Replace ${freeOf(places)}…”.`;
    },
  };
}

/**
 * @param {Page.App} app @param {Page.SetInWork} set @param {(at: number) => void} toPlace
 * @param {() => Page.Child} [Ends]  a rule of the best order
 */
export function setMaker(app, set, toPlace, Ends = () => null) {
  const making = makingOf(set),
    { draft, seeds, isBusy, ask } = making,
    named = signal(0), // how often names came, of seeds outside of the set
    names = answerCache(
      async (id) => (await app.server.get(`tracks/${id}`)).current.name,
      () => named.value++,
    ),
    known = /** @type {Page.Resource<Served.PlaylistChoices>} */ (resource()),
    isOpen = signal(false),
    energies = curveOfSet(set, draft, known),
    Limits = setLimits(set, making, known),
    sound = (/** @type {string[]} */ alike) => {
      seeds.value = alike;
      ask({}, true);
    },
    lengthens = (/** @type {string} */ unit, /** @type {number} */ value) =>
      ask({ n: undefined, minutes: undefined, [unit]: value }, true);
  let shownId = /** @type {string | null} */ (null);

  function Curves() {
    const { isFree } = set.shown,
      drawnAs = (/** @type {string} */ shape) =>
        known.value?.curves.find(({ name }) => name === shape)?.points;
    // Drawn before the curves are loaded: nothing below moves then.
    return html`<div class="curves" role="group" aria-label="Curves">
      ${choicesOf(SHAPES).map(
        ([name, words]) =>
          html`<button
            key=${name}
            data-curve=${name}
            aria-pressed=${String(name === draft.value.curve)}
            disabled=${!isFree}
            onclick=${() => ask({ curve: name }, true)}
          >
            <${CurvePicture} points=${drawnAs(name)} />
            ${words}
          </button>`,
      )}
    </div>`;
  }
  function Line() {
    const { list, places, isFree } = set.shown,
      unit = draft.value.minutes ? "minutes" : "n",
      minutes = Math.round((list?.duration_s ?? 0) / 60) || 60,
      count = places.length || USUAL_COUNT,
      length = draft.value[unit] ?? count;
    return html`<${Typed}
        type="number"
        min="1"
        class="length"
        aria-label="Length"
        value=${length}
        disabled=${!isFree}
        onchange=${({ currentTarget }) => {
          if (Number(currentTarget.value) > 0) lengthens(unit, Number(currentTarget.value));
          else currentTarget.value = String(length);
        }}
      />
      <${Choice}
        label="Unit"
        choices=${UNITS}
        value=${unit}
        disabled=${!isFree}
        choose=${(/** @type {string} */ one) => lengthens(one, one === "n" ? count : minutes)}
      />
      <button
        class=${places.length ? "" : "main"}
        title=${places.length ? `Replaces the ${freeOf(places)} that are not locked` : ""}
        disabled=${!isFree || isBusy.value}
        onclick=${making.regenerate}
      >
        ${!places.length ? "Make" : isMade(set) ? "Regenerate" : `Replace ${freeOf(places)}…`}
      </button>
      <button
        title="Another list with the same limits"
        hidden=${!list?.made_with || !isMade(set)}
        disabled=${!isFree}
        onclick=${() => ask({ vary: Number(draft.value.vary ?? 0) + 1 }, true, true)}
      >
        Variation
      </button>
      <p class="small told-of-set">${known.error?.message ?? making.status()}</p>`;
  }
  function Seeds() {
    const { places } = set.shown,
      nameOf = (/** @type {string} */ id) =>
        places.find((place) => place.id === id)?.title ??
        (names.of(id) === null ? id : (names.of(id) ?? "…"));
    void named.value;
    return html`<span class="small">
        ${seeds.value.length ? "Similar to:" : "Drop tracks here to make the set sound like them."}
      </span>
      ${seeds.value.map(
        (id) =>
          html`<span class="seed" key=${id}>
            <bdi>${nameOf(id)}</bdi>
            <${SignButton}
              sign="close"
              label=${`Remove: ${nameOf(id)}`}
              run=${() => sound(seeds.value.filter((one) => one !== id))}
            />
          </span>`,
      )}`;
  }
  const Curve = energyCurve(() => energies.value, {
    moving: (points) => ask({ curve: curveText(points) }, false),
    moved: (points) => ask({ curve: curveText(points) }, true),
    press: toPlace,
  });
  const drops = /** @type {Page.Taker} */ ({
    over: ({ rows }) => rows.length > 0,
    drop: async ({ rows }) =>
      sound([...new Set([...seeds.value, ...(await app.source.idsOf(rows))])]),
  });
  // Open at first for a set without tracks.
  effect(() => {
    const { id, list, places } = set.shown;
    if (!list || shownId === id) return;
    shownId = id;
    isOpen.value = !places.length;
  });
  const isShown = () => Boolean(set.shown.list && isOpen.value);
  function Maker() {
    return html`<section class="maker" aria-label="Shape of the set" hidden=${!isShown()}>
      <${Curve} />
      <${TempoOfSet} set=${set} />
      <${Curves} />
      <div class="line"><${Line} /></div>
      <div
        class="seeds"
        ref=${(/** @type {HTMLElement | null} */ box) => box && takesDrops(box, drops)}
      >
        <${Seeds} />
      </div>
      <${Ends} />
      <${Limits} />
    </section>`;
  }
  const Open = () =>
    set.shown.list &&
    html`<button
      title="Curve, length and rules; make another set"
      aria-expanded=${String(isOpen.value)}
      onclick=${() => (isOpen.value = !isOpen.value)}
    >
      Shape…
    </button>`;
  effect(() => {
    if (isShown() && !known.value && !known.isAsking)
      known.ask(app.server.get("playlists/choices"));
  });
  effect(() => {
    const own = new Set(set.shown.places.map(({ id }) => id));
    void named.value;
    names.load(seeds.value.filter((id) => !own.has(id)));
  });
  return { Maker, Open };
}

// The new set; it has fewer tracks if no more fit.
/** @param {string} message @param {number} count @param {string | number | undefined} wanted */
export const madeText = (message, count, wanted) =>
  message + (count < Number(wanted) ? `: only ${tracksOf(count)} of ${wanted}; no more fit` : "");

// The limits with their help texts, and the presets.
/**
 * @param {Page.SetInWork} set @param {Page.Making} making
 * @param {Page.Resource<Served.PlaylistChoices>} known
 */
function setLimits(set, { draft, ask }, known) {
  function Presets() {
    const presets = known.value?.presets ?? [],
      chosen = presets.find(({ name }) => name === draft.value.preset);
    /** @param {string} preset  "" for none */
    const choose = (preset) => {
      const own = presets.find(({ name }) => name === preset)?.options ?? {},
        without = preset ? ["n", "minutes", ...Object.keys(own)] : [],
        cleared = Object.fromEntries(without.map((one) => [one, undefined]));
      ask({ ...cleared, ...own, preset: preset || undefined }, true);
    };
    const choices = presets.map(({ name, about }) => [...choicesOf([name])[0], about]);
    return html`<${Choice}
      label="Preset"
      title=${chosen?.about ?? "A named set of options"}
      choices=${[["", "preset…"], ...choices]}
      value=${chosen?.name ?? ""}
      disabled=${!set.shown.isFree}
      choose=${choose}
    />`;
  }
  function Fields() {
    const options = (known.value?.options ?? []).filter(({ name }) => !ELSEWHERE.includes(name)),
      headings = [...new Set(options.map(({ heading }) => heading))];
    return headings.map(
      (heading) =>
        html`<fieldset key=${heading}>
          <legend>${heading}</legend>
          ${options.filter((one) => one.heading === heading).map(Field)}
        </fieldset>`,
    );
  }
  /** @param {Served.FormOption} option */
  function Field({ name, label, about, kind, choices }) {
    const id = `set-${name}`,
      isSwitch = kind === "switch",
      [percent, now] = [PERCENT[name], draft.value[name]],
      read = (/** @type {string} */ text) =>
        kind.includes("number") ? Number(text) / (percent ? 100 : 1) : text,
      valueOf = (/** @type {string} */ text) => (isSwitch ? text === "true" : read(text)),
      on = {
        id,
        name,
        "aria-describedby": `${id}-about`,
        value: String(percent && now ? Math.round(1e4 * now) / 100 : (now ?? "")),
        disabled: !set.shown.isFree,
        onchange: (
          /** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget: { value } },
        ) => ask({ [name]: value === "" ? undefined : valueOf(value) }, true),
      },
      offered = isSwitch ? Object.entries({ true: "yes", false: "no" }) : choicesOf(choices);
    return html`<p key=${name}>
      <label for=${id}>${label}${percent && " in %"}</label>
      ${
        offered.length
          ? html`<${Choice} ...${on} label=${label} choices=${[["", "default"], ...offered]} />`
          : html`<${Typed}
              ...${on}
              type=${kind === "text" ? "text" : "number"}
              step=${kind === "number" ? "any" : "1"}
              dir="auto"
              spellcheck=${false}
              placeholder="default"
            />`
      }
      <small id=${`${id}-about`}>${percent ?? about}</small>
    </p>`;
  }
  return () =>
    html`<details class="limits">
      <summary>Rules of this set</summary>
      <p><${Presets} /></p>
      <div class="fields"><${Fields} /></div>
    </details>`;
}

// The curve of a set with the energies of its tracks, as `energyCurve` draws them.
/**
 * @param {Page.SetInWork} set @param {Page.Signal<Page.MadeWith>} draft
 * @param {Page.Resource<Served.PlaylistChoices>} known
 */
function curveOfSet(set, draft, known) {
  /** @type {{ of: string | null, ends: [number, number] } | null} */
  let lastStretch = null;

  // The curve of the options, or else the current energies as a start.
  /** @returns {Page.CurvePoints} */
  function pointsNow() {
    const { list, places } = set.shown,
      text = draft.value.curve ?? list?.options?.curve ?? null,
      named = known.value?.curves.find(({ name }) => name === text)?.points,
      found = /** @type {Page.CurvePoints=} */ (named) ?? (text && pointsOf(String(text)));
    if (found) return found;
    const reached = energies(places),
      [low, high] = stretchOf(reached),
      last = reached.length - 1,
      shares = reached.map((energy, at) => [(100 * at) / last, (energy - low) / (high - low)]);
    return handlesOf(last > 0 ? /** @type {Page.CurvePoints} */ (shares) : [[0, 0.5]]);
  }
  // The energies at 0 and 1 of the curve, by the tracks at its lowest and its highest target.
  /** @param {Page.CurvePoints} points @returns {[number, number]} */
  function stretchNow(points) {
    const { id, preview, places } = set.shown,
      targets = places.flatMap(({ pick }, at) =>
        pick?.energy_target == null
          ? []
          : [[targetAt(points, (100 * at) / Math.max(1, places.length - 1)), pick.energy_target]],
      );
    targets.sort(([a], [b]) => a - b);
    const [[low, least], [high, most]] = [targets[0] ?? [0, 0], targets.at(-1) ?? [0, 0]],
      slope = (most - least) / (high - low);
    if (high - low > 0.1 && slope > 0.05 && !preview)
      lastStretch = { of: id, ends: [least - slope * low, least + slope * (1 - low)] };
    return lastStretch && lastStretch.of === id ? lastStretch.ends : stretchOf(energies(places));
  }
  return computed(() => {
    const { places, preview, storedKeys, isFree } = set.shown,
      points = pointsNow(),
      bars = places.map((place, at) => ({
        from: at / places.length,
        to: (at + 1) / places.length,
        energy: place.pick?.track.energy?.value ?? null,
        isNew: preview && !storedKeys.has(place.key),
        title: barText(place, at),
      }));
    return { points, bars, stretch: stretchNow(points), isFree };
  });
}

/** @param {Page.Place} place @param {number} at */
function barText({ title, pick }, at) {
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
