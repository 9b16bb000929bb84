// The tracks of a set in rows, each with its transition from the track before. Rows can be moved by
// mouse, touch and keyboard.
import { actsIn, read, write } from "../../page/parts/acts.js";
import { takesDrops, drags } from "../../page/parts/drag.js";
import { chip } from "../../page/parts/cells.js";
import { dom, element } from "../../page/parts/element.js";
import { jointLine, jointWords } from "../../page/parts/joint.js";
import { popUp } from "../../page/parts/pop.js";
import { LISTENS, SetHand } from "./set_hand.js";
import { placesOf, tempoText } from "../../page/parts/set_list.js";
import { SlotPanel } from "./set_slots.js";
import { drawOverlap, stripOf } from "../../page/parts/strips.js";
import { clock } from "../../page/parts/wording.js";
/** @import { App } from "../../page/app.js" */
/** @import { Dragged } from "../../page/parts/drag.js" */
/** @import { Id } from "../../page/source/source.js" */
/** @import { SetInWork } from "./set_in_work.js" */
/** @import { Place } from "../../page/parts/set_list.js" */
/**
 * @typedef {{ li: HTMLElement, track: HTMLElement, shown: string, strip: string | null,
 *   overlap: HTMLCanvasElement, overlapped: string,
 *   draw: (strip: string | null) => void, fill: (place: Place, at: number, before: Place
 *   | null) => void }} Row
 */

const MOST = 500;
const ROW_ACTS = "play hear joint lock replace between up down remove"
  .split(" ")
  .map((name) => `set-${name}`);

// Event "strips": more track pictures have loaded.
export class SetRows extends EventTarget {
  /** @param {App} app @param {SetInWork} set */
  constructor(app, set) {
    super();
    this.app = app;
    this.set = set;
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    /** @type {Map<Id, string | null>} */
    this.strips = new Map();
    /** @type {import("./joint_tools.js").ChosenJoint | null} */
    this.joint = null;
    this.current = ""; // the key of the row in the Tab order
    this.isMenu = false; // the act was started by a button, not a key
    this.hand = new SetHand(this);
    this.most = MOST;
    this.list = element("ol", {
      class: "places",
      "aria-label": "Tracks of the set",
      onkeydown: (event) => this.key(event),
    });
    this.more = element(
      "button",
      {
        hidden: true,
        onclick: () => {
          this.most += MOST;
          this.draw();
        },
      },
      "Show more",
    );
    this.element = dom`<div class="rows-of-set">${this.list}${this.more}</div>`;
    this.slots = new SlotPanel(app, set, (key) => this.focus(key));
    this.list.addEventListener("focusin", ({ target }) => {
      const key = this.keyAt(target);
      if (key !== null) this.isCurrent(key);
    });
    drags(this.list, ({ target }) => this.lifted(this.keyAt(target)));
    takesDrops(this.element, {
      over: (dragged, { clientY }) => this.hand.over(dragged, clientY),
      leave: () => this.hand.isAt(null),
      drop: (dragged) => this.hand.drop(dragged),
    });
    set.addEventListener("change", () => this.draw());
    this.acts();
  }
  get places() {
    return this.set.places;
  }
  /** @param {EventTarget | null} target */
  keyAt(target) {
    return (
      /** @type {HTMLElement | null} */ (
        /** @type {Element | null} */ (target)?.closest("li.place")
      )?.dataset.key ?? null
    );
  }
  /** @param {string} key */
  at(key) {
    return this.places.findIndex((place) => place.key === key);
  }

  draw() {
    const { places, set } = this,
      hadFocus =
        this.list.contains(document.activeElement) &&
        document.activeElement?.classList.contains("track");
    const kept = new Set(places.map(({ key }) => key));
    for (const [key, { li }] of this.rows)
      if (!kept.has(key)) {
        li.remove();
        this.rows.delete(key);
      }
    /** @type {Element | null} */
    let next = this.list.firstElementChild;
    for (const [at, place] of places.slice(0, this.most).entries()) {
      if (next === this.hand.mark) next = next.nextElementSibling;
      const row = this.rows.get(place.key) ?? this.make(place.key);
      row.fill(place, at, places[at - 1] ?? null);
      if (row.li === next) next = next.nextElementSibling;
      else this.list.insertBefore(row.li, next);
    }
    this.more.hidden = places.length <= this.most;
    this.list.classList.toggle("preview", set.preview);
    if (!kept.has(this.current)) this.current = places[0]?.key ?? "";
    this.isCurrent(this.current);
    if (hadFocus && !this.list.contains(document.activeElement)) this.focus(this.current);
    this.askStrips();
  }
  /** @param {string} key @returns {Row} */
  make(key) {
    const number = element("span", { class: "number" }),
      title = element("b", { dir: "auto" }),
      artist = element("small", { dir: "auto" });
    const bpm = element("span", { class: "n bpm" }),
      keyCell = element("span", { class: "key" }),
      energy = dom`<span class="level"><i /></span>`;
    const strip = element("span", { class: "strip" }),
      joint = element("span"),
      draw = stripOf(strip, { width: 480, height: 32 });
    const button = (
      /** @type {string} */ name,
      /** @type {string} */ sign,
      /** @type {string} */ act,
    ) =>
      dom`<button
        class=${name}
        tabindex="-1"
        onclick=${() => this.as(key, () => this.app.acts.run(act))}
      >
        ${sign}
      </button>`;
    const lock = button("lock", "", "set-lock"),
      hear = button("hear", "▷", "set-hear"),
      between = button("between", "+", "set-between");
    const more = element(
      "button",
      {
        class: "more",
        tabindex: "-1",
        "aria-haspopup": "true",
        onclick: () => this.menu(key, more),
      },
      "⋯",
    );
    const overlap = element("canvas", { class: "overlap", "aria-hidden": "true", hidden: true }),
      into = dom`<div class="into">${joint}${hear}${between}${overlap}</div>`;
    const track = dom`<div class="track" tabindex="-1" role="group">
      <span class="handle" aria-hidden="true" />
      ${number}
      ${strip}
      <span class="name">${title}${artist}</span>
      ${bpm}
      ${keyCell}
      ${energy}
      ${lock}
      ${more}
    </div>`;
    const li = dom`<li class="place">${into}${track}</li>`;
    li.dataset.key = key;
    for (const kind of ["pointerenter", "focus"])
      hear.addEventListener(kind, () => this.readies(key));
    track.addEventListener("dblclick", () => this.app.acts.run("set-play"));
    /** @type {Row} */
    const row = {
      li,
      track,
      shown: "",
      strip: "-",
      overlap,
      overlapped: "",
      draw,
      fill: (place, at, before) => {
        const { pick } = place,
          levels = pick?.track.energy ?? null,
          isNew = this.set.preview && !this.set.keptKeys.has(key);
        const shown = JSON.stringify([
          at,
          place.title,
          place.artist,
          place.locked,
          place.asked,
          isNew,
          pick && jointWords(before?.pick ?? pick, pick),
          pick && tempoText(pick.track),
          pick?.track.current.key,
          levels?.level,
          Boolean(before?.pick),
        ]);
        if (shown === row.shown) return;
        row.shown = shown;
        number.textContent = String(at + 1);
        title.textContent = place.title;
        artist.textContent = pick
          ? `${place.artist || "–"} · ` +
            `${pick.track.file?.duration_s == null ? "?" : clock(pick.track.file.duration_s)}`
          : `${place.artist} · file missing`;
        bpm.textContent = pick ? tempoText(pick.track) : "–";
        const own = pick?.track.current.key;
        keyCell.replaceChildren(own ? chip(this.keyName(own), own) : "–");
        energy.dataset.level = levels ? String(levels.level) : "–";
        /** @type {HTMLElement} */ (energy.firstElementChild).style.height =
          `${10 * (levels?.level ?? 0)}%`;
        joint.replaceChildren(before ? jointLine(before.pick, pick, place.asked) : "");
        into.hidden = at === 0;
        for (const one of [hear, between])
          one.setAttribute(
            "aria-label",
            `${one === hear ? "Play the transition into" : "Suggest tracks before"} ${place.title}`,
          );
        hear.hidden = !before?.pick || !pick || !this.app.player;
        lock.setAttribute("aria-pressed", String(place.locked));
        lock.setAttribute("aria-label", `Lock ${place.title}`);
        lock.title = place.locked
          ? "Locked: stays when the list is regenerated (l)"
          : "Lock: keep when the list is regenerated (l)";
        more.setAttribute("aria-label", `More actions: ${place.title}`);
        li.className = ["place", place.locked && "locked", !pick && "missing", isNew && "new"]
          .filter(Boolean)
          .join(" ");
        const told = before?.pick && pick ? jointWords(before.pick, pick) : null;
        track.setAttribute(
          "aria-label",
          `${place.title}${place.artist ? ` by ${place.artist}` : ""}, place ${at + 1} of ` +
            `${this.places.length}${place.locked ? ", locked" : ""}${told ? `; ${told.told}` : ""}`,
        );
      },
    };
    this.rows.set(key, row);
    return row;
  }
  /** @param {string} camelot */
  keyName(camelot) {
    const about = this.app.source?.about,
      at = about ? about.keys.indexOf(camelot) : -1;
    return about && at >= 0 ? about.keyNames[at] : camelot;
  }
  // Loads the missing track pictures in one request.
  async askStrips() {
    const { source } = this.app,
      rows = this.places.flatMap(({ row }) => (row === null ? [] : [row])),
      wanted = rows.filter((row) => !this.strips.has(row));
    if (source && wanted.length) {
      for (const row of wanted) this.strips.set(row, null);
      const found = await source.find("", null, wanted),
        { ids, values } = await source.columns(found, ["strip"]);
      for (let at = 0; at < ids.length; at++)
        this.strips.set(ids[at], /** @type {string | null} */ (values.strip[at]));
      this.dispatchEvent(new Event("strips"));
    }
    const stripAt = (/** @type {Place | undefined} */ place) =>
      place?.row == null ? null : (this.strips.get(place.row) ?? null);
    for (const [at, place] of this.places.entries()) {
      const made = this.rows.get(place.key),
        strip = stripAt(place);
      if (!made) continue;
      if (made.strip !== strip) made.draw((made.strip = strip));
      this.overlap(made, this.places[at - 1], place, stripAt(this.places[at - 1]), strip);
    }
  }
  // The transition into a track as overlapping strips; none for a cut.
  /**
   * @param {Row} made
   * @param {Place | undefined} before
   * @param {Place} place
   * @param {string | null} first
   * @param {string | null} second
   */
  overlap(made, before, { pick }, first, second) {
    const { leave, enter, kind } = pick?.transition?.plan ?? {},
      [a, b] = [before?.pick, pick].map((one) => one?.track.file?.duration_s ?? 0),
      isThere = Boolean(leave && enter && first && second && a && b && kind !== "cut"),
      shown = JSON.stringify([isThere, first, second, leave, enter]);
    made.overlap.hidden = !isThere;
    if (made.overlapped === shown) return;
    made.overlapped = shown;
    if (leave && enter && first && second && isThere)
      drawOverlap(
        made.overlap,
        [first, a, leave.at_s, leave.until_s],
        [second, b, enter.at_s, enter.until_s],
      );
  }
  // Tab reaches one row; arrow keys move between rows.
  /** @param {string} key */
  isCurrent(key) {
    this.rows.get(this.current)?.track.setAttribute("tabindex", "-1");
    this.current = key;
    this.rows.get(key)?.track.setAttribute("tabindex", "0");
  }
  /** @param {string} key */
  focus(key) {
    const track = this.rows.get(key)?.track;
    track?.focus();
    track?.scrollIntoView({ block: "nearest" });
  }

  acts() {
    const here = () => this.at(this.current) >= 0 && this.list.isConnected,
      isFree = () => here() && this.set.isFree;
    const isFocused = () => this.isMenu || this.list.contains(document.activeElement);
    const one = () => this.places[this.at(this.current)],
      place = () => this.at(this.current) + 1;
    const own = (/** @type {() => boolean} */ when) => () =>
      when() && (isFocused() || this.hand.gap !== null);
    const act = actsIn("In the set"),
      mayPlay = own(() => here() && one().row !== null && Boolean(this.app.player)),
      mayHear = own(() => Boolean(this.app.player) && (this.hand.gap !== null || here())),
      mayJoin = own(() => isFree() && place() > 1 && this.joint !== null),
      hasBefore = own(() => isFree() && place() > 1),
      hasAfter = own(() => isFree() && place() < this.places.length),
      mayListen = () => Boolean(this.app.player),
      suggest = (/** @type {"replace" | "after"} */ how, /** @type {number} */ at) =>
        this.slots.open(this.rows.get(this.current)?.li ?? null, how, at);
    this.app.acts.add([
      act("set-play", "Play", "", mayPlay, () => this.play()),
      act("set-hear", "Play the transition into it", "h", mayHear, () => this.hear()),
      act("set-joint", "Change the transition into it", "i", mayJoin, () => {
        if (!location.pathname.endsWith(`/lists/${this.set.id}`))
          this.app.go(`lists/${this.set.id}`);
        this.joint?.choose(this.current);
      }),
      act("set-listen", "Play transitions while dragging: on or off", "", mayListen, () => {
        write(LISTENS, read(LISTENS) ? null : "yes");
        this.app.say(
          read(LISTENS)
            ? "Transitions play while you drag a track"
            : "No sound while dragging; press h to play the transition",
        );
      }),
      act("set-lock", "Lock: keep when the list is regenerated", "l", own(isFree), () => {
        const locked = !one().locked;
        this.set.do(
          { op: "lock", places: [place()], locked },
          `${one().title} is ${locked ? "locked" : "unlocked"}`,
        );
      }),
      act("set-replace", "Suggest a replacement", "r", own(isFree), () =>
        suggest("replace", place()),
      ),
      act("set-between", "Suggest tracks before it", "f", hasBefore, () =>
        suggest("after", place() - 1),
      ),
      act("set-up", "Up", "Alt+ArrowUp", hasBefore, () => this.move(-1)),
      act("set-down", "Down", "Alt+ArrowDown", hasAfter, () => this.move(1)),
      act("set-remove", "Remove", "Delete", own(isFree), () => this.remove()),
    ]);
  }
  /** @param {string} key @param {HTMLElement} button */
  menu(key, button) {
    this.as(key, () => popUp(button, this.app.acts.menu(ROW_ACTS)));
  }
  // Buttons name their row; keys act on the focused row.
  /** @param {string} key @param {() => void} call */
  as(key, call) {
    this.isCurrent(key);
    this.isMenu = true;
    call();
    this.isMenu = false;
  }
  play() {
    const at = this.at(this.current),
      rows = this.places.flatMap(({ row }) => (row === null ? [] : [row])),
      { row } = this.places[at];
    if (row !== null) this.app.player?.play(rows, rows.indexOf(row));
  }
  hear() {
    const joint = this.hand.gap
      ? this.hand.heard
      : {
          before: this.places[this.at(this.current) - 1],
          after: this.places[this.at(this.current)],
        };
    const plan = joint?.after?.pick?.transition?.plan;
    if (joint?.before?.id && joint.after?.id)
      this.app.player?.joints.hear({
        a: joint.before.id,
        b: joint.after.id,
        ...(plan ? { plan } : {}),
      });
  }
  // Preloads the transition audio.
  /** @param {string} key */
  readies(key) {
    const at = this.at(key),
      [before, after] = [this.places[at - 1], this.places[at]],
      plan = after?.pick?.transition?.plan;
    if (before?.id && after?.id && plan)
      this.app.player?.joints.ready({ a: before.id, b: after.id, plan });
  }
  remove() {
    const at = this.at(this.current),
      { title } = this.places[at],
      next = this.places[at + 1] ?? this.places[at - 1];
    this.set.do({ op: "remove", places: [at + 1] }, `${title} removed`);
    if (next) {
      this.isCurrent(next.key);
      this.focus(next.key);
    }
  }
  /** @param {number} by */
  move(by) {
    const from = this.at(this.current) + 1;
    this.put(this.current, from + by);
  }
  // Moves a row; the message gives its new place and transition.
  /** @param {string} key @param {number} to  the new place, from 1 */
  put(key, to) {
    const from = this.at(key) + 1,
      { title } = this.places[from - 1];
    if (to === from || to < 1 || to > this.places.length) return;
    this.set.do({ op: "move", from, to }, (list) => {
      const places = placesOf(list),
        before = places[to - 2]?.pick,
        own = places[to - 1]?.pick,
        words = before && own ? jointWords(before, own) : null;
      return (
        `${title}, place ${to} of ` +
        `${places.length}${words ? `; transition ${words.rating}` : ""}`
      );
    });
    this.focus(key);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { key } = event,
      at = this.at(this.current);
    if (
      !(/** @type {Element} */ (event.target).classList.contains("track")) ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      at < 0
    )
      return;
    const step = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0,
      end = key === "Home" ? 0 : key === "End" ? this.places.length - 1 : null;
    if (this.hand.isLifted) {
      if (step) this.hand.carry(step);
      else if (key === " " || key === "Enter") this.hand.drop(null);
      else if (key === "Escape") {
        this.hand.isLifted = false;
        this.hand.isAt(null);
        this.app.say(`${this.places[at].title} stays at place ${at + 1}`);
      } else if (key !== "h") return;
      if (key !== "h") event.preventDefault();
      return;
    }
    if (step || end !== null)
      this.focus(this.places[end ?? Math.min(this.places.length - 1, Math.max(0, at + step))].key);
    else if (key === "Enter") this.app.acts.run("set-play");
    else if (key === " ") this.hand.lift();
    else return;
    event.preventDefault();
  }
  /** @param {string | null} key @returns {Dragged | null} */
  lifted(key) {
    const place = key === null ? null : this.places[this.at(key)];
    if (!place || !this.set.list) return null;
    this.isCurrent(place.key);
    return {
      rows: place.row === null ? [] : [place.row],
      title: place.title,
      from: { set: this.set, key: place.key },
    };
  }
}
