// What people see on the page: one toast, a line for each photo.
(function (fawkes) {
  "use strict";

  const { toastCard: card } = fawkes;

  /** Needed when the extension is gone and has left this script behind. */
  const LAST_WORDS = [
    "error_extension_reloaded",
    "toast_about",
    "toast_asking",
    "toast_again",
    "toast_original",
    "toast_give_up",
    "toast_close",
    "toast_waiting",
    "toast_cancel",
    "toast_failed",
  ];

  /**
   * Asks for a frame that has no room to ask.
   * @param {FawkesQuestion} question
   * @param {{signal: AbortSignal, answer: (choice: string) => void, doubt: () => void}} options
   *   `doubt`: nobody can see it here either
   * @returns {{change: (question: FawkesQuestion) => void}}
   */
  function askForFrame(question, { signal, answer, doubt }) {
    const drawn = fawkes.toastQuestion.draw(question, answer, doubt);
    const { row, thumb } = fawkes.toastLine.rowOf(question.name || question.site, [], [drawn.box]);
    const line = {
      hasEnded: () => false,
      isAsking: () => true,
      isCloaked: () => false,
      close: () => answer("cancel"),
      remove() {},
    };
    row.classList.add("failed");
    card.add(line, row);
    card.rest();
    drawn.box.scrollIntoView({ block: "nearest" });
    const stop = fawkes.sight.whenUnseen(drawn.box, doubt);
    signal.addEventListener("abort", () => {
      stop();
      drawn.close();
      row.remove();
      card.remove(line);
    });
    const canvas = fawkes.toastElements.make("canvas");
    canvas.setAttribute("aria-hidden", "true");
    fawkes.preview.ofAddress(canvas, question.thumb).then((drawn) => {
      if (drawn) thumb.replaceChildren(canvas);
    });
    return drawn;
  }

  fawkes.toast = Object.freeze({
    LAST_WORDS,
    sweep: card.sweep,
    askForFrame,
    /** @param {File[]} files */
    open: (files) => new fawkes.toastBatch(files),
  });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
