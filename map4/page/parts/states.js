// Placeholders of a view: empty, loading, error, offline.
import { dom } from "./element.js";

/**
 * @param {"empty" | "loading" | "error" | "offline" | "changed"} kind @param {string} text
 * @param {{ title: string, run: () => void } | null} [act]  a button for the remedy
 * @param {(Node | string | null)[]} more
 */
export function stateOf(kind, text, act = null, ...more) {
  return dom`<div
    class=${`state ${kind}`}
    role=${kind === "error" || kind === "offline" ? "alert" : "status"}
  >
    <p>${text}</p>
    ${more}
    ${act && dom`<p><button class="main" onclick=${act.run}>${act.title}</button></p>`}
  </div>`;
}
