// What is a photo?  Told by its content: names are what somebody has called a file.  Here only the
// first bytes are looked at; the host counts frames, and says what it cannot cloak.
(function (fawkes) {
  "use strict";

  const { limits } = fawkes;

  /** Types that say "no photo", and endings where a file has no type: true of nearly all. */
  const OTHER_TYPES = /^(?!image\/|(application|binary)\/octet-stream$)|^image\/svg\+xml$/;
  const OTHER_ENDINGS =
    /\.(7z|avi|bak|crdownload|csv|docx?|download|eml|epub|flac|gz|html?|ics|js|json|m4a|m4v|md|mkv|mov|mp3|mp4|odt|ogg|part|pdf|pptx?|rar|rtf|svgz?|tar|te?mp|tgz|txt|vcf|wav|webm|xlsx?|xml|zip)$/i;

  /** @param {File} file */
  const typeOf = ({ type }) => type.toLowerCase().split(";")[0].trim();

  /** @param {File} file */
  function isNamedOtherwise(file) {
    const type = typeOf(file);
    return type ? OTHER_TYPES.test(type) : OTHER_ENDINGS.test(file.name);
  }

  /**
   * By index: in Firefox the buffer belongs to the page, and `subarray` may not touch it.
   * @param {ArrayLike<number>} bytes
   * @param {number} start
   * @param {number} length
   */
  const text = (bytes, start, length) => {
    let characters = "";
    for (let at = start; at < start + length && at < bytes.length; at += 1)
      characters += String.fromCharCode(bytes[at]);
    return characters;
  };

  /** How files of pictures begin: at which byte, with what.  @type {[number, string][]} */
  const PICTURES = [
    [0, "\xff\xd8\xff"], // JPEG
    [0, "\x89PNG\r\n\x1a\n"],
    [0, "GIF87a"],
    [0, "GIF89a"],
    [8, "WEBP"],
    [0, "II*\0"], // TIFF, and the raw files of many cameras
    [0, "MM\0*"],
    // Nobody here can cloak these: the host says so.
    [0, "II+\0"], // TIFF beyond 4 GB
    [0, "MM\0+"],
    [0, "IIRO"], // raw files of Olympus, Panasonic, Canon, Fujifilm, Sigma, Minolta
    [0, "IIRS"],
    [0, "IIU\0"],
    [6, "HEAPCCDR"],
    [0, "FUJIFILMCCD-RAW"],
    [0, "FOVb"],
    [0, "\0MRM"],
    [0, "II\xbc"], // JPEG XR
    [0, "\xff\x0a"], // JPEG XL
    [4, "JXL \r\n\x87\n"],
    [4, "jP  \r\n\x87\n"], // JPEG 2000
    [0, "\xff\x4f\xff\x51"],
    [0, "8BPS"], // Photoshop
    [0, "8BPB"],
  ];
  /** "BM" may be a word: a bitmap has a header of one of these sizes behind its own. */
  const BITMAP_HEADERS = new Set([12, 40, 52, 56, 64, 108, 124]);
  /** HEIF and AVIF name these among their brands, films do not. */
  const PICTURE_BRANDS = /^(he(ic|ix|im|is|vc|vx|vm|vs)|avi[fs]|mif[12]|msf1|miaf|MiH[BE]|crx )$/;
  const OTHERS = [
    "%PDF",
    "PK\x03\x04",
    "\x1aE\xdf\xa3",
    "OggS",
    "fLaC",
    "ID3",
    "Rar!",
    "7z\xbc\xaf",
    "\x1f\x8b",
    "\0\0\x01\0",
  ];
  const DRAWING = /^\s*(<\?xml|<svg|<!doctype)/i;

  /**
   * Major brand and compatible ones; between them stands a version.
   * @param {ArrayLike<number>} bytes
   */
  function brandsOf(bytes) {
    const size = (bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3];
    const found = [text(bytes, 8, 4)];
    for (let at = 16; at + 4 <= Math.min(size, bytes.length, 16 + 4 * 64); at += 4)
      found.push(text(bytes, at, 4));
    return found;
  }

  /**
   * Tells a picture by its content.
   * @param {ArrayLike<number>} bytes the head of the file, or all of it
   * @returns {"photo" | "other" | "unknown"} `unknown` is for files that the caller should judge
   *   by their type: an `image/*` nobody can read is no reason to let it go.
   */
  function kindOf(bytes) {
    if (bytes.length < 4) return "unknown";
    if (text(bytes, 4, 4) === "ftyp")
      return brandsOf(bytes).some((brand) => PICTURE_BRANDS.test(brand)) ? "photo" : "other";
    /** @param {[number, string]} mark */
    const begins = ([at, signature]) => text(bytes, at, signature.length) === signature;
    if (PICTURES.some(begins) || isBitmap(bytes)) return "photo";
    const isOther = OTHERS.some((signature) => begins([0, signature]));
    return isOther || DRAWING.test(text(bytes, 0, 64)) ? "other" : "unknown";
  }

  /** @param {ArrayLike<number>} bytes */
  const isBitmap = (bytes) =>
    text(bytes, 0, 2) === "BM" && BITMAP_HEADERS.has(bytes[14]) && text(bytes, 15, 3) === "\0\0\0";

  /** @param {ArrayLike<number>} head @param {File} file */
  function isPhotoBy(head, file) {
    const kind = kindOf(head);
    if (kind !== "unknown") return kind === "photo";
    const type = typeOf(file);
    return type.startsWith("image/") && type !== "image/svg+xml";
  }

  /** @param {File} file @returns {number[] | null} null where nobody can look at once */
  function headNow(file) {
    const head = fawkes.readNow(file.slice(0, limits.sniffBytes));
    return head === null ? null : Array.from(head, (letter) => letter.charCodeAt(0) & 0xff);
  }

  /**
   * Whether a file may be a photo.  What is named as something else is looked at here and now, so
   * that documents keep the browser's own events; with little patience, since the page stands
   * still meanwhile: what could not be looked at may be a photo.
   * @param {File} file
   * @param {number} [end] of the patience
   * @returns {boolean}
   */
  function mayBePhoto(file, end = Number.POSITIVE_INFINITY) {
    if (file.size === 0) return false;
    if (!isNamedOtherwise(file)) return true;
    const head = performance.now() < end ? headNow(file) : null;
    return head === null || isPhotoBy(head, file);
  }

  /**
   * Whether there may be photos among files.
   * @param {File[]} files
   * @returns {boolean}
   */
  function mayHold(files) {
    const end = performance.now() + limits.lookMs;
    return files.some((file) => mayBePhoto(file, end));
  }

  /**
   * Whether the file has to be cloaked before a page may have it.
   * @param {File} file
   * @returns {Promise<boolean>}
   * @throws {DOMException} where the file cannot be read
   */
  async function isPhoto(file) {
    if (file.size === 0) return false;
    const head = await file.slice(0, limits.sniffBytes).arrayBuffer();
    return isPhotoBy(new Uint8Array(head), file);
  }

  fawkes.photoKinds = Object.freeze({ mayBePhoto, mayHold, kindOf, isPhoto });
})(/** @type {FawkesShared} */ ((globalThis.fawkes ??= {})));
