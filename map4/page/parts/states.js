// Placeholders of a view: empty, loading, error, offline.
import { element } from "./element.js";

/**
 * @param {"empty" | "loading" | "error" | "offline" | "changed"} kind @param {string} text
 * @param {{ title: string, run: () => void } | null} [act]  a button for the remedy
 * @param {(Node | string | null)[]} more
 */
export function stateOf(kind, text, act = null, ...more) {
  return element(
    "div",
    { class: `state ${kind}`, role: kind === "error" || kind === "offline" ? "alert" : "status" },
    element("p", {}, text),
    ...more,
    act &&
      element(
        "p",
        {},
        element("button", { type: "button", class: "main", onclick: act.run }, act.title),
      ),
  );
}
