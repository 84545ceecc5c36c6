// The card that the lines of the toast are on: on top of the page while there is one, gone when
// the last has ended well.
(function (fawkes) {
  "use strict";

  const { limits, roots } = fawkes;
  const { t } = fawkes.text;
  const { make, button, cross, mark } = fawkes.toastElements;

  const SVG = "http://www.w3.org/2000/svg";

  /** @type {{host: HTMLElement, card: HTMLElement, list: HTMLElement, title: HTMLElement} | null} */
  let card = null;
  /** @type {number | undefined} */
  let follower;
  /** @type {Set<FawkesCardLine>} */
  const lines = new Set();

  function open() {
    if (card) return card;
    const host = make("div");
    const root = host.attachShadow({ mode: "closed" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(fawkes.toastStyle);
    root.adoptedStyleSheets = [sheet];
    const frame = make("section", "card");
    frame.setAttribute("aria-label", "Fawkes");
    frame.dir = t("@@bidi_dir") === "rtl" ? "rtl" : "ltr";
    const header = make("header");
    const title = make("h2");
    const close = button("", "icon", () => {
      for (const line of [...lines]) line.close();
    });
    close.setAttribute("aria-label", t("toast_close"));
    close.append(cross());
    header.append(mark(), title, close);
    const list = make("ul");
    frame.append(header, list);
    root.append(frame);
    for (const type of ["pointerenter", "focusin"]) frame.addEventListener(type, stay);
    for (const type of ["pointerleave", "focusout"]) frame.addEventListener(type, leave);
    card = { host, card: frame, list, title };
    show();
    follower = setInterval(() => follow(), limits.followMs);
    for (const type of ON_TOP) document.addEventListener(type, follow, { capture: true });
    return card;
  }

  // --- on top of the page -----------------------------------------------------------------------

  /** After these something else may be on top. */
  const ON_TOP = ["fullscreenchange", "toggle"];

  /** Whether the pointer would find the card. */
  function isInReach() {
    if (!card?.host.isConnected) return false;
    const { host } = card;
    // A page can close it; outside of the top layer it can be distorted too.
    if (host.popover && !host.matches(":popover-open")) return false;
    const { left, top, width, height } = host.getBoundingClientRect();
    const root = /** @type {Document | ShadowRoot} */ (host.getRootNode());
    return root.elementFromPoint(left + width / 2, top + Math.min(20, height / 2)) === host;
  }

  /** The page has opened something above the toast since, or has taken it away. */
  function follow(/** @type {Event | undefined} */ event = undefined) {
    // Its own appearance is an event too.
    if (!card || document.hidden || event?.target === card.host) return;
    if (!isInReach()) show();
  }

  /**
   * A modal dialog makes all else inert, as Chromium's fullscreen does, so the toast goes into
   * it; the top layer does the rest.  Of several only the uppermost lets it be reached.
   */
  function show() {
    if (!card) return;
    const { host } = card;
    const uppermost = roots.below(document, ":modal, :fullscreen").reverse();
    const places = [host.parentNode, ...uppermost, ground()];
    for (const place of places) {
      if (!place) continue;
      if (place !== host.parentNode || !host.isConnected) place.append(host);
      rise(host);
      if (isInReach()) return;
    }
  }

  /** @type {Element | null} */
  let foreign = null;

  /** Firefox draws no HTML in a drawing but within this element. */
  function ground() {
    const { documentElement: root } = document;
    if (root?.namespaceURI !== SVG) return root;
    if (!foreign) {
      foreign = document.createElementNS(SVG, "foreignObject");
      for (const side of ["width", "height"]) foreign.setAttribute(side, "1");
    }
    root.append(foreign);
    return foreign;
  }

  /** @param {HTMLElement} host */
  function rise(host) {
    try {
      host.popover = "manual";
      if (host.matches(":popover-open")) host.hidePopover();
      host.showPopover();
    } catch {
      // No top layer: the highest z-index will do.
    }
  }

  // --- how long it stays ------------------------------------------------------------------------

  /** @type {number | undefined} */
  let timer;
  let held = false;

  function stay() {
    held = true;
    clearTimeout(timer);
  }

  function leave() {
    held = false;
    rest();
  }

  /** When every line has ended well, the toast goes by itself. */
  function rest() {
    clearTimeout(timer);
    retitle();
    if (
      held ||
      card?.card.classList.contains("wide") ||
      [...lines].some((line) => !line.hasEnded())
    )
      return;
    timer = setTimeout(() => {
      for (const line of [...lines]) line.remove();
    }, limits.toastDoneMs);
  }

  function retitle() {
    if (!card) return;
    const all = [...lines];
    const title = all.some((line) => line.isAsking())
      ? "toast_asking"
      : all.some((line) => !line.hasEnded())
        ? "toast_working"
        : all.some((line) => line.isCloaked())
          ? "toast_done"
          : "toast_passed";
    const text = t(title);
    if (card.title.textContent !== text) card.title.textContent = text;
  }

  /**
   * @param {FawkesCardLine} line
   * @param {HTMLElement} row
   * @param {HTMLElement} [list] where the row goes, if not to the card itself
   */
  function add(line, row, list = open().list) {
    list.append(row);
    lines.add(line);
  }

  /** While photos are compared, it is wide and stays. @param {boolean} on */
  function widen(on) {
    card?.card.classList.toggle("wide", on);
    rest();
  }

  /** @param {FawkesCardLine} line */
  function remove(line) {
    lines.delete(line);
    if (lines.size > 0) return rest();
    clearInterval(follower);
    for (const type of ON_TOP) document.removeEventListener(type, follow, { capture: true });
    card?.host.remove();
    foreign?.remove();
    card = null;
    held = false;
  }

  /**
   * Firefox ends the scripts of an extension that is replaced, but not what they have drawn: this
   * takes it away.  (Elsewhere they live on, and answer for their toast themselves.)
   */
  function sweep() {
    for (const host of document.querySelectorAll("div[popover=manual]")) {
      const root = host.openOrClosedShadowRoot;
      if (root?.querySelector("section.card[aria-label=Fawkes]")) host.remove();
    }
  }

  fawkes.toastCard = Object.freeze({ open, follow, widen, add, remove, rest, sweep });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
