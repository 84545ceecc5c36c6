// What the user has chosen: the shape, the defaults, reading and writing.
(function (fawkes) {
  "use strict";

  /** @type {readonly FawkesLevel[]} */
  const LEVELS = Object.freeze(["off", "low", "mid", "high"]);
  /** All but "off". */
  const PROTECTING = /** @type {Exclude<FawkesLevel, "off">[]} */ (LEVELS.slice(1));
  /** @type {readonly FawkesRule[]} */
  const RULES = Object.freeze(["on", ...LEVELS, "decoy"]);
  /** @type {readonly FawkesPolicy[]} */
  const POLICIES = Object.freeze(["strip-location", "keep", "strip"]);
  /** @type {readonly FawkesSettings["hostMissing"][]} */
  const HOST_MISSING = Object.freeze(["ask", "block"]);
  const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_-]+(\.[a-z0-9_-]+)*$|^\[[0-9a-f:.]+\]$/;

  /** @type {FawkesSettings} */
  const DEFAULTS = Object.freeze({
    version: 1,
    level: "mid",
    levelBeforeOff: "mid",
    policy: "strip-location",
    hostMissing: "ask",
    sites: Object.freeze({}),
    sitesBefore: Object.freeze({}),
  });

  /**
   * Settings from anything: what is missing or not understood becomes the default.
   * @param {unknown} value
   * @returns {FawkesSettings}
   */
  function parse(value) {
    const given = value !== null && typeof value === "object" ? Object(value) : {};
    /**
     * @template {"level" | "levelBeforeOff" | "policy" | "hostMissing"} Name
     * @param {readonly FawkesSettings[Name][]} choices
     * @param {Name} name
     * @returns {FawkesSettings[Name]}
     */
    const oneOf = (choices, name) => (choices.includes(given[name]) ? given[name] : DEFAULTS[name]);
    return {
      version: 1,
      level: oneOf(LEVELS, "level"),
      levelBeforeOff: oneOf(PROTECTING, "levelBeforeOff"),
      policy: oneOf(POLICIES, "policy"),
      hostMissing: oneOf(HOST_MISSING, "hostMissing"),
      sites: rulesOf(given.sites),
      sitesBefore: rulesOf(given.sitesBefore),
    };
  }

  /** @param {unknown} value @returns {Record<string, FawkesRule>} */
  function rulesOf(value) {
    const given = value !== null && typeof value === "object" ? Object.entries(value) : [];
    return Object.fromEntries(
      given.filter(([host, rule]) => HOST_NAME.test(host) && RULES.includes(rule)),
    );
  }

  /** @returns {Promise<FawkesSettings>} */
  async function load() {
    const { settings } = await chrome.storage.local.get("settings");
    return parse(settings);
  }

  let writing = Promise.resolve();

  /**
   * Changes some settings.  Writes of one page wait for each other, so that none is lost.
   * @param {(settings: FawkesSettings) => Partial<FawkesSettings>} change
   * @returns {Promise<FawkesSettings>} as they are now
   */
  function update(change) {
    const written = writing.then(async () => {
      const before = await load();
      const settings = parse({ ...before, ...change(before) });
      if (settings.level !== "off") settings.levelBeforeOff = settings.level;
      await chrome.storage.local.set({ settings });
      return settings;
    });
    writing = written.then(
      () => undefined,
      () => undefined,
    );
    return written;
  }

  /**
   * Calls back whenever settings change, in this page or in another.
   * @param {(settings: FawkesSettings) => void} listener
   */
  function watch(listener) {
    chrome.storage.onChanged.addListener((changes, area) => {
      if (area === "local" && changes.settings) listener(parse(changes.settings.newValue));
    });
  }

  fawkes.settings = Object.freeze({
    LEVELS,
    RULES,
    POLICIES,
    HOST_MISSING,
    DEFAULTS,
    HOST_NAME,
    parse,
    load,
    update,
    watch,
  });
})(/** @type {FawkesShared} */ ((globalThis.fawkes ??= {})));
