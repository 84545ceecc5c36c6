// What people see on the page: one toast, a line for each photo.
(function (fawkes) {
  "use strict";

  const { toastCard: card } = fawkes;

  /** Needed when the extension is gone and has left this script behind. */
  const LAST_WORDS = [
    "error_extension_reloaded",
    "toast_asking",
    "toast_again",
    "toast_original",
    "toast_give_up",
    "toast_close",
    "toast_waiting",
    "toast_cancel",
    "toast_failed",
  ];

  fawkes.toast = Object.freeze({
    LAST_WORDS,
    sweep: card.sweep,
    /**
     * @param {File[]} files
     */
    open(files) {
      const lines = files.map(fawkes.toastLine);
      card.rest();
      return { lines, finish: card.rest };
    },
  });
})((globalThis.fawkes ??= {}));
