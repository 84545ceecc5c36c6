// Cloaked photos that the page did not take are kept otherwise: saved, or copied.
(function (fawkes) {
  "use strict";

  /** Frames and pages in a sandbox may be forbidden to save; a window of the extension is not. */
  const maySave = () => window === window.top && window.origin !== "null";

  /** @param {File[]} files */
  function save(files) {
    for (const file of files) {
      const link = fawkes.toastElements.make("a");
      link.href = URL.createObjectURL(file);
      link.download = file.name;
      // In no document: the page hears of no click.
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), fawkes.limits.savingMs);
    }
  }

  /**
   * Puts a photo on the clipboard, within a click.
   * @param {File} file
   * @returns {Promise<void>} rejects where that is forbidden
   */
  const copy = (file) =>
    navigator.clipboard.write([new ClipboardItem({ "image/png": asPng(file) })]);

  /** The one kind of picture that every clipboard takes. @param {File} file */
  async function asPng(file) {
    if (file.type === "image/png") return new Blob([file], { type: "image/png" });
    const bitmap = await createImageBitmap(file);
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    bitmap.close();
    return canvas.convertToBlob({ type: "image/png" });
  }

  fawkes.keeping = Object.freeze({ maySave, save, copy });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
