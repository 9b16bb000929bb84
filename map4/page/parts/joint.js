// The transition between two tracks in one line for DJs.
import { html } from "./html.js";
import { keyName } from "./key_names.js";
import { countOf } from "./wording.js";

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
  const [from, to] = [before, after].map(({ track: { current } }, at) =>
      keyName(joint.key[at ? "enters" : "leaves"] ?? current.key ?? "?"),
    ),
    fader = joint.tempo.fader_percent,
    { plan } = joint;
  const folded = joint.tempo.folded ? ` ${joint.tempo.folded} time` : "";
  const tempo = fader === null ? "tempo?" : signed(fader) + folded;
  const length = plan ? (plan.bars ? countOf(plan.bars, "bar") : countOf(plan.beats, "beat")) : "",
    kind = plan?.kind ?? "",
    isPlain = kind === "cut" || kind === "segue",
    bars = isPlain ? kind : kind === "fade" ? `${length} faded` : length;
  const hasKeys = plan?.against.some(({ kind }) => kind === "keys"), // in words of its own
    against = [
      ...new Set([
        ...joint.words.filter((words) => !hasKeys || words !== joint.key.words),
        ...(plan?.against ?? []).map(({ text }) => text),
        ...after.relaxed
          .filter(({ rule }) => rule !== "harmonic" || !joint.key.words)
          .map(({ words }) => words),
      ]),
    ];
  const summary = [
    joint.rating,
    ...against,
    `keys ${from} to ${to}`,
    fader === null ? "tempo unknown" : `fader ${signed(fader)}${folded}`,
    bars && (isPlain ? bars : `${bars} overlap`),
  ]
    .filter(Boolean)
    .join(", ");
  return { rating: joint.rating, keys: `${from}→${to}`, tempo, bars, against, summary };
}

// The line of a transition: its tempo and keys first, then its problems and bars.
/** @param {{ words: ReturnType<typeof jointWords>, unknown: string }} about */
export function JointLine({ words, unknown }) {
  if (!words) return html`<span class="joint asked">${unknown}</span>`;
  const { rating, keys, tempo, bars, against, summary } = words,
    classes = `joint r-${rating}${against.length ? " faulty" : ""}`;
  return html`<span class=${classes} title=${summary}>
    <span class="visually-hidden">${rating}: </span>
    <b>${tempo}</b> · <b>${keys}</b>
    ${against.length > 0 && html` · <em>${against.join("; ")}</em>`}${bars && ` · ${bars}`}
  </span>`;
}

// How many transitions have each rating.
/** @param {{ counts: Record<string, number> }} about */
export const Counts = ({ counts }) =>
  Object.entries(counts).map(
    ([rating, count]) =>
      count > 0 &&
      html` <span key=${rating} class=${`r-${rating}`} title=${`${count} ${rating}`}>
        <span class="visually-hidden">${rating}: </span>${count}</span
      >`,
  );
