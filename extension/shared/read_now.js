// What is in a file, here and now.
(function (fawkes) {
  "use strict";

  /**
   * Reads without giving the page a turn (Firefox gives it one): a script has no other way to that
   * than a request that waits.
   * @param {Blob} file
   * @returns {string | null} every byte as a character, of which the lower eight bits count; null
   *   where the page forbids such requests (`sync-xhr`), or the file cannot be read
   */
  fawkes.readNow = (file) => {
    const url = URL.createObjectURL(file);
    try {
      const request = new XMLHttpRequest();
      request.open("GET", url, false);
      request.overrideMimeType("text/plain; charset=x-user-defined");
      request.send();
      return request.responseText;
    } catch {
      return null;
    } finally {
      URL.revokeObjectURL(url);
    }
  };
})(/** @type {FawkesShared} */ ((globalThis.fawkes ??= {})));
