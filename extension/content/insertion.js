// What the browser does with a paste or drop of text that no page handles: events made by a script
// have no such effect, so it is done here.
(function (fawkes) {
  "use strict";

  const { bus, carets } = fawkes;

  /** What no browser inserts from a clipboard: it could run, load or submit something. */
  const FORBIDDEN =
    "script, style, link, meta, base, title, iframe, frame, frameset, object, embed, applet, " +
    "noscript, noembed, noframes, plaintext, xmp, template, svg, math";
  const RUNS = /^(on|srcdoc$|formaction$|ping$)/i;

  /**
   * Rich text without all that could run.
   * @param {string} html
   */
  function harmless(html) {
    const { body } = new DOMParser().parseFromString(html, "text/html");
    for (const element of body.querySelectorAll(FORBIDDEN)) element.remove();
    for (const element of body.querySelectorAll("*"))
      for (const { name, value } of [...element.attributes])
        if (RUNS.test(name) || isScript(value)) element.removeAttribute(name);
    const serializer = new XMLSerializer();
    return [...body.childNodes]
      .filter(({ nodeType }) => nodeType !== Node.COMMENT_NODE)
      .map((node) => serializer.serializeToString(node))
      .join("")
      .replaceAll(' xmlns="http://www.w3.org/1999/xhtml"', "");
  }

  /** @param {string} value */
  function isScript(value) {
    try {
      return new URL(value, "about:blank").protocol === "javascript:";
    } catch {
      return false;
    }
  }

  /** @param {File} file @returns {Promise<string>} */
  const dataUrlOf = (file) =>
    new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.addEventListener("load", () => resolve(/** @type {string} */ (reader.result)));
      reader.addEventListener("error", reject);
      reader.readAsDataURL(file);
    });

  /**
   * Tells the page's editor first, which may do it itself.
   * @param {Node} target
   * @param {"insertFromPaste" | "insertFromDrop"} inputType
   * @param {[string, string][]} strings
   * @param {File[]} files
   * @param {string | null} data
   */
  function isHandled(target, inputType, strings, files, data) {
    const parcel = files.length > 0 ? [bus.parcelOf(files)] : [];
    return bus.send("beforeinput", { inputType, strings, data }, [target, ...parcel]);
  }

  /**
   * @param {Node} target
   * @param {"insertFromPaste" | "insertFromDrop"} inputType
   * @param {[string, string][]} strings
   * @param {File[]} files
   * @returns {Promise<boolean>} whether it went anywhere
   */
  async function insert(target, inputType, strings, files) {
    const textOf = (/** @type {string} */ type) => strings.find(([one]) => one === type)?.[1] ?? "";
    const plain = textOf("text/plain");
    const isRich = carets.isRich(target) && !isPlainOnly(target);
    if (!isRich) {
      if (!carets.isEditable(target)) return false;
      if (!plain) return false;
      if (!isHandled(target, inputType, [], [], plain))
        document.execCommand("insertText", false, plain);
      return true;
    }
    if (isHandled(target, inputType, strings, files, null)) return true;
    const html = textOf("text/html");
    if (html) return document.execCommand("insertHTML", false, harmless(html));
    const images = await Promise.all(files.map(dataUrlOf));
    for (const image of images) document.execCommand("insertImage", false, image);
    if (images.length > 0) return true;
    return plain !== "" && document.execCommand("insertText", false, plain);
  }

  /** @param {Node} node */
  const isPlainOnly = (node) => {
    /** @type {HTMLElement | null | undefined} */
    const host = /** @type {Partial<Element>} */ (node).closest?.("[contenteditable]");
    return host?.contentEditable === "plaintext-only";
  };

  fawkes.insertion = Object.freeze({ insert, harmless });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
