// The transition between two tracks in one line for DJs.
import { dom } from "./element.js";
/** @import { Pick } from "./set_list.js" */

/** @type {Record<string, string>} */
const KEYS = {
  clash: "keys clash",
  third: "keys far apart",
  far_diagonal: "keys far apart",
  unknown: "key unknown",
};
const MUCH_ENERGY = 0.4;

/** @param {number} percent */
export function signed(percent) {
  if (Math.abs(percent) < 0.05) return "±0 %";
  return `${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(1)} %`;
}

/**
 * @param {Pick} before @param {Pick} after
 * @returns {{ rating: string, keys: string, tempo: string, bars: string, against: string[],
 *   told: string } | null}  null while unknown
 */
export function jointWords(before, after) {
  const joint = after.transition;
  if (!joint) return null;
  const [from, to] = [before, after].map(({ track }) => track.current.key ?? "?"),
    change = joint.tempo.change_percent,
    { plan } = joint;
  const folded = joint.tempo.folded ? ` ${joint.tempo.folded} time` : "";
  const tempo = change === null ? "tempo?" : signed(change) + folded;
  const length = plan ? (plan.bars ? `${plan.bars} bars` : `${plan.beats} beats`) : "",
    bars = plan?.kind === "cut" ? "cut" : plan?.kind === "fade" ? `${length} faded` : length;
  const against = [
    ...new Set([
      ...(plan?.against ?? []).map(({ text }) => text),
      ...(KEYS[joint.key.relation] && !plan?.against.some(({ kind }) => kind === "keys")
        ? [KEYS[joint.key.relation]]
        : []),
      ...(Math.abs(joint.energy?.change ?? 0) > MUCH_ENERGY
        ? [`energy ${(joint.energy.change ?? 0) > 0 ? "jumps" : "drops"}`]
        : []),
      ...after.relaxed
        .filter(({ rule }) => rule !== "harmonic" || !KEYS[joint.key.relation])
        .map(({ words }) => words),
    ]),
  ];
  const told = [
    joint.rating,
    `keys ${from} to ${to}`,
    change === null ? "tempo unknown" : `tempo ${signed(change)}${folded}`,
    bars && (bars === "cut" ? bars : `${bars} overlap`),
    ...against,
  ]
    .filter(Boolean)
    .join(", ");
  return { rating: joint.rating, keys: `${from}→${to}`, tempo, bars, against, told };
}

// The line of a transition: rating, keys, tempo, bars, and its problems if it is weak.
/**
 * @param {Pick | null} before
 * @param {Pick | null} after
 * @param {boolean} [isAsked]  the judgement is loading
 */
export function jointLine(before, after, isAsked = false) {
  const words = before && after && !isAsked ? jointWords(before, after) : null;
  if (!words)
    return dom`<span class="joint asked">
      ${isAsked ? "…" : before && after ? "not rated" : "file missing"}
    </span>`;
  const { rating, keys, tempo, bars, against, told } = words,
    isWeak = rating === "fair" || rating === "poor" || against.length > 0;
  return dom`<span class=${`joint r-${rating}`} title=${told}>
    <span class="visually-hidden">${rating}: </span>
    <b>${keys}</b> ${tempo}${bars && ` · ${bars}`}
    ${isWeak && against.length ? dom`<em>: ${against.join("; ")}</em>` : null}
  </span>`;
}
