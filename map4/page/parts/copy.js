// The clipboard, which browsers refuse without https.

/** @param {string} text  returns whether it was copied */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
// Copies a text; where this is refused, the message is the text.
/** @param {Page.App} app @param {string} text */
export async function copyText({ say }, text, said = `Copied: ${text}`) {
  say((await copied(text)) ? said : text);
}
