// The tempo of a set over its time: the wanted line, the tracks, and where they miss it.
import { pointsOf, targetAt } from "./curve.js";
import { html } from "../../page/parts/html.js";

const TENTHS = 10,
  ROOM_BPM = 2;

/**
 * The wanted and the played tempi of a list with a tempo curve; null without one.
 * @param {Pick<Page.SetInWork, "list" | "places">} set
 */
export function tempiOf({ list, places }) {
  const points = pointsOf(String(list?.options?.tempo_curve ?? "")),
    tracks = places.flatMap(({ pick }) => pick?.track ?? []),
    lengths = tracks.map(({ file }) => file?.duration_s ?? 0),
    share = (list?.duration_s ?? 0) / lengths.reduce((sum, s) => sum + s, 0); // the rest overlaps
  if (!points || !share) return null;
  const folds = list?.options.policy === "creative" ? [1, 2, 0.5] : [1];
  let now = 0;
  const played = tracks.flatMap(({ current: { bpm } }, at) => {
    const [from_s, to_s] = [now, (now += lengths[at] * share)],
      wanted = targetAt(points, (from_s + to_s) / 120),
      off = (/** @type {number} */ other) => Math.abs(Math.log(other / wanted)),
      bpms = folds.map((fold) => fold * (bpm ?? 0));
    return bpm ? { from_s, to_s, bpm: bpms.sort((a, b) => off(a) - off(b))[0] } : [];
  });
  const times = [0, ...points.map(([minute]) => 60 * minute).filter((s) => s < now), now];
  return { wanted: times.map((s) => [s, targetAt(points, s / 60)]), played };
}

/** @param {{ set: Page.SetInWork }} about */
export function TempoOfSet({ set }) {
  const { wanted, played } = tempiOf(set.shown) ?? { wanted: [], played: [] },
    misses = set.list?.tempo_misses ?? [],
    all = [...wanted.map(([, bpm]) => bpm), ...played.map(({ bpm }) => bpm)],
    [low, high] = [Math.min(...all) - ROOM_BPM, Math.max(...all) + ROOM_BPM],
    tempi = [...new Set(wanted.map(([, bpm]) => Math.round(bpm)))].join(" → "),
    [lasts] = wanted.at(-1) ?? [0];
  if (!lasts) return null;
  return html`<figure class="tempo-of-set">
    <figcaption class="small">
      Tempo ${tempi} BPM, reached in ${TENTHS - misses.length} of ${TENTHS} tenths
    </figcaption>
    <svg viewBox=${`0 0 ${lasts} ${high - low}`} preserveAspectRatio="none" aria-hidden="true">
      <path
        class="played"
        d=${played.map(({ from_s, to_s, bpm }) => `M${from_s} ${high - bpm}H${to_s}`).join("")}
      />
      <path class="wanted" d=${`M${wanted.map(([s, bpm]) => `${s} ${high - bpm}`).join("L")}`} />
    </svg>
    <ul class="small">
      ${[...new Set(misses)].map((text) => html`<li>${text}</li>`)}
    </ul>
  </figure>`;
}
