// What is a photo?  First by name, at once, for files that certainly are none;
// then by content, for all others.
(function (fawkes) {
  "use strict";

  const NEVER_PHOTO_TYPES = /^(audio|font|model|text|video)\//;
  const NEVER_PHOTO_IMAGES = new Set(["image/svg+xml"]);
  const UNKNOWN_TYPES = new Set(["", "application/octet-stream", "binary/octet-stream"]);
  const NEVER_PHOTO_ENDINGS =
    /\.(7z|avi|csv|docx?|eml|epub|flac|gz|html?|ics|js|json|m4a|m4v|md|mkv|mov|mp3|mp4|odt|ogg|pdf|pptx?|rar|rtf|svgz?|tar|tgz|txt|vcf|wav|webm|xlsx?|xml|zip)$/i;

  /**
   * Whether a file may be a photo, from what a page would see of it.  The browser derives the
   * type from the ending, so this only ever clears files that are named as something else.
   * @param {{name: string, type: string}} file
   * @returns {boolean}
   */
  function mayBePhoto({ name, type }) {
    const kind = type.toLowerCase().split(";")[0].trim();
    if (kind.startsWith("image/")) return !NEVER_PHOTO_IMAGES.has(kind);
    if (NEVER_PHOTO_TYPES.test(kind)) return false;
    if (UNKNOWN_TYPES.has(kind)) return !NEVER_PHOTO_ENDINGS.test(name);
    return false;
  }

  /** By index: in Firefox the buffer belongs to the page, and `subarray` may not touch it. */
  const text = (bytes, start, length) => {
    let characters = "";
    for (let at = start; at < start + length && at < bytes.length; at += 1)
      characters += String.fromCharCode(bytes[at]);
    return characters;
  };
  const uint32 = (bytes, at) =>
    ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;

  /** A PNG is animated when `acTL` comes before the first `IDAT` (PNG third edition, 11.3.6). */
  function pngIsAnimated(bytes) {
    for (let at = 8; at + 8 <= bytes.length; at += 12 + uint32(bytes, at)) {
      const chunk = text(bytes, at + 4, 4);
      if (chunk === "acTL") return true;
      if (chunk === "IDAT") return false;
    }
    return false;
  }

  /** Bit 1 of the flags in a WebP's `VP8X` chunk (RFC 9649, 2.7). */
  function webpIsAnimated(bytes) {
    return text(bytes, 12, 4) === "VP8X" && (bytes[20] & 0x02) !== 0;
  }

  /** A GIF is animated when a second image descriptor follows the first (GIF89a, 20). */
  function gifIsAnimated(bytes) {
    const skipBlocks = (at) => {
      while (at < bytes.length && bytes[at] !== 0) at += bytes[at] + 1;
      return at + 1;
    };
    const paletteBytes = (flags) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
    let at = 13 + paletteBytes(bytes[10]);
    let images = 0;
    while (at < bytes.length) {
      if (bytes[at] === 0x21) at = skipBlocks(at + 2);
      else if (bytes[at] === 0x2c) {
        if (++images > 1) return true;
        at = skipBlocks(at + 11 + paletteBytes(bytes[at + 9]));
      } else break;
    }
    return false;
  }

  const PHOTO_BRANDS = new Set([
    "avif",
    "heic",
    "heix",
    "heim",
    "heis",
    "mif1",
    "mif2",
    "miaf",
    "MiHB",
    "MiHE",
  ]);
  const ANIMATION_BRANDS = new Set(["avis", "hevc", "hevx", "msf1"]);

  /**
   * Tells a photo by its content.
   * @param {Uint8Array<ArrayBuffer>} bytes the head of the file, or all of it
   * @returns {"photo" | "animation" | "other" | "unknown"} `unknown` is for files that the
   *   caller should judge by their type: an `image/*` nobody can read is no reason to let it go.
   */
  function kindOf(bytes) {
    if (bytes.length < 4) return "unknown";
    if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "photo";
    if (text(bytes, 0, 8) === "\x89PNG\r\n\x1a\n")
      return pngIsAnimated(bytes) ? "animation" : "photo";
    if (/^GIF8[79]a$/.test(text(bytes, 0, 6))) return gifIsAnimated(bytes) ? "animation" : "photo";
    if (text(bytes, 0, 4) === "RIFF") {
      if (text(bytes, 8, 4) !== "WEBP") return "unknown";
      return webpIsAnimated(bytes) ? "animation" : "photo";
    }
    if (text(bytes, 4, 4) === "ftyp") {
      const brand = text(bytes, 8, 4);
      if (ANIMATION_BRANDS.has(brand)) return "animation";
      return PHOTO_BRANDS.has(brand) ? "photo" : "unknown";
    }
    if (/^(II\*\0|MM\0\*|II\+\0|MM\0\+)$/.test(text(bytes, 0, 4))) return "photo";
    if (text(bytes, 0, 2) === "BM" && bytes.length > 14 && uint32(bytes, 6) === 0) return "photo";
    if (text(bytes, 0, 4) === "\0\0\x01\0") return "other"; // icon
    if (
      /^(%PDF|PK\x03\x04|\x1aE\xdf\xa3|OggS|fLaC|ID3|Rar!|7z\xbc\xaf|\x1f\x8b)/.test(
        text(bytes, 0, 4),
      )
    )
      return "other";
    if (/^\s*(<\?xml|<svg|<!doctype)/i.test(text(bytes, 0, 64))) return "other";
    return "unknown";
  }

  /**
   * Whether the file has to be cloaked before a page may have it.
   * @param {File} file
   * @returns {Promise<boolean>}
   * @throws {DOMException} where the file cannot be read
   */
  async function isPhoto(file) {
    if (file.size === 0 || !mayBePhoto(file)) return false;
    const whole = file.type === "image/gif" || /\.gif$/i.test(file.name);
    const head = whole ? file : file.slice(0, fawkes.limits.sniffBytes);
    const kind = kindOf(new Uint8Array(await head.arrayBuffer()));
    return kind === "photo" || (kind === "unknown" && file.type.startsWith("image/"));
  }

  fawkes.photoKinds = Object.freeze({ mayBePhoto, kindOf, isPhoto });
})((globalThis.fawkes ??= {}));
