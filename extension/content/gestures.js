// Whether the user has done something just now.  It matters in documents that were there before the
// extension: their scripts may have taken hold of ours, and ask for what they like.
(function (fawkes) {
  "use strict";

  const { roots, limits } = fawkes;

  /** After these a page may ask; presses are told by the browser's own record. */
  const KINDS = /** @type {const} */ (["click", "drop", "keydown", "paste"]);

  let last = Number.NEGATIVE_INFINITY;
  /** @type {(() => void)[]} */
  const waiting = [];

  // A frame's first, empty document has never been loading: the background knows of those.
  if (document.readyState !== "loading" && location.href !== "about:blank") fawkes.entered = true;

  /** Where our scripts came first they see to it themselves. */
  const isNeeded = () => fawkes.entered === true;

  const allow = () =>
    !isNeeded() || navigator.userActivation.isActive || performance.now() - last < limits.gestureMs;

  fawkes.gestures = Object.freeze({
    start() {
      for (const kind of KINDS)
        roots.on(kind, ({ isTrusted }) => {
          if (!isTrusted) return;
          last = performance.now();
          for (const resume of waiting.splice(0)) resume();
        });
    },
    isNeeded,
    allow,
    /** As soon as it is allowed. @returns {Promise<void>} */
    come: () => new Promise((resolve) => (allow() ? resolve() : waiting.push(resolve))),
  });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
