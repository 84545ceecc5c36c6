// Which frames this document holds.  The background joins what all documents of a tab say: a frame
// that nobody speaks from is one that Fawkes may not look at, and popup and badge name it.
(function (fawkes) {
  "use strict";

  const { roots } = fawkes;
  const HOLDERS = "iframe, frame, object, embed";

  /**
   * What some of these have, or all.
   * @typedef {Element & {src?: string, data?: string, contentWindow?: Window | null,
   *   contentDocument?: Document | null}} Holder
   */

  /** Before this script there were loads that nobody has seen. */
  const late = document.readyState !== "loading";
  /** @type {WeakSet<Element>} */
  const loaded = new WeakSet();
  /** @type {WeakMap<object, string>} who sent a message: the one word on where a frame has moved */
  const origins = new WeakMap();
  /** @type {Set<string>} origins that the background has been told of */
  const told = new Set();

  /** @param {Window} outer @param {Window} inner @returns {number} -1: in a shadow tree */
  function indexIn(outer, inner) {
    for (let at = 0; at < outer.length; at += 1) if (outer[at] === inner) return at;
    return -1;
  }

  /** The way to this window from the top; other sites' windows tell that much. */
  function path() {
    const indices = [];
    for (let at = /** @type {Window} */ (window); at !== at.parent; at = at.parent)
      indices.unshift(indexIn(at.parent, at));
    return indices;
  }

  /**
   * @param {Holder | undefined} holder
   * @returns {string} the origin it names; "" for one of this document's own
   */
  function namedBy(holder) {
    if (!holder || holder.hasAttribute("srcdoc")) return "";
    try {
      const { protocol, origin } = new URL(holder.src ?? holder.data ?? "");
      return /^(about|blob|data|javascript):$/.test(protocol) ? "" : origin;
    } catch {
      return "";
    }
  }

  /** @param {Holder | undefined} holder */
  function isVisible(holder) {
    if (!holder) return true;
    const { clientWidth, clientHeight } = holder;
    return (
      clientWidth > 1 && clientHeight > 1 && holder.checkVisibility({ visibilityProperty: true })
    );
  }

  /** @returns {FawkesFrameReport} */
  function report() {
    const holders = /** @type {Holder[]} */ (roots.below(document, HOLDERS));
    /** @type {Window[]} */
    const windows = Array.from({ length: window.length }, (_, index) => window[index]);
    const holderOf = new Map(windows.map((inner) => [inner, holders.find(holds(inner))]));
    // Some holders hide their window: they can be told where as many are left as windows are.
    const left = windows.filter((inner) => !holderOf.get(inner));
    const hiding = holders.filter(
      ({ contentWindow, localName }) => !contentWindow && localName !== "iframe",
    );
    if (left.length === hiding.length)
      for (const [at, inner] of left.entries()) holderOf.set(inner, hiding[at]);
    for (const holder of holders)
      if (holder.contentWindow && !holderOf.has(holder.contentWindow))
        holderOf.set(holder.contentWindow, holder);
    // What this document may read is its own site's, whether or not a script runs there.
    const others = [...holderOf].filter(([, holder]) => !holder?.contentDocument);
    const frames = others.map(([inner, holder]) => ({
      index: windows.indexOf(inner),
      named: namedBy(holder),
      spoke: origins.get(inner) ?? "",
      visible: isVisible(holder),
      loaded: late || !holder || loaded.has(holder),
    }));
    return { path: path(), origin: location.origin, frames };
  }

  /** @param {Window} inner @returns {(holder: Holder) => boolean} */
  const holds = (inner) => (holder) => holder.contentWindow === inner;

  /** @param {string} origin @param {boolean} again it may have moved to another */
  function tell(origin, again) {
    if (told.has(origin) && !again) return;
    told.add(origin);
    fawkes.cloaking.tell("frames");
  }

  /** @param {Event} event */
  function onLoad({ target }) {
    if (!(target instanceof Element) || !target.matches(HOLDERS)) return;
    const again = loaded.has(target);
    loaded.add(target);
    // A document that this one may read is covered with it.
    const holder = /** @type {Holder} */ (target);
    if (holder.contentDocument) return;
    tell(namedBy(holder), again);
  }

  /** @param {MessageEvent} event */
  function onMessage({ source, origin }) {
    if (!source || source === window || origin === self.origin || !/^https?:/.test(origin)) return;
    try {
      if (origins.get(source) === origin) return;
      origins.set(source, origin);
    } catch {
      return; // a worker's port
    }
    tell(origin, false);
  }

  function start() {
    document.addEventListener("load", onLoad, { capture: true });
    window.addEventListener("message", onMessage, { capture: true });
    chrome.runtime.onConnect.addListener((port) => {
      if (port.name !== "frames") return;
      port.postMessage(report());
    });
  }

  fawkes.frames = Object.freeze({ start });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
