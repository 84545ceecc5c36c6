// Whether people see an element of the toast as it is, and nothing else in its place.
(function (fawkes) {
  "use strict";

  const { limits, roots } = fawkes;

  /** Chromium tells what is covered, faded, filtered or distorted, in every frame above too. */
  const SEES = "isVisible" in IntersectionObserverEntry.prototype;

  /** So much of it within the window; a border between two pixels is no reason to doubt. */
  const WHOLE = 0.98;

  /** A picture of the page as it was, above everything, that clicks may go through. */
  const isFrozen = () =>
    document
      .getAnimations()
      .some(({ effect }) =>
        /** @type {KeyframeEffect | null} */ (effect)?.pseudoElement?.startsWith(
          "::view-transition",
        ),
      );

  /** @param {Element} element */
  function isOnTop(element) {
    const root = /** @type {ShadowRoot} */ (element.getRootNode());
    const { left, right, top, bottom } = element.getBoundingClientRect();
    // Its corners are round.
    const inset = Math.min(12, (right - left) / 4, (bottom - top) / 4);
    const xs = [left + inset, (left + right) / 2, right - inset];
    const ys = [top + inset, (top + bottom) / 2, bottom - inset];
    return xs.every((x) => ys.every((y) => element.contains(root.elementFromPoint(x, y))));
  }

  /**
   * Others in the top layer may be above it without being felt, unless it lies in them.
   * @param {Element | undefined} host
   */
  function isUppermost(host) {
    if (!host) return true; // in a window of the extension's own
    const others = roots.below(document, ":popover-open, :modal, :fullscreen");
    return host.matches(":popover-open") && others.every((one) => holds(one, host));
  }

  /** The next node outwards, through shadow roots. @param {Node} node @returns {Node | null} */
  const outer = (node) => node.parentNode ?? /** @type {ShadowRoot} */ (node).host ?? null;

  /** @param {Node} ancestor @param {Node} node */
  function holds(ancestor, node) {
    for (let at = /** @type {Node | null} */ (node); at; at = outer(at))
      if (at === ancestor) return true;
    return false;
  }

  /**
   * A page that zooms itself makes the toast small, or a button as large as the window.
   * @param {Element | undefined} host
   */
  const isLifeSize = (host) => (host?.currentCSSZoom ?? 1) === 1;

  /**
   * Whether the frames that the toast is in are seen, where the browser does not say so itself:
   * known of frames of the same origin only.
   */
  function areFramesSeen() {
    for (let at = /** @type {Window} */ (window); at !== window.top; at = at.parent) {
      let frame = null;
      try {
        frame = at.frameElement;
      } catch {
        // of another origin
      }
      if (!frame || !isPlain(frame) || !isOnTopOfItsPage(frame)) return false;
    }
    return true;
  }

  /** Whether the browser, or a look at the frames around, can tell what people see. */
  function canTell() {
    if (SEES) return true;
    try {
      for (let at = /** @type {Window} */ (window); at !== window.top; at = at.parent)
        if (!at.frameElement) return false;
      return true;
    } catch {
      return false;
    }
  }

  /** @param {Element} frame */
  function isPlain(frame) {
    const view = /** @type {Window & typeof globalThis} */ (frame.ownerDocument.defaultView);
    /** @type {Node | null} */
    let next = frame;
    while (next) {
      const at = /** @type {Element} */ (next);
      next = at.assignedSlot ?? outer(at);
      if (at.nodeType !== Node.ELEMENT_NODE) continue;
      const { opacity, visibility, filter, transform, scale, clipPath, mixBlendMode, zoom } =
        view.getComputedStyle(at);
      const changes = [filter, transform, scale, clipPath].some((value) => value !== "none");
      if (Number(opacity) < 1 || visibility !== "visible" || changes) return false;
      if (mixBlendMode !== "normal" || (zoom ?? "1") !== "1") return false;
    }
    return true;
  }

  /** @param {Element} frame */
  function isOnTopOfItsPage(frame) {
    const { left, right, top, bottom } = frame.getBoundingClientRect();
    const root = /** @type {Document | ShadowRoot} */ (frame.getRootNode());
    return root.elementFromPoint((left + right) / 2, (top + bottom) / 2) === frame;
  }

  /**
   * Watches an element from now on.
   * @param {Element} element
   * @returns {FawkesSight} `isCertain`: nothing that a page can do has changed what people see
   *   there; `isKnown`: the browser has looked
   */
  function watch(element) {
    let known = false;
    let shown = false;
    const options = SEES
      ? { threshold: [WHOLE], trackVisibility: true, delay: 100 }
      : { threshold: [WHOLE] };
    const observer = new IntersectionObserver((entries) => {
      const last = /** @type {IntersectionObserverEntry & {isVisible?: boolean}} */ (
        entries[entries.length - 1]
      );
      known = true;
      shown = last.isIntersecting && last.intersectionRatio >= WHOLE && (last.isVisible ?? true);
    }, options);
    observer.observe(element);
    const host = () => /** @type {ShadowRoot} */ (element.getRootNode()).host;
    const isSeen = () =>
      shown && element.isConnected && isLifeSize(host()) && (SEES || isOnTop(element));
    return {
      isKnown: () => known,
      isSeen: () => isSeen() && (SEES || areFramesSeen()),
      isCertain: () =>
        isSeen() && !isFrozen() && (SEES || (window === window.top && isUppermost(host()))),
      stop: () => observer.disconnect(),
    };
  }

  /**
   * Calls once when an element cannot be seen for a while, though the tab can.
   * @param {Element} element
   * @param {() => void} unseen
   * @returns {() => void} ends it
   */
  function whenUnseen(element, unseen) {
    const sight = watch(element);
    let since = 0;
    const begun = Date.now();
    // Where nobody will ever know, nobody is kept waiting.
    const patience = canTell() ? limits.unseenMs : 0;
    const timer = setInterval(() => {
      const now = Date.now();
      const slow = canTell() && !sight.isKnown() && now - begun < limits.sightMs;
      if (document.hidden || slow || sight.isSeen()) since = 0;
      else since ||= now;
      if (since === 0 || now - since < patience) return;
      stop();
      unseen();
    }, limits.sampleMs);
    function stop() {
      clearInterval(timer);
      sight.stop();
    }
    return stop;
  }

  /** Where an element is on the screen, as far as a page can change it. @param {Element} element */
  function placeOf(element) {
    const { x, y, width, height } = element.getBoundingClientRect();
    return [x, y, width, height, screenX, screenY, innerWidth, innerHeight].join();
  }

  /**
   * Makes a button that must not be pressed by mistake: it takes a press only when people have
   * seen it for a moment, as it is and where it is.
   * @param {HTMLButtonElement} button
   * @param {() => void} act
   * @param {() => void} doubt it was pressed, but nobody knows what was seen
   * @returns {FawkesGuard} `anew`: the moment begins again
   */
  function guard(button, act, doubt) {
    const sight = watch(button);
    let place = "";
    let certain = false;
    let since = Date.now();
    /** @type {string | null} */
    let pressed = null;
    const anew = () => {
      since = Date.now();
      pressed = null;
    };
    const look = () => {
      const there = placeOf(button);
      const now = sight.isCertain();
      if (there !== place || now !== certain) anew();
      place = there;
      certain = now;
      button.disabled = Date.now() - since < limits.armMs;
    };
    button.disabled = true;
    const timer = setInterval(look, limits.sampleMs);
    // Another window may have lain above this one a moment ago.
    const onFocus = (/** @type {FocusEvent} */ { target }) => target === window && anew();
    window.addEventListener("focus", onFocus);
    document.addEventListener("visibilitychange", anew);
    button.addEventListener("pointerdown", () => {
      look();
      pressed = button.disabled ? null : place;
    });
    button.addEventListener("click", (event) => {
      if (!event.isTrusted) return;
      look();
      // A press by keys has no place.
      if (button.disabled || (event.detail > 0 && pressed !== place)) return;
      if (certain) act();
      else doubt();
    });
    return {
      anew,
      stop() {
        clearInterval(timer);
        sight.stop();
        window.removeEventListener("focus", onFocus);
        document.removeEventListener("visibilitychange", anew);
      },
    };
  }

  fawkes.sight = Object.freeze({ watch, whenUnseen, guard });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
