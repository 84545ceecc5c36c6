// Sentences come from `_locales`; nothing here is ever parsed as HTML.
(function (fawkes) {
  "use strict";

  /** @type {Map<string, string>} */
  const kept = new Map();

  /**
   * @param {string} key of `_locales`
   * @param {...(string | number)} values for $1, $2, …
   * @returns {string} the key itself where there is no such message, so that a gap is seen
   */
  function t(key, ...values) {
    try {
      return chrome.i18n.getMessage(key, values.map(String)) || key;
    } catch {
      return kept.get(key) ?? "Fawkes";
    }
  }

  /**
   * Keeps sentences for the time after the extension was reloaded, when a content script that is
   * left behind can ask for none.
   * @param {string[]} keys
   */
  function keep(keys) {
    for (const key of keys) kept.set(key, t(key));
  }

  /**
   * Which parameter of an error goes into which place of its sentence.
   * @type {Readonly<Record<string, readonly string[]>>}
   */
  const PLACES = Object.freeze({
    animated_image: ["frames"],
    bad_setting: ["name"],
    busy: ["waiting"],
    deadline_exceeded: ["seconds"],
    people_damaged: ["file"],
    raw_photo: ["format"],
    too_many_bytes: ["bytes", "limit"],
    too_many_faces: ["faces", "limit"],
    too_many_pixels: ["width", "height", "limit"],
    unsupported_samples: ["kind"],
    weights_corrupt: ["network"],
    weights_missing: ["network"],
  });

  /**
   * The sentence for a coded error.
   * @param {{code: string, parameters?: Record<string, string | number>}} error
   */
  function errorText({ code, parameters = {} }) {
    const values = (PLACES[code] ?? []).map((name) => {
      const value = parameters[name];
      if (value === undefined) return "?";
      return name === "bytes" || (name === "limit" && code === "too_many_bytes")
        ? megabytes(Number(value))
        : typeof value === "number"
          ? value.toLocaleString()
          : String(value);
    });
    const sentence = t(`error_${code}`, ...values);
    return sentence === `error_${code}` ? t("error_internal") : sentence;
  }

  /** @param {number} bytes */
  const megabytes = (bytes) =>
    `${(bytes / 1e6).toLocaleString(undefined, { maximumFractionDigits: 1 })} MB`;

  /**
   * What a level means: what is seen, and what is gained.
   * @param {FawkesLevel} level
   */
  const levelText = (level) =>
    level === "off"
      ? t("level_off_hint")
      : `${t(`level_${level}_seen`)} ${t(`level_${level}_gain`)}`;

  /**
   * Fills in a page of the extension: `data-text` for the text, `data-label` for the accessible
   * name, `data-hint` for the tooltip.
   * @param {ParentNode} root
   */
  function localise(root) {
    for (const element of root.querySelectorAll("[data-text]"))
      element.textContent = t(element.getAttribute("data-text") ?? "");
    for (const element of root.querySelectorAll("[data-label]"))
      element.setAttribute("aria-label", t(element.getAttribute("data-label") ?? ""));
    for (const element of root.querySelectorAll("[data-hint]"))
      element.setAttribute("title", t(element.getAttribute("data-hint") ?? ""));
    if (root === document) {
      document.documentElement.lang = chrome.i18n.getUILanguage();
      document.documentElement.dir = t("@@bidi_dir");
    }
  }

  fawkes.text = Object.freeze({ t, keep, errorText, levelText, megabytes, localise });
})(/** @type {FawkesShared} */ ((globalThis.fawkes ??= {})));
