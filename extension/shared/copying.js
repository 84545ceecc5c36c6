// Commands that people copy: each in an element of class `command`, with a `code` and a button.
import "./text.js";

const { t } = /** @type {FawkesShared} */ (globalThis.fawkes).text;

const THANKS_MS = 2_000;

/**
 * Copies on a press, and says so for a moment.
 * @param {HTMLElement} button
 * @param {() => string} text
 */
export function copyOn(button, text) {
  /** @type {number | undefined} */
  let timer;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text());
    button.textContent = t("welcome_copied");
    clearTimeout(timer);
    timer = setTimeout(() => (button.textContent = t("welcome_copy")), THANKS_MS);
  });
}

/** @param {ParentNode} root */
export function makeCommandsCopyable(root) {
  for (const command of root.querySelectorAll(".command")) {
    const code = /** @type {HTMLElement} */ (command.querySelector("code"));
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = t("welcome_copy");
    button.setAttribute("aria-describedby", (code.id ||= `command-${++commands}`));
    copyOn(button, () => code.textContent);
    command.append(button);
  }
}
let commands = 0;
