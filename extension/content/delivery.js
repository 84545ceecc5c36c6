// Whether anybody took what an input was given.  Pages that accept the browser's own events alone
// do not look, and then the toast must not say that all is well.
(function (fawkes) {
  "use strict";

  const { bus, limits } = fawkes;

  /** Who waits for a page to look into an input.  @type {WeakMap<HTMLInputElement, () => void>} */
  const waiting = new WeakMap();

  const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

  /**
   * Looks on from now; called before the input is given anything.
   * @param {HTMLInputElement} input
   */
  function watch(input) {
    let note = () => {};
    /** The page has read the files, by `files` or as a form's data. @type {Promise<void>} */
    const read = new Promise((resolve) => {
      note = () => resolve();
    });
    waiting.set(input, note);

    /**
     * An input in a form has done its part: the browser sends what is in it.  Where no script of
     * the page can be seen reading, none is missed.
     * @param {Event[]} events by which it was told
     */
    async function isTaken(events) {
      const isHandled = events.some((event) => event.defaultPrevented || event.cancelBubble);
      if (isHandled || !bus.isHeard() || (input.isConnected && input.form)) return true;
      return Promise.race([read.then(() => true), pause(limits.takenMs).then(() => false)]);
    }

    return { read, isTaken };
  }

  /** @param {Element} element */
  function isShown(element) {
    const { width, height } = element.getBoundingClientRect();
    const visible = element.checkVisibility?.({ opacityProperty: true, visibilityProperty: true });
    return visible !== false && width > 1 && height > 1;
  }

  fawkes.delivery = Object.freeze({
    watch,
    isShown,
    /** @param {HTMLInputElement} input that the page reads */
    noteRead: (input) => waiting.get(input)?.(),
  });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
