// The card that the lines of the toast are on: on top of the page while there is one, gone when
// the last has ended well.
(function (fawkes) {
  "use strict";

  const { limits } = fawkes;
  const { t } = fawkes.text;
  const { make, button, cross, mark } = fawkes.toastElements;

  /** @type {{host: HTMLElement, card: HTMLElement, list: HTMLElement, title: HTMLElement} | null} */
  let card = null;
  const lines = new Set();

  function open() {
    if (card?.host.isConnected) return card;
    const host = make("div");
    const root = host.attachShadow({ mode: "closed" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(fawkes.toastStyle);
    root.adoptedStyleSheets = [sheet];
    const frame = make("section", "card");
    frame.setAttribute("aria-label", "Fawkes");
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
    show(host);
    return card;
  }

  /** A modal dialog makes all else inert, so the toast goes into it; the top layer does the rest. */
  function show(host) {
    const dialogs = document.querySelectorAll("dialog:modal");
    (dialogs[dialogs.length - 1] ?? document.fullscreenElement ?? document.documentElement).append(
      host,
    );
    try {
      host.popover = "manual";
      host.showPopover();
    } catch {
      // No top layer: the highest z-index will do.
    }
  }

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
    if (held || [...lines].some((line) => !line.hasEnded())) return;
    timer = setTimeout(() => {
      for (const line of [...lines]) line.remove();
    }, limits.toastDoneMs);
  }

  function retitle() {
    if (!card) return;
    const all = [...lines];
    const asking = all.filter((line) => line.isAsking()).length;
    const working = all.filter((line) => !line.hasEnded()).length;
    const title = asking > 0 ? "toast_asking" : working > 0 ? "toast_working" : "toast_done";
    card.title.textContent = t(title);
  }

  /** @param {any} line @param {HTMLElement} row */
  function add(line, row) {
    open().list.append(row);
    lines.add(line);
  }

  function remove(line) {
    lines.delete(line);
    if (lines.size > 0) return rest();
    card?.host.remove();
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

  fawkes.toastCard = Object.freeze({ open, add, remove, rest, sweep });
})((globalThis.fawkes ??= {}));
