// Fields with contradicting sources. Tracks with the same contradiction share a row and are settled
// together.
import { WORDS } from "../../page/parts/value_list.js";
import { counted, tracksOf } from "../../page/parts/wording.js";

// Findings without disputes stay unchanged.
/** @param {Page.Finding[]} findings @returns {Page.Finding[]} */
export function alike(findings) {
  /** @type {Map<string, Page.Finding & { ids: string[] }>} */
  const groups = new Map();
  return findings.flatMap((finding) => {
    if (!finding.disputes) return [finding];
    return finding.disputes.flatMap((dispute) => {
      // A field of a file, such as the album, is set for the file.
      const id =
        finding.choices.find(({ values }) => values && dispute.field in values)?.audio_ids?.[0] ??
        finding.audio_id;
      const name = JSON.stringify([
          dispute.field,
          dispute.said.map(({ who, value }) => [who, value]),
        ]),
        known = groups.get(name);
      if (known && id) {
        known.ids.push(id);
        known.artist = `and ${counted(known.ids.length - 1)} more`;
        known.detail = `${dispute.words} of ${tracksOf(known.ids.length)}`;
        return [];
      }
      const row = {
        ...finding,
        ids: id ? [id] : [],
        detail: dispute.words,
        choices: dispute.said.map((one) => choiceOf(dispute, one)),
      };
      groups.set(name, row);
      return [row];
    });
  });
}

/** @param {Served.Dispute} dispute @param {Served.Saying} said @returns {Page.Choice} */
function choiceOf({ field, words, can_set }, { who, value, score, counts }) {
  const sure = score === null ? "" : ` ${Math.round(100 * score)} %`,
    whose = `${WORDS[who] ?? who}${sure}${counts ? ", shown now" : ""}`;
  return {
    label: `${words} ${value}`,
    caption: whose,
    text: String(value),
    values: can_set ? { [field]: value } : null,
  };
}
