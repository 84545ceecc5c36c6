// Small pictures of a photo, drawn on canvases: a page's content security policy says nothing
// about those, and the page cannot read them.
(function (fawkes) {
  "use strict";

  const PREVIEW = { width: 672, height: 600 }; // twice the size shown, for dense screens
  const THUMB = { width: 132, height: 132 };

  /**
   * Draws a file into a canvas.
   * @param {HTMLCanvasElement} canvas
   * @param {Blob} file
   * @param {{width: number, height: number}} box
   * @param {"cover" | "contain"} fit
   * @returns {Promise<boolean>} false where the browser cannot read this format
   */
  async function draw(canvas, file, box, fit) {
    let bitmap;
    try {
      bitmap = await createImageBitmap(file);
    } catch {
      return false;
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
    return context !== null;
  }

  /** @param {HTMLCanvasElement} canvas @param {Blob} file */
  const thumbnail = (canvas, file) => draw(canvas, file, THUMB, "cover");

  /**
   * The same of a `data:` address, which the page's policy might forbid.
   * @param {HTMLCanvasElement} canvas
   * @param {string} address
   */
  const ofAddress = (canvas, address) =>
    thumbnail(canvas, new Blob([fawkes.base64.fromBase64(address.split(",")[1] ?? "")]));

  /**
   * A picture of the cloaked photo that shows the original for as long as it is held.
   * @param {File} original
   * @param {File} cloaked
   * @returns {Promise<HTMLElement | null>} null where the browser cannot read this format
   */
  async function compare(original, cloaked) {
    const { t } = fawkes.text;
    const before = document.createElement("canvas");
    const after = document.createElement("canvas");
    const drawn = await Promise.all([
      draw(before, original, PREVIEW, "contain"),
      draw(after, cloaked, PREVIEW, "contain"),
    ]);
    if (drawn.includes(false)) return null;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "preview";
    const tag = document.createElement("span");
    tag.className = "tag";
    const show = (/** @type {boolean} */ held) => {
      before.hidden = !held;
      after.hidden = held;
      button.setAttribute("aria-pressed", String(held));
      tag.textContent = t(held ? "toast_before" : "toast_after");
    };
    button.addEventListener("pointerdown", () => show(true));
    for (const type of ["pointerup", "pointerleave", "pointercancel", "blur", "keyup"])
      button.addEventListener(type, () => show(false));
    button.addEventListener("keydown", (event) => {
      if (event.key === " " || event.key === "Enter") show(true);
    });
    button.append(after, before, tag);
    show(false);
    return button;
  }

  fawkes.preview = Object.freeze({ thumbnail, ofAddress, compare });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
