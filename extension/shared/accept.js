// Which kinds of photos a page takes, by what it says of its input or picker.
(function (fawkes) {
  "use strict";

  /**
   * Formats of photos by the endings that stand for them.
   * @type {Readonly<Record<string, string>>}
   */
  const TYPES_BY_ENDING = Object.freeze({
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".hif": "image/heif",
    ".jfif": "image/jpeg",
    ".jpe": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
  });
  /** What pages write and was never registered.  @type {Readonly<Record<string, string>>} */
  const MISNOMERS = Object.freeze({ "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg" });
  const KNOWN = new Set(Object.values(TYPES_BY_ENDING));

  /**
   * The media types of photos in an `accept` attribute (HTML, "File Upload state"): types, kinds
   * such as `image/*`, and endings, between commas, in any case.
   * @param {string} attribute
   * @returns {string[]} empty where any photo is welcome, or none is spoken of
   */
  function mediaTypes(attribute) {
    const tokens = attribute.toLowerCase().split(",");
    /** @type {Set<string>} */
    const types = new Set();
    for (const token of tokens.map((text) => text.trim())) {
      if (token === "image/*" || token === "*/*" || token === "*") return [];
      const type = TYPES_BY_ENDING[token] ?? MISNOMERS[token] ?? token;
      if (KNOWN.has(type)) types.add(type);
    }
    return [...types];
  }

  fawkes.accept = Object.freeze({ mediaTypes });
})(/** @type {FawkesShared} */ ((globalThis.fawkes ??= {})));
