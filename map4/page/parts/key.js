// Asks for the local key when the page was opened without it.
import { storeKey } from "../source/server.js";
import { formInDialog } from "./dialog.js";
import { html } from "./html.js";

// True if a key was entered; the server validates it.
export const giveKey = () =>
  formInDialog("Enter the key", {
    text: html`<p>
        Changing files requires the key. <code>map4 serve --open</code> opens the page with the key,
        and on a terminal map4 shows the address with it: open it, or paste it here. It changes when
        the server restarts.
      </p>`,
    fields: [
      {
        name: "key",
        label: "Key",
        autocomplete: "off",
        hint: "Or the whole URL with the key after the #.",
      },
    ],
    submit: "Continue",
    isSudden: true,
    done: async ({ key }) => {
      const found = /[0-9a-f]{32}/.exec(key)?.[0];
      if (!found)
        throw new Error(
          "A key has 32 letters and digits, such as 6f1e9c…; map4 prints it when it starts.",
        );
      storeKey(found);
    },
  });
