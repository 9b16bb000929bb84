// The room of the set beside every view, and whether it is open: known before the set is loaded.
import { read, write } from "../../page/parts/acts.js";
import { computed, effect, html, render, signal } from "../../page/parts/html.js";

export const OPEN = "map4.set";
const SHUT = "map4.set-pane",
  DRAWER = matchMedia("(max-width: 1099px)"),
  // With less room, an empty panel would cut the titles of all tracks.
  ROOMY = matchMedia("(min-width: 1500px)");

// The list that was open last.
export const lastSet = () => read(OPEN);
const isWanted = signal(false),
  isFolded = signal(false); // by a view that needs the room, until it is opened there
export const isOpen = computed(() => isWanted.value && !isFolded.value);
export const fold = (/** @type {boolean} */ folds) =>
  void (isFolded.value = folds && !ROOMY.matches);
/** @param {boolean} opens */
export function openPane(opens, isStored = true) {
  if (isStored && opens !== isOpen.peek() && !DRAWER.matches) write(SHUT, opens ? "no" : "yes");
  isFolded.value = false;
  isWanted.value = opens;
}
export function begins() {
  const isUsed = read(SHUT) === "no" || lastSet() || ROOMY.matches;
  openPane(!DRAWER.matches && Boolean(isUsed) && read(SHUT) !== "yes", false);
}
/** @param {Page.App} app */
export function room({ slots: { set: slot } }) {
  DRAWER.addEventListener("change", begins);
  begins();
  render(html`<section class="set-pane"><button class="tab">Set</button></section>`, slot);
  slot.hidden = false;
  effect(() => void slot.classList.toggle("open", isOpen.value));
}
