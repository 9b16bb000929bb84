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
    old = new Set(),
    asking = new Set();
  return {
    // null: there is none. undefined: not known yet
    of: (/** @type {string | null} */ name) => known.get(name ?? ""),
    // Answers that are loaded again, and stay until then.
    /** @param {(name: string) => boolean} isOld */
    renew(isOld) {
      for (const name of [...known.keys(), ...asking]) if (isOld(name)) old.add(name);
    },
    /** @param {(string | null)[]} names */
    load(names) {
      for (const name of names) {
        if (!name || asking.has(name) || asking.size >= AT_ONCE) continue;
        if (known.has(name) && !old.delete(name)) continue;
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
