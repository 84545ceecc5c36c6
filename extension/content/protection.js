// Whether this page is protected, and how: known before the first photo, and kept up to date.
(function (fawkes) {
  "use strict";

  /** @type {FawkesSettings | null} */
  let current = null;

  /** The host of the tab: a frame in a page belongs to that page. */
  function hostOfTab() {
    const origins = [...(location.ancestorOrigins ?? [])];
    for (const origin of [...origins.reverse(), location.origin]) {
      if (/^https?:/.test(origin)) return new URL(origin).hostname;
    }
    return "";
  }

  const host = hostOfTab();

  const loaded = fawkes.settings.load().then(
    (settings) => {
      current ??= settings;
    },
    () => {
      // No storage, no settings: the strict ones hold.
      current ??= fawkes.settings.DEFAULTS;
    },
  );
  fawkes.settings.watch((settings) => {
    current = settings;
  });

  /**
   * The level here; null before the settings have arrived, when nothing may pass yet.
   * @returns {FawkesSiteLevel | null}
   */
  const level = () => (current ? fawkes.siteRules.levelFor(current, host) : null);

  /** Certainly off, so that not even a moment is to be lost. */
  const isOff = () => level() === "off";

  /** @returns {Promise<FawkesSiteLevel>} */
  async function settled() {
    await loaded;
    return level() ?? fawkes.settings.DEFAULTS.level;
  }

  /** Whether a photo may go up uncloaked, by the user's own decision, when there is no host. */
  const mayAskWithoutHost = () => current?.hostMissing !== "block";

  fawkes.protection = Object.freeze({ isOff, settled, mayAskWithoutHost });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
