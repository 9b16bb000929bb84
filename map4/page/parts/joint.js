// The transition between two tracks in one line for DJs.
import { html } from "./html.js";
import { keyName } from "./key_names.js";

/** @typedef {Pick<Served.ListPick, "track" | "transition" | "relaxed">} Pair */

/** @param {number} percent */
export function signed(percent) {
  if (Math.abs(percent) < 0.05) return "±0 %";
  return `${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(1)} %`;
}

/**
 * @param {Pair | null | undefined} before @param {Pair | null | undefined} after
 * @returns {{ rating: string, keys: string, tempo: string, bars: string, against: string[],
 *   summary: string } | null}  null while unknown, and if a file is missing
 */
export function jointWords(before, after) {
  const joint = after?.transition;
  if (!before || !joint) return null;
  const [from, to] = [before, after].map(({ track: { current } }) =>
      current.key ? keyName(current.key) : "?",
    ),
    change = joint.tempo.change_percent,
    { plan } = joint;
  const folded = joint.tempo.folded ? ` ${joint.tempo.folded} time` : "";
  const tempo = change === null ? "tempo?" : signed(change) + folded;
  const length = plan ? (plan.bars ? `${plan.bars} bars` : `${plan.beats} beats`) : "",
    bars = plan?.kind === "cut" ? "cut" : plan?.kind === "fade" ? `${length} faded` : length;
  const against = [
    ...new Set([
      ...(plan?.against ?? []).map(({ text }) => text),
      plan?.against.some(({ kind }) => kind === "keys") ? null : joint.key.words,
      joint.energy.words,
      ...after.relaxed
        .filter(({ rule }) => rule !== "harmonic" || !joint.key.words)
        .map(({ words }) => words),
    ]),
  ].filter((words) => words !== null);
  const summary = [
    joint.rating,
    `keys ${from} to ${to}`,
    change === null ? "tempo unknown" : `tempo ${signed(change)}${folded}`,
    bars && (bars === "cut" ? bars : `${bars} overlap`),
    ...against,
  ]
    .filter(Boolean)
    .join(", ");
  return { rating: joint.rating, keys: `${from}→${to}`, tempo, bars, against, summary };
}

// The line of a transition: rating, keys, tempo, bars, and its problems if it is weak.
/** @param {{ words: ReturnType<typeof jointWords>, unknown: string }} about */
export function JointLine({ words, unknown }) {
  if (!words) return html`<span class="joint asked">${unknown}</span>`;
  const { rating, keys, tempo, bars, against, summary } = words,
    isWeak = rating === "fair" || rating === "poor" || against.length > 0;
  return html`<span class=${`joint r-${rating}`} title=${summary}>
    <span class="visually-hidden">${rating}: </span>
    <b>${keys}</b> ${tempo}${bars && ` · ${bars}`}
    ${isWeak && against.length ? html`<em>: ${against.join("; ")}</em>` : null}
  </span>`;
}
