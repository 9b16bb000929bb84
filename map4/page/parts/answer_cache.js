// Answers by name, loaded a few at a time, for what is drawn again as they come.
const AT_ONCE = 4,
  AGAIN_MS = 3000;

/**
 * @template Answer
 * @param {(name: string) => Promise<Answer>} ask
 * @param {() => void} came  called when new answers are there
 */
export function answerCache(ask, came) {
  const known = /** @type {Map<string, Answer | null>} */ (new Map()),
    asking = new Set();
  return {
    // null: there is none. undefined: not known yet
    of: (/** @type {string | null} */ name) => known.get(name ?? ""),
    /** @param {(string | null)[]} names */
    load(names) {
      for (const name of names) {
        if (!name || known.has(name) || asking.has(name) || asking.size >= AT_ONCE) continue;
        asking.add(name);
        ask(name)
          .catch(async (/** @type {Page.Problem} */ { isLost }) => {
            if (isLost) await new Promise((again) => setTimeout(again, AGAIN_MS));
            return isLost ? undefined : null;
          })
          .then((answer) => {
            if (answer !== undefined) known.set(name, answer);
            asking.delete(name);
            if (!asking.size) came();
          });
      }
    },
  };
}
