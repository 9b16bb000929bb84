// The state of the open list: as the server has it, with edits and previews until they are stored.
import { write } from "../../page/parts/acts.js";
import { answerCache } from "../../page/parts/answer_cache.js";
import { signal } from "../../page/parts/html.js";
import { placesOf } from "../../page/parts/set_list.js";
import { OPEN } from "./set_room.js";

// Scans change tracks one after the other.
const VALUES_MS = 1000,
  TRACKS_MS = 30_000;

/** @typedef {ReturnType<typeof setState>} SetState */
/** @param {Page.App} app */
export function setState(app) {
  const set = {
    app,
    changed: signal(0), // how often
    id: /** @type {string | null} */ (null),
    list: /** @type {Page.WholeList | null} */ (null),
    places: /** @type {Page.Place[]} */ ([]),
    error: /** @type {Error | null} */ (null),
    preview: false, // the shown state is not stored
    /** @type {{ mine: Page.WholeList, best: Page.WholeList } | null} */
    compared: null, // two orders of the list; one of them is shown
    storedKeys: /** @type {Set<string>} */ (new Set()), // keys of the stored state
    stored: /** @type {Page.Place[]} */ ([]), // the newest places of the server
    etag: "",
    revision: 0, // the current version; a restored version keeps its number
    pending: 0, // edits that are not stored yet
    isBehind: false, // a change was reported meanwhile
    loads: 0, // counts loads and edits: answers to older ones are not shown
    wanted: /** @type {Page.Op | null} */ (null), // the edit to preview next
    // Whether its tracks can be edited.
    /** @returns {boolean} */
    get isFree() {
      return Boolean(set.list?.may_edit && !set.list.live && !set.compared);
    },
    // The set, for what is drawn again when it changes.
    get shown() {
      void set.changed.value;
      return set;
    },
  };
  // The planned transitions, which are loaded a few at a time.
  const mixes = answerCache((pair) => app.server.get(`mix/${pair}`), fill),
    filled = /** @type {WeakMap<object, Served.Mix | null>} */ (new WeakMap()); // by transition
  app.changes.on("lists", onChange);
  app.changes.on("reset online", renew);
  app.changes.on("values", renew, VALUES_MS, "rated");
  app.changes.on("tracks", renew, TRACKS_MS);
  return Object.assign(set, { load, onChange, take, plan });

  // Loads the list; the shown state stays meanwhile.
  async function load() {
    const { id } = set,
      mine = ++set.loads;
    set.isBehind = false;
    try {
      const list = await app.server.get(`lists/${id}`);
      if (id !== set.id || mine !== set.loads) return;
      if (set.compared?.mine.version === list.version) {
        set.compared.mine = /** @type {Page.WholeList} */ (list);
        if (set.preview) return;
      } else if (set.compared) {
        set.compared = null;
        app.say("The list changed: compare again.");
      }
      take(/** @type {Page.WholeList} */ (list));
    } catch (error) {
      if (id !== set.id || mine !== set.loads) return;
      const { meaning, isLost } = /** @type {Page.Problem} */ (error);
      if (isLost && set.list) return; // "online" loads it again
      set.error = /** @type {Error} */ (error);
      if (meaning === "gone") {
        write(OPEN, null);
        [set.list, set.places, set.compared] = [null, [], null];
      }
      set.changed.value++;
    }
  }
  /**
   * @param {{ ids?: string[] }} [change]  of lists; a change of this list waits until pending
   *   changes are stored
   */
  function onChange(change) {
    if (!set.id || (change?.ids?.length && !change.ids.includes(set.id))) return;
    if (set.pending || (set.preview && change && !set.compared)) set.isBehind = true;
    else load();
  }
  // Loads the list again if its tracks have changed, with their mixes: they are by tempi and grids
  // before. Unknown files and live lists may get any.
  /** @param {{ ids?: string[] }} change  of tracks */
  function renew({ ids }) {
    const has = (/** @type {string | null} */ id) => !id || !ids?.length || ids.includes(id);
    const isOther = ids?.length && !set.list?.live && !set.places.some(({ id }) => has(id));
    if (!set.id || isOther) return;
    mixes.renew((pair) => pair.split("/").some(has));
    onChange();
  }
  /** @param {Page.WholeList} list @param {boolean} [isPreview] */
  function take(list, isPreview = false) {
    if (!isPreview) set.etag = app.server.etags.get(list) ?? set.etag;
    if (!isPreview && list.version !== set.list?.version) set.revision = list.version;
    set.list = isPreview && set.list ? { ...list, version: set.list.version } : list;
    set.error = null;
    set.preview = isPreview;
    set.places = placesOf(list);
    if (!isPreview) {
      set.stored = set.places;
      set.storedKeys = new Set(set.places.map(({ key }) => key));
    }
    fill();
  }
  // Shows the loaded transitions, with their ratings.
  function fill() {
    for (const [at, { pick, id }] of set.places.entries()) {
      const before = set.places[at - 1]?.id,
        mix = before === id ? null : mixes.of(`${before}/${id}`), // copies have no mix
        joint = pick?.transition;
      if (!joint || mix === undefined || filled.get(joint) === mix) continue;
      if (joint.plan !== undefined && !filled.has(joint)) continue;
      filled.set(joint, mix);
      joint.plan = mix?.plan ?? null;
      if (!mix?.plan || joint.faults.some(({ kind }) => kind === "copy")) continue;
      const { rating, faults, words } = mix.transition;
      Object.assign(joint, { rating, faults, words });
    }
    set.changed.value++;
  }
  // Loads the transitions to the given places.
  /** @param {number[]} at  places in sight, from 0 */
  function plan(at) {
    if (set.preview) return;
    mixes.load(
      at.flatMap((one) => {
        const [before, place] = [set.places[one - 1], set.places[one]],
          joint = place?.pick?.transition,
          isOwn = joint?.plan !== undefined && !filled.has(joint); // changed in the list
        return joint && before?.id && !isOwn ? `${before.id}/${place.id}` : [];
      }),
    );
  }
}
