// The set in the side panel beside every view, or a drawer on narrow screens. Its parts move into
// the set's own view while that is shown.
import { actsIn, read, write } from "../../page/parts/acts.js";
import { takesDrops } from "../../page/parts/drag.js";
import { dom, element } from "../../page/parts/element.js";
import { drawn, html, signal } from "../../page/parts/html.js";
import { SetHead } from "./set_head.js";
import { SetInWork } from "./set_in_work.js";
import { SetMaker } from "./set_maker.js";
import { setMends } from "./set_mends.js";
import { SetRows } from "./set_rows.js";
import { place } from "../../page/source/server.js";
import { counted } from "../../page/parts/wording.js";

const SHUT = "map4.set-pane",
  DRAWER = matchMedia("(max-width: 1099px)"),
  // With less room, an empty panel would cut the titles of all tracks.
  ROOMY = matchMedia("(min-width: 1500px)");

export class SetPane {
  /** @param {Page.App} app @param {SetInWork} set */
  constructor(app, set) {
    this.app = app;
    this.set = set;
    this.head = new SetHead(app, set);
    this.rows = new SetRows(app, set);
    const toPlace = (/** @type {number} */ at) => this.rows.focus(set.places[at]?.key ?? "");
    this.maker = new SetMaker(app, set, toPlace);
    this.mends = setMends(app, set, toPlace);
    this.shown = signal("-"); // the kind of notice above the rows
    this.error = signal(/** @type {Error | null} */ (null));
    this.state = drawn("div", { class: "state-of-set" }, () => this.view());
    this.parts = element("div", { class: "pane" });
    this.tab = element("button", {
      class: "tab",
      "aria-expanded": "false",
      onclick: () => this.opens(!this.isOpen),
    });
    this.element = dom`<section class="set-pane" aria-label="The set">
      ${this.tab}${this.parts}
    </section>`;
    this.isOpen = this.isShownWhole = false;
    takesDrops(this.tab, {
      over: () => {
        this.opens(true);
        return false;
      },
      leave: () => {},
      drop: () => {},
    });
    // A drop beside the rows adds at the end.
    const { rows } = this,
      behind = (/** @type {PointerEvent} */ { clientY }) =>
        clientY < rows.element.getBoundingClientRect().top ? Infinity : clientY;
    takesDrops(this.parts, {
      over: (dragged, event) => rows.hand.over(dragged, behind(event)),
      leave: () => rows.hand.isAt(null),
      drop: (dragged) => rows.hand.drop(dragged),
    });
    takesDrops(this.state, {
      over: (dragged) => dragged.rows.length > 0,
      leave: () => {},
      drop: (dragged) => {
        set.add(dragged.rows, undefined, dragged.title);
      },
    });
    set.addEventListener("change", () => this.draw());
    app.acts.add([
      actsIn("The set")("set-pane", "Show or hide the set", "S", null, () => {
        this.opens(!this.isOpen);
        if (this.isOpen) this.tab.focus();
      }),
    ]);
    this.back();
    app.slots.set.append(this.element);
    app.slots.set.hidden = false;
    let hadSet = Boolean(SetInWork.kept);
    const begins = () => {
      const isWanted = read(SHUT) === "no" || hadSet || ROOMY.matches;
      this.opens(!DRAWER.matches && isWanted && read(SHUT) !== "yes", false);
    };
    DRAWER.addEventListener("change", begins);
    begins();
    set.addEventListener("change", () => {
      if (!set.id || hadSet) return;
      hadSet = true;
      begins();
    });
    // A URL that names a list opens that list instead.
    if (SetInWork.kept && !/\/lists\/./.test(location.pathname)) set.open(SetInWork.kept);
    else this.draw();
  }
  /** @param {boolean} isOpen @param {boolean} [isKept] */
  opens(isOpen, isKept = true) {
    if (isOpen === this.isOpen && isKept) return;
    this.isOpen = isOpen;
    this.app.slots.set.classList.toggle("open", isOpen);
    this.parts.hidden = !isOpen;
    this.tab.setAttribute("aria-expanded", String(isOpen));
    if (isKept && !DRAWER.matches) write(SHUT, isOpen ? "no" : "yes");
    this.draw();
  }
  // Moves the parts into the set's own view.
  /** @param {HTMLElement} head @param {HTMLElement} maker @param {HTMLElement} rows */
  lend(head, maker, rows) {
    this.isShownWhole = true;
    this.app.slots.set.hidden = true;
    head.append(this.head.element);
    maker.append(this.maker.element, this.mends);
    rows.append(this.state, this.rows.element);
    this.draw();
  }
  back() {
    this.isShownWhole = false;
    this.app.slots.set.hidden = false;
    const { head, maker, mends, state, rows } = this;
    this.parts.append(head.element, maker.element, mends, state, rows.element);
    this.draw();
  }
  draw() {
    const { id, list, error, places } = this.set,
      count = places.length,
      state = error ? "error" : !id ? "none" : !list ? "loading" : count ? "" : "empty";
    this.tab.replaceChildren(dom`<span>${list ? `Set · ${counted(count)}` : "Set"}</span>`);
    this.tab.title = this.isOpen ? "Hide the set (S)" : "Show the set (S)";
    this.rows.element.hidden = !count;
    this.state.hidden = !state;
    this.element.classList.toggle("none", state === "none");
    [this.shown.value, this.error.value] = [state, error];
  }
  // The notice above the rows.
  view() {
    const { set } = this,
      button = (/** @type {string} */ text, /** @type {() => unknown} */ onclick) =>
        html`<p><button class="main" onclick=${onclick}>${text}</button></p>`;
    switch (this.shown.value) {
      case "error":
        return html`<p role="alert">${this.error.value?.message}</p>
          ${button("Try again", () => set.load())}
          <p><a href=${place("lists")}>All lists</a></p>`;
      case "loading":
        return html`<p role="status">Loading…</p>`;
      case "empty":
        return html`<p>
          Drag tracks here, or draw a curve and press “Make” to generate a set from your library.
        </p>`;
      case "none":
        return html`<p>Drag tracks here to start a set.</p>
          ${button("New set", () => this.app.acts.run("set-new"))}
          <p>
            <button
              aria-haspopup="true"
              onclick=${({ currentTarget }) => this.head.others(currentTarget)}
            >
              Open a set ▾
            </button>
          </p>`;
      default:
        return null;
    }
  }
}
