// One line about the local program, the same in popup, settings and welcome page.
import "./text.js";

const { t, errorText } = /** @type {FawkesShared} */ (globalThis.fawkes).text;

/** States in which no photo can be cloaked. */
export const HELPLESS = new Set(["missing", "broken", "outdated"]);

/**
 * @param {FawkesHost | undefined} host
 * @returns {string}
 */
export function hostSentence(host) {
  if (!host) return t("host_unknown");
  if (host.fault && !HELPLESS.has(host.state)) return t("host_problem");
  // Which of the two is to be updated, its code tells.
  if (host.fault && host.state === "outdated") return errorText(host.fault);
  return t(`host_${host.state}`);
}

/**
 * Shows the state of the host in an element of class `host`, and keeps it up to date.
 * @param {HTMLElement} element with a `.line` for the sentence
 * @param {(host: FawkesHost) => void} [listener]
 */
export function followHost(element, listener = () => {}) {
  const line = element.querySelector(".line");
  const show = (/** @type {FawkesHost | undefined} */ host) => {
    if (!host || !line) return;
    element.dataset.state = host.state;
    const sentence = hostSentence(host);
    if (line.textContent !== sentence) line.textContent = sentence;
    listener(host);
  };
  chrome.storage.onChanged.addListener((changes, area) => {
    if (area === "session" && changes.host) show(changes.host.newValue);
  });
  line?.replaceChildren(t("host_unknown"));
  const look = async () => show(await chrome.runtime.sendMessage({ type: "look" }));
  look();
  return look;
}
