// Pictures that travel as text: in `data:` URLs, as base64 or hexadecimal digits, however they are
// escaped (HTML, JSON, percent), and in documents that are such URLs themselves.
//
// They are looked for by how pictures begin, since what stands around them has too many forms.
(function (fawkes) {
  "use strict";

  const { limits } = fawkes;

  const SLASH = String.raw`(?:[/_]|%2f|&#0*47;|&#x0*2f;|&sol;|\\/|\\u002f)`;
  const SIGNS = new RegExp(
    [
      String.raw`data(?::|%3a|&colon;|&#0*58;|&#x0*3a;|\\u003a|\\:)`,
      // The same in base64: JPEG, PNG, GIF, WebP, HEIF and AVIF, TIFF, BMP.
      `${SLASH}9j${SLASH}|iVBORw0KGg|R0lGOD|UklGR|AAAA..Z0eX[A-D]|SUkqA|TU0AK|Qk[0-3].{5}AAAAA`,
      // And in hexadecimal digits.
      "ffd8ff[0-9a-f]{2}|89504e470d0a1a0a|4749463839|4749463837|52494646.{8}57454250",
      "000000[0-9a-f]{2}66747970|49492a00|4d4d002a",
      // Bytes of URLs.
      "%ff%d8%ff|%89png",
      // Pictures of RTF, by what they are; copies for old readers; and bytes as they are.
      String.raw`\\(?:wmetafile|emfblip|macpict|dibitmap|wbitmap)|\{\\nonshppict|\\bin\d`,
    ].join("|"),
    "gi",
  );
  const PLAIN = /[A-Za-z0-9+/_-]+/y;
  const ESCAPED =
    /%([0-9a-f]{2})|&#x0*([0-9a-f]{1,2});|&#0*(\d{1,3});|&(plus|sol|equals|newline|tab|lowbar|hyphen);|\\u00([0-9a-f]{2})|\\([/nrt+=]|\r?\n)|(=)|(\s+)/iy;
  /** @type {Record<string, string>} */
  const NAMED = { plus: "+", sol: "/", equals: "=", newline: "\n", tab: "\t", lowbar: "_" };

  /**
   * @param {string} text
   * @param {number} at
   * @returns {{text: string, end: number} | null} a character, whatever it is written as
   */
  function unescaped(text, at) {
    ESCAPED.lastIndex = at;
    const found = ESCAPED.exec(text);
    if (!found) return null;
    const [all, percent, hex, decimal, named, unicode, back, equals, space] = found;
    const code = percent ?? hex ?? unicode;
    let letter = equals ?? space ?? "";
    if (code) letter = String.fromCharCode(Number.parseInt(code, 16));
    else if (decimal) letter = String.fromCharCode(Number(decimal));
    else if (named) letter = NAMED[named.toLowerCase()] ?? "-";
    else if (back) letter = /[+/=]/.test(back) ? back : "\n";
    return { text: letter, end: at + all.length };
  }

  /** @param {RegExp} expression @param {string} text @param {number} at */
  const runAt = (expression, text, at) => {
    expression.lastIndex = at;
    return expression.exec(text)?.[0] ?? "";
  };

  /**
   * Base64 from a place in a text: what it holds, and where it ends.
   * @param {string} text
   * @param {number} start
   */
  function base64At(text, start) {
    const parts = [];
    let at = start;
    let line = 0; // characters since the last break
    for (;;) {
      const run = runAt(PLAIN, text, at);
      if (run) {
        parts.push(run);
        at += run.length;
        line += run.length;
        continue;
      }
      const escaped = unescaped(text, at);
      if (!escaped) break;
      if (/^\s+$/.test(escaped.text)) {
        // Wrapped lines go on; words that follow in a sentence do not belong to it.
        const next = runAt(PLAIN, text, escaped.end).length;
        const isBreak = /^\r?\n[ \t]*$/.test(escaped.text) && line <= 128;
        if (next === 0 ? !unescaped(text, escaped.end) : !isBreak && next < 40) break;
        line = 0;
      } else if (/^[+/_-]$/.test(escaped.text)) {
        parts.push(escaped.text);
      } else if (escaped.text === "=") {
        at = escaped.end;
        const second = unescaped(text, at);
        if (second?.text === "=") at = second.end;
        break;
      } else break;
      at = escaped.end;
    }
    const letters = parts.join("").replace(/-/g, "+").replace(/_/g, "/");
    return { end: at, bytes: bytesOfBase64(letters) };
  }

  /** @param {string} letters */
  function bytesOfBase64(letters) {
    const rest = letters.length % 4;
    const whole = rest === 1 ? letters.slice(0, -1) : letters;
    return fawkes.base64.fromBase64(whole);
  }

  /** @param {string} text @param {number} start */
  function hexAt(text, start) {
    const found = runAt(/[0-9a-f\s]+/iy, text, start);
    const digits = found.replace(/\s+/g, "");
    const bytes = new Uint8Array(digits.length >> 1);
    for (let at = 0; at < bytes.length; at += 1)
      bytes[at] = Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16);
    return { end: start + found.trimEnd().length, bytes };
  }

  /** Bytes as a URL writes them. @param {string} text @param {number} start */
  function percentAt(text, start) {
    const found = runAt(/(?:%[0-9a-f]{2}|[A-Za-z0-9.~!$*+;=:@/?_-])+/iy, text, start);
    const bytes = [];
    for (let at = 0; at < found.length; at += 1) {
      const isEscaped = found[at] === "%";
      bytes.push(
        isEscaped ? Number.parseInt(found.slice(at + 1, at + 3), 16) : found.charCodeAt(at),
      );
      if (isEscaped) at += 2;
    }
    return { end: start + found.length, bytes: Uint8Array.from(bytes) };
  }

  const base64Of = (/** @type {Uint8Array<ArrayBuffer>} */ bytes) => fawkes.base64.toBase64(bytes);
  /** @param {ArrayLike<number>} bytes */
  const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  /** @param {ArrayLike<number>} bytes */
  const percentOf = (bytes) => Array.from(bytes, (byte) => `%${hexOf([byte])}`).join("");

  /** A picture in which no face has room: a spacer, a bullet. @param {Uint8Array} bytes */
  function isTiny(bytes) {
    if (bytes.length < limits.pictureBytes) return true;
    /** @param {number} at @param {number} one @param {number} two */
    const short = (at, one, two) => bytes[at + one] + 256 * bytes[at + two];
    const isGif = bytes[0] === 0x47 && bytes[1] === 0x49;
    const isPng = bytes[0] === 0x89 && bytes[1] === 0x50;
    if (!isGif && !isPng) return false;
    const sides = isGif ? [short(6, 0, 1), short(8, 0, 1)] : [short(18, 1, 0), short(22, 1, 0)];
    return Math.min(...sides) < limits.faceSide;
  }

  /**
   * @param {number} start
   * @param {number} end
   * @param {FawkesPicture | null} picture
   * @param {(picture: Uint8Array<ArrayBuffer>) => string} write
   * @returns {FawkesPart}
   */
  const part = (start, end, picture, write, gone = "") => ({
    start,
    end,
    gone,
    picture,
    inner: null,
    write,
  });

  /** @param {Uint8Array} bytes */
  const isPicture = (bytes) => fawkes.photoKinds.kindOf(bytes) === "photo" && !isTiny(bytes);
  const DRAWING = /svg/i;
  const EMPTY = "data:,";

  /**
   * What a `data:` URL says of itself; null where it is none.
   * @param {string} text
   * @param {number} start
   */
  function headerAt(text, start) {
    const found = runAt(
      /[^,"'<>()]{0,300}?(?:,|%2c|&comma;|&#0*44;|&#x0*2c;|\\u002c)/iy,
      text,
      start,
    );
    if (!found) return null;
    const words = found
      .replace(/%2f|&sol;|\\\/|\\u002f|&#0*47;|&#x0*2f;/gi, "/")
      .replace(/%3b|&semi;|\\u003b|&#0*59;|&#x0*3b;/gi, ";")
      .replace(/\s|%20/g, "")
      .toLowerCase();
    return {
      end: start + found.length,
      type: words.split(/[;,%&\\]/)[0],
      isBase64: /base64[^;]*$/.test(words),
    };
  }

  /**
   * @param {string} text
   * @param {number} start
   * @param {string} sign
   * @param {number} depth
   * @returns {FawkesPart | null}
   */
  function dataUrlAt(text, start, sign, depth) {
    const header = headerAt(text, start + sign.length);
    if (!header) return null;
    const head = text.slice(start, header.end);
    const { type, isBase64 } = header;
    const isImage = type.startsWith("image/") && !DRAWING.test(type);
    // Where something has to stand.
    const gone = /["'(=]\s*$/.test(text.slice(Math.max(0, start - 3), start)) ? EMPTY : "";
    if (!isBase64) {
      // What is text is looked through as any other text.
      if (!isImage) return null;
      const { end, bytes } = percentAt(text, header.end);
      if (isTiny(bytes)) return null;
      const write = (/** @type {Uint8Array<ArrayBuffer>} */ cloaked) =>
        `data:${type};base64,${base64Of(cloaked)}`;
      return part(start, end, { bytes, type }, write, gone);
    }
    const { end, bytes } = base64At(text, header.end);
    const escaped = /%2[bf]/i.test(text.slice(header.end, end));
    const write = (/** @type {Uint8Array<ArrayBuffer>} */ content) =>
      head + (escaped ? encodeURIComponent(base64Of(content)) : base64Of(content));
    if (isImage ? !isTiny(bytes) : isPicture(bytes))
      return part(start, end, { bytes, type }, write, gone);
    if (isImage || depth >= limits.pictureDepth) return null;
    const inner = find(new TextDecoder().decode(bytes), depth + 1);
    if (!inner) return null;
    const rewrite = (/** @type {string} */ content) => write(new TextEncoder().encode(content));
    return { start, end, gone: "", picture: null, inner, write: rewrite };
  }

  /**
   * A group of RTF, from its brace to the one that ends it.
   * @param {string} text
   * @param {number} start
   */
  function groupEnd(text, start) {
    let open = 0;
    for (let at = start; at < text.length; at += 1) {
      if (text[at] === "\\") at += 1;
      else if (text[at] === "{") open += 1;
      else if (text[at] === "}" && --open === 0) return at + 1;
    }
    return text.length;
  }

  /**
   * @param {string} text
   * @param {number} start
   * @returns {FawkesPart | null} a picture of RTF in a format that nobody here knows
   */
  function rtfAt(text, start) {
    const head = /^\{\\nonshppict|^\\bin(\d+) ?|^\\([a-z]+)/i.exec(text.slice(start, start + 40));
    if (!head) return null;
    // The same picture once more, for programs of long ago.
    if (head[0].startsWith("{"))
      return /\\shppict/.test(text) ? part(start, groupEnd(text, start), null, () => "") : null;
    const after = start + head[0].length;
    if (head[1]) {
      const end = Math.min(text.length, after + Number(head[1]));
      const bytes = Uint8Array.from(text.slice(after, end), (letter) => letter.charCodeAt(0));
      return isTiny(bytes) ? null : part(start, end, { bytes, type: "image/x-rtf" }, hexOf);
    }
    const words = runAt(/(?:-?\d+|\\[a-z]+-?\d*|\{\\\*[^{}]*\}|\s)*/iy, text, after);
    const { end, bytes } = hexAt(text, after + words.length);
    return isTiny(bytes)
      ? null
      : part(after + words.length, end, { bytes, type: `image/x-${head[2]}` }, hexOf);
  }

  /**
   * @param {string} text
   * @param {number} start
   * @param {string} sign
   * @param {number} depth
   * @returns {FawkesPart | null}
   */
  function partAt(text, start, sign, depth) {
    if (/^data/i.test(sign)) return dataUrlAt(text, start, sign, depth);
    if (/^[\\{]/.test(sign) && !/^\\(\/|u)/i.test(sign)) return rtfAt(text, start);
    const isHex = /^[0-9a-f]{8}/i.test(sign);
    const isBytes = /^%(ff|89)/i.test(sign);
    const reader = isBytes ? percentAt : isHex ? hexAt : base64At;
    const { end, bytes } = reader(text, start);
    if (!isPicture(bytes)) return null;
    const escaped = !isHex && /%2[bf]/i.test(text.slice(start, end));
    const writers = isBytes ? percentOf : isHex ? hexOf : base64Of;
    return part(start, end, { bytes, type: "" }, (cloaked) =>
      escaped && !isBytes ? encodeURIComponent(writers(cloaked)) : writers(cloaked),
    );
  }

  /**
   * Looks for pictures in a text.
   * @param {string} text
   * @returns {FawkesPlan | null} null where there are none
   */
  function find(text, depth = 0) {
    if (depth < limits.pictureDepth && text[1] === "\0" && text[3] === "\0")
      return findWide(text, depth);
    const parts = [];
    const signs = new RegExp(SIGNS);
    for (let sign = signs.exec(text); sign; sign = signs.exec(text)) {
      const found = partAt(text, sign.index, sign[0], depth);
      if (!found) continue;
      parts.push(found);
      signs.lastIndex = Math.max(found.end, sign.index + 1);
    }
    const holds = parts.some(({ picture, inner }) => picture || inner);
    return holds ? { text, parts } : null;
  }

  /**
   * Letters of two bytes each, which some programs put where one is asked for.
   * @param {string} text
   * @param {number} depth
   * @returns {FawkesPlan | null}
   */
  function findWide(text, depth) {
    const inner = find(text.replaceAll("\0", ""), depth + 1);
    if (!inner) return null;
    const write = (/** @type {string} */ content) => `${content.split("").join("\0")}\0`;
    const whole = { start: 0, end: text.length, gone: "", picture: null, inner, write };
    return { text, parts: [whole] };
  }

  /**
   * Every picture of a plan, in order.
   * @param {FawkesPlan} plan
   * @returns {FawkesPicture[]}
   */
  const picturesOf = ({ parts }) =>
    parts.flatMap(({ picture, inner }) => (inner ? picturesOf(inner) : picture ? [picture] : []));

  /**
   * The text with other pictures.
   * @param {FawkesPlan} plan
   * @param {Map<FawkesPicture, Uint8Array<ArrayBuffer> | null>} cloaked by the pictures of the
   *   plan; null for what must not be in it
   * @returns {string}
   */
  function write({ text, parts }, cloaked) {
    let written = "";
    let at = 0;
    let isEmpty = false;
    for (const one of parts) {
      const bytes = one.picture && cloaked.get(one.picture);
      const content = one.inner ? one.write(write(one.inner, cloaked)) : bytes && one.write(bytes);
      written += text.slice(at, one.start) + (content ?? one.gone);
      isEmpty ||= !content && one.gone === EMPTY;
      at = one.end;
    }
    written += text.slice(at);
    return isEmpty ? written.replace(/<img\b[^>]*?["'=\s]data:,["'\s>][^>]*>?/gi, "") : written;
  }

  fawkes.textPictures = Object.freeze({ find, picturesOf, write });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
