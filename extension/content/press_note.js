// The note beside a button that was pressed and waits for a photo, and the light veil over it.
(function (fawkes) {
  "use strict";

  const { limits } = fawkes;
  const { t } = fawkes.text;
  const { make, button } = fawkes.toastElements;

  const STYLE = `
    :host { inset: 0 auto auto 0 !important; width: 0 !important; height: 0 !important; margin: 0 !important; padding: 0 !important; border: 0 !important; }
    .card { position: fixed; width: min(280px, calc(100vw - 16px)); padding: 10px 12px; gap: 8px; }
    .veil {
      position: fixed; pointer-events: none; border-radius: 8px;
      background: light-dark(#ffffff99, #1b222b99); outline: 2px solid light-dark(#0f766e, #2dd4bf);
    }
    .row { flex-wrap: wrap; }
  `;

  const GAP = 8;

  /** @param {HTMLElement} host */
  function show(host) {
    const dialogs = document.querySelectorAll("dialog:modal");
    const home = dialogs[dialogs.length - 1] ?? document.fullscreenElement;
    (home ?? document.documentElement).append(host);
    try {
      host.popover = "manual";
      host.showPopover();
    } catch {
      // No top layer: the highest z-index will do.
    }
  }

  /**
   * @param {Element} control
   * @param {string} name of the control, or nothing where a key was pressed
   * @param {{now: () => void, forget: () => void}} answers of the user
   */
  function note(control, name, { now, forget }) {
    const host = make("div");
    const root = host.attachShadow({ mode: "closed" });
    root.adoptedStyleSheets = [fawkes.toastStyle, STYLE].map((text) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      return sheet;
    });
    const veil = make("div", "veil");
    const card = make("section", "card");
    card.setAttribute("aria-label", "Fawkes");
    const short = name.length > 40 ? `${name.slice(0, 39)}…` : name;
    const text = make("p", "", short ? t("press_waits", short) : t("press_waits_key"));
    text.setAttribute("role", "status");
    const tools = make("div", "row");
    tools.append(button(t("press_now"), "", now), button(t("press_forget"), "plain", forget));
    card.append(text, tools);
    root.append(veil, card);

    function place() {
      const { left, top, width, height, bottom } = control.getBoundingClientRect();
      Object.assign(veil.style, {
        left: `${left}px`,
        top: `${top}px`,
        width: `${width}px`,
        height: `${height}px`,
      });
      const own = card.getBoundingClientRect();
      const below = bottom + GAP + own.height <= innerHeight;
      const y = below ? bottom + GAP : top - GAP - own.height;
      /** @param {number} at @param {number} size @param {number} room */
      const within = (at, size, room) => Math.max(GAP, Math.min(at, room - size - GAP));
      card.style.left = `${within(left, own.width, innerWidth)}px`;
      card.style.top = `${within(y, own.height, innerHeight)}px`;
    }

    show(host);
    place();
    for (const type of ["scroll", "resize"]) addEventListener(type, place, { capture: true });

    function remove() {
      for (const type of ["scroll", "resize"]) removeEventListener(type, place, { capture: true });
      host.remove();
    }

    return {
      remove,
      /** The page has changed too much, or does not want to be pressed. */
      leaveToUser() {
        veil.remove();
        tools.remove();
        text.textContent = short ? t("press_yourself", short) : t("press_yourself_key");
        setTimeout(remove, limits.toastDoneMs);
      },
    };
  }

  fawkes.pressNote = note;
  /** Needed when the extension is gone and has left this script behind. */
  note.LAST_WORDS = ["press_waits", "press_waits_key", "press_now", "press_forget"];
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
