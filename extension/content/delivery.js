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

  /** Drops and pastes that no page has looked into yet, by their numbers.  @type {Map<number, () => void>} */
  const transfers = new Map();
  let lastNumber = 0;

  /**
   * Looks on whether the page looks into a drop or paste of ours: preventing the default alone takes
   * nothing, and many look without it.
   * @returns {FawkesTransferWatch} `number`: what the page's side is told with the event
   */
  function watchTransfer() {
    lastNumber += 1;
    const number = lastNumber;
    let isRead = false;
    /** @type {Promise<void>} */
    const read = new Promise((resolve) => {
      transfers.set(number, () => {
        isRead = true;
        transfers.delete(number);
        resolve();
      });
    });
    /** @param {boolean} isPrevented the default of the event, by the page */
    async function isTaken(isPrevented) {
      if (isRead || !isPrevented) return isRead;
      return Promise.race([read.then(() => true), pause(limits.takenMs).then(() => false)]);
    }
    return { number, read, isTaken };
  }

  /**
   * Says what has become of a drop or paste; a page that looks later has taken it then.
   * @param {(File | null)[]} settled
   * @param {boolean} isTaken
   * @param {FawkesTransferWatch} watch
   * @param {Element} target
   */
  function report(settled, isTaken, watch, target) {
    if (isTaken) return fawkes.selection.taken(settled);
    const input = fawkes.places.inputNear(target);
    fawkes.selection.untaken(settled, { choose: input && (() => input.click()) });
    watch.read.then(() => fawkes.selection.taken(settled));
  }

  bus.on("looked", (_nodes, number) => {
    if (number !== null) transfers.get(number)?.();
  });

  /** @param {Element} element */
  function isShown(element) {
    const { width, height } = element.getBoundingClientRect();
    const visible = element.checkVisibility?.({ opacityProperty: true, visibilityProperty: true });
    return visible !== false && width > 1 && height > 1;
  }

  fawkes.delivery = Object.freeze({
    watch,
    watchTransfer,
    report,
    isShown,
    /** @param {HTMLInputElement} input that the page reads */
    noteRead: (input) => waiting.get(input)?.(),
  });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
