// What makes a set mix better: the best order of its tracks, and what mends its weak transitions,
// one after the other.
import { Check } from "../../page/parts/components.js";
import { html, resource, signal } from "../../page/parts/html.js";
import { Counts } from "../../page/parts/joint.js";
import { placesOf, ratingsOf, weakOf } from "../../page/parts/set_list.js";
import { countOf, fileOf, tracksOf } from "../../page/parts/wording.js";

const MOST_SHOWN = 5;

/**
 * What mends a weak transition: in words, how well the list mixes before and after, and the edit.
 * Another kind of mix, such as a cut, comes last.
 * @param {Served.WeakStep} weak @param {Page.Place[]} places
 */
export function mendsOf({ to, swap, move, insertion, replacement, joint, remove }, places) {
  const present = places.filter(({ pick }) => pick),
    at = (/** @type {number} */ position) => places.indexOf(present[position - 1]) + 1,
    title = (/** @type {number} */ position) => present[position - 1]?.title ?? "",
    named = (/** @type {Served.Replacement} */ one) => one.title ?? fileOf(one.path);
  /** @type {{ words: string, about: string, op: Page.Op, after?: number }[]} */
  const mends = [];
  /** @param {string} words @param {Pick<Served.Replacement, "compatibility">} one */
  const add = (words, { compatibility: { before, after } }, /** @type {Page.Op} */ op) => {
    const [now, then] = [before, after].map((share) => (100 * share).toFixed(1));
    mends.push({ words, about: `the set: ${now} → ${then} of 100`, op, after });
  };
  if (remove) {
    const op = /** @type {Page.Op} */ ({ op: "remove", places: [at(remove)] });
    mends.push({ words: `Remove ${title(remove)}`, about: `place ${at(remove)}`, op });
  }
  const isSame = swap?.position === move?.position && swap?.after_position === move?.after_position;
  for (const one of [swap, isSame ? null : move]) {
    if (!one) continue;
    const { position, after_position: after } = one,
      isBack = Number(after < position),
      where = after ? `after ${title(after)}` : "to the start",
      words =
        one === swap
          ? `Swap ${title(position)} and ${title(after + isBack)}`
          : `Move ${title(position)} ${where}`;
    add(words, one, { op: "move", from: at(position), to: at(after) + isBack });
  }
  if (insertion) {
    const tracks = [insertion.audio_id ?? ""];
    add(`Insert ${named(insertion)}`, insertion, { op: "insert", tracks, at: at(to) });
  }
  if (replacement) {
    const { position, audio_id: track } = replacement,
      words = `Replace ${title(position)} by ${named(replacement)}`;
    add(words, replacement, { op: "replace", at: at(position), track: track ?? "" });
  }
  mends.sort((a, b) => (b.after ?? 1) - (a.after ?? 1)); // the best first
  if (joint && present[to - 1].pick?.transition?.plan !== null) {
    const { kind, bars } = joint,
      words = bars ? `Mix over ${countOf(bars, "bar")}` : "Cut";
    mends.push({ words, about: "", op: { op: "joint", at: at(to), kind, ...(bars && { bars }) } });
  }
  return mends;
}

// Why nothing mends a weak transition.
/** @param {Served.WeakStep["rating"]} rating @param {(Page.Place | undefined)[]} pair */
function whyNone(rating, ...pair) {
  if (pair.every((place) => place?.locked)) return "Both tracks are locked.";
  return rating === "poor"
    ? "No other place, no other mix and no track of the library is better here."
    : "No other place and no other mix is better. For poor transitions, other tracks are offered.";
}

/** @param {Page.App} app @param {Page.SetInWork} set @param {(at: number) => void} toPlace */
export function setMends(app, set, toPlace) {
  const answer = /** @type {Page.Resource<Served.PlaylistCheck>} */ (resource()),
    isOpen = signal(false),
    keepsEnds = signal(true),
    isBusy = signal(false),
    [section, best] = [0, 1].map(() => ({ current: /** @type {HTMLElement | null} */ (null) }));
  // The positions that stay.
  const pinned = () => (keepsEnds.value ? [1, set.places.filter(({ pick }) => pick).length] : []);
  let loadedState = "",
    shownId = set.id;

  async function ask() {
    const state = `${set.id} ${set.revision} ${keepsEnds.value}`;
    if (!isOpen.value || set.pending > 1 || set.compared || loadedState === state) return;
    loadedState = state;
    const hadFocus = section.current?.contains(document.activeElement);
    const body = { list: set.id, weakest: MOST_SHOWN, pin: pinned() };
    await answer.ask(app.server.query("playlists/check", body));
    if (answer.error) loadedState = "";
    if (hadFocus) refocus();
  }
  keepsEnds.subscribe(() => void ask());
  set.changed.subscribe(() => {
    if (shownId !== set.id) isOpen.value = false;
    shownId = set.id;
    ask();
  });
  async function order() {
    isBusy.value = true;
    await app.tried(async () => {
      if (!(await set.compare(pinned()))) app.say("This is already the best order found.");
    });
    isBusy.value = false;
    refocus();
  }
  // Buttons were replaced; the focus goes to the first of the others.
  function refocus() {
    if (document.activeElement === document.body)
      (section.current?.querySelector("button") ?? best.current)?.focus();
  }
  /** @param {boolean} isUsed */
  function settle(isUsed) {
    set.settle(isUsed);
    queueMicrotask(refocus); // once drawn
  }
  /** @param {NonNullable<Page.SetInWork["compared"]>} compared */
  function Compared({ mine, best }) {
    const places = [mine, best].map(placesOf),
      [now, then] = places.map(ratingsOf),
      [weak, left] = places.map((those) => weakOf(those).length),
      moved = places[0].filter(({ key }, at) => key !== places[1][at].key).length;
    return html`<p role="status">
        Best order: weak transitions <b>${weak} → ${left}</b>; ${tracksOf(moved)} in another place,
        in colour. <${Counts} counts=${now} />${" → "}<${Counts} counts=${then} />
      </p>
      <p class="line">
        <button class="main" onclick=${() => settle(true)}>Use this order</button>
        <button
          aria-pressed=${String(!set.preview)}
          onclick=${() => set.shows(set.preview ? "mine" : "best")}
        >
          Show mine
        </button>
        <button onclick=${() => settle(false)}>Cancel</button>
      </p>`;
  }
  /** @param {{ weak: Served.WeakStep }} about */
  function Weak({ weak }) {
    const { from, to, rating, words } = weak,
      present = set.places.filter(({ pick }) => pick),
      [before, after] = [present[from - 1], present[to - 1]],
      mends = after ? mendsOf(weak, set.places) : [];
    return html`<li>
      <button class="pair" onclick=${() => toPlace(set.places.indexOf(before))}>
        <b><bdi>${before?.title}</bdi> → <bdi>${after?.title}</bdi></b>
        <span class=${`r-${rating}`}>${rating}${words.length ? `: ${words.join("; ")}` : ""}</span>
      </button>
      ${mends.map(
        ({ words: text, about, op }) =>
          html`<button
            key=${text}
            disabled=${!set.isFree || answer.isAsking}
            onclick=${() => set.do(op, `${before.title} → ${after.title}: ${text}`)}
          >
            <span dir="auto">${text}</span> <small>${about}</small>
          </button>`,
      )}
      ${!mends.length && html`<small>${whyNone(rating, before, after)}</small>`}
    </li>`;
  }
  // The buttons in the head of the set.
  function Acts() {
    const { places, list, isFree, compared } = set.shown,
      count = weakOf(places).length;
    if (!list || places.length < 2) return null;
    return html`<button
        ref=${best}
        title="Your tracks in the order that mixes best; locked tracks keep their places"
        disabled=${!isFree || places.length < 3 || isBusy.value || compared}
        onclick=${order}
      >
        Best order
      </button>
      ${
        (count > 0 || isOpen.value) &&
        html`<button
          title=${`${count} weak: what mends the next`}
          aria-expanded=${String(isOpen.value)}
          onclick=${() => {
            isOpen.value = !isOpen.value;
            ask();
          }}
        >
          Mend ${count}
        </button>`
      }`;
  }
  function Mends() {
    const { places, list, compared } = set.shown,
      count = weakOf(places).length,
      { value, error } = answer,
      present = places.filter(({ pick }) => pick),
      at = (/** @type {number} */ position) => places.indexOf(present[position - 1]) + 1,
      again = value?.songs_again?.map((one) => `${at(one.position)} (see ${at(one.first)})`) ?? [],
      text = answer.isAsking ? "Looking for what mends them…" : count ? "" : "No weak transition.";
    return html`<section
      class="mends"
      aria-label="Better transitions"
      ref=${section}
    >
      ${compared && html`<${Compared} ...${compared} />`}
      ${
        !compared &&
        list &&
        isOpen.value &&
        html`<p class="small" role="status">${error?.message ?? text}</p>
          ${again.length > 0 && html`<p class="small">Songs again: ${again.join(", ")}</p>`}
          <ol class="weak">
            ${value?.weakest.map(
              (weak) => html`<${Weak} key=${`${weak.from} ${weak.to}`} weak=${weak} />`,
            )}
          </ol>`
      }
    </section>`;
  }
  // Whether the best order and the mends keep both ends.
  const keep = (/** @type {boolean} */ isOn) => (keepsEnds.value = isOn),
    words = "Best order keeps the first and the last",
    Ends = () => html`<${Check} isOn=${keepsEnds.value} turn=${keep} text=${words} />`;
  return { Acts, Mends, Ends };
}
