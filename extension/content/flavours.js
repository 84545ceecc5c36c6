// The flavours of a drop or paste: strings, with the pictures that travel in them, and files.
(function (fawkes) {
  "use strict";

  const { textPictures } = fawkes;

  /**
   * Reads the strings of a transfer at once, while it can be read.
   * @param {DataTransfer} transfer
   * @returns {FawkesFlavours}
   */
  function read(transfer) {
    const types = [...transfer.types].filter((type) => type !== "Files");
    return from(types.map((type) => [type, transfer.getData(type)]));
  }

  /**
   * @param {[string, string][]} strings by their types
   * @returns {FawkesFlavours}
   */
  const from = (strings) => ({
    strings,
    plans: strings.map(([, text]) => textPictures.find(text)),
  });

  /** @param {FawkesFlavours} flavours */
  const holdPictures = ({ plans }) => plans.some((plan) => plan !== null);

  /** @param {Uint8Array} one @param {Uint8Array} other */
  const isEqual = (one, other) =>
    one.length === other.length && one.every((byte, at) => byte === other[at]);

  /** @typedef {{bytes: Uint8Array, file: File, pictures: FawkesPicture[]}} Found */

  /**
   * The files, and the pictures of all strings, each once, with where it is.
   * @param {FawkesFlavours["plans"]} plans
   * @param {File[]} files
   */
  async function filesOf(plans, files) {
    /** @type {Found[]} */
    const found = [];
    for (const file of files) found.push({ bytes: new Uint8Array(), file, pictures: [] });
    for (const picture of plans.flatMap((plan) => (plan ? textPictures.picturesOf(plan) : []))) {
      /** @type {Found | null} */
      let twin = null;
      for (const one of found) {
        const sameSize = one.file.size === picture.bytes.length;
        if (sameSize && one.bytes.length === 0)
          one.bytes = new Uint8Array(await one.file.arrayBuffer());
        if (sameSize && isEqual(one.bytes, picture.bytes)) twin = one;
      }
      if (!twin) {
        twin = { bytes: picture.bytes, file: fileOf(picture), pictures: [] };
        found.push(twin);
      }
      twin.pictures.push(picture);
    }
    return found;
  }

  /** @param {FawkesPicture} picture */
  function fileOf({ bytes, type }) {
    const kind = type.startsWith("image/") ? type : "image/jpeg";
    return new File([bytes], `image.${kind.slice(6).replace(/\W.*/, "")}`, { type: kind });
  }

  /**
   * Has all photos of a transfer cloaked.
   * @param {File[]} files
   * @param {FawkesFlavours} flavours
   * @param {string[]} [accept] media types that the page takes
   * @returns {Promise<{settled: (File | null)[], files: (File | null)[],
   *   strings: [string, string][], isEmpty: boolean}>} null for what was given up; `settled`: all
   *   that was, to speak of it; `isEmpty` where nothing is left of what was chosen
   */
  async function settle(files, { strings, plans }, accept = []) {
    const signal = new AbortController().signal;
    const all = await filesOf(plans, files);
    const settled = await fawkes.selection.settle(
      all.map(({ file }) => file),
      signal,
      accept,
    );
    /** @type {Map<FawkesPicture, Uint8Array<ArrayBuffer> | null>} */
    const cloaked = new Map();
    for (const [at, { pictures }] of all.entries()) {
      const file = settled[at];
      const bytes = file && pictures.length > 0 ? new Uint8Array(await file.arrayBuffer()) : null;
      for (const picture of pictures) cloaked.set(picture, bytes);
    }
    const written = strings.map(([type, text], at) => {
      const plan = plans[at];
      return [type, plan ? textPictures.write(plan, cloaked) : text];
    });
    const isGone = settled.length > 0 && settled.every((file) => file === null);
    return {
      settled,
      files: settled.slice(0, files.length),
      strings: /** @type {[string, string][]} */ (written),
      isEmpty: isGone && !written.some(([type, text]) => says(type, text)),
    };
  }

  /**
   * Whether there are words in a string, as a person would read it.
   * @param {string} type
   * @param {string} text
   */
  function says(type, text) {
    if (type === "text/plain") return text.trim() !== "" && !/^\S+:\S*$/.test(text.trim());
    if (type !== "text/html") return false;
    const { body } = new DOMParser().parseFromString(text, "text/html");
    return (body.textContent ?? "").trim() !== "";
  }

  fawkes.flavours = Object.freeze({ read, from, holdPictures, settle });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
