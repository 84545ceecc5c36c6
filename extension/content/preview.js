// Small pictures of a photo, drawn on canvases: a page's content security policy says nothing
// about those, and the page cannot read them.
(function (fawkes) {
  "use strict";

  const THUMB = { width: 132, height: 132 }; // three times the size shown, for dense screens

  /**
   * Draws a file into a canvas.
   * @param {HTMLCanvasElement} canvas
   * @param {Blob} file
   * @param {{box: {width: number, height: number}, fit: "cover" | "contain"}} into no larger than
   *   `box`, in pixels of the canvas
   * @returns {Promise<number>} how large it is there, 1 for its own size; 0 where the browser
   *   cannot read this format
   */
  async function draw(canvas, file, { box, fit }) {
    let bitmap;
    try {
      bitmap = await createImageBitmap(file);
    } catch {
      return 0;
    }
    const scales = [box.width / bitmap.width, box.height / bitmap.height];
    const scale = Math.min(1, fit === "cover" ? Math.max(...scales) : Math.min(...scales));
    const width = Math.max(1, Math.round(bitmap.width * scale));
    const height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.width = fit === "cover" ? Math.min(width, box.width) : width;
    canvas.height = fit === "cover" ? Math.min(height, box.height) : height;
    const context = canvas.getContext("2d");
    if (context) {
      context.imageSmoothingQuality = "high";
      context.drawImage(
        bitmap,
        (canvas.width - width) / 2,
        (canvas.height - height) / 2,
        width,
        height,
      );
    }
    bitmap.close();
    return context ? scale : 0;
  }

  /** @param {HTMLCanvasElement} canvas @param {Blob} file */
  const thumbnail = (canvas, file) => draw(canvas, file, { box: THUMB, fit: "cover" });

  /**
   * The same of a `data:` address, which the page's policy might forbid.
   * @param {HTMLCanvasElement} canvas
   * @param {string} address
   */
  const ofAddress = (canvas, address) =>
    thumbnail(canvas, new Blob([fawkes.base64.fromBase64(address.split(",")[1] ?? "")]));

  fawkes.preview = Object.freeze({ draw, thumbnail, ofAddress });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
