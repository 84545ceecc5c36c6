// "Post" that is pressed while its photo is being cloaked.
//
// Without a form there is no submission to hold, and the page would send what it has: the text
// without the photo.  So the press itself is held, and made again when the photo is there.  Only
// presses within the same composer are, and only those that may send: reading, scrolling, writing,
// menus, links and whatever takes the photo back go on.  A veil over the page would take more
// away, and what a page has sent cannot be held.  Whoever does not want to wait presses now, or
// not at all, from the note beside the button; Esc forgets the press, and so does the photo that
// is given up, since a post that was to show a photo would go without it.
(function (fawkes) {
  "use strict";

  const { roots, places, composers, limits } = fawkes;

  /**
   * @typedef {{ctrlKey: boolean, metaKey: boolean}} Keys
   * @typedef {{kind: "click" | "Enter", control: Element, place: FawkesPlace, init: Keys,
   *   note: FawkesNote | null, begun: MouseEvent[]}} Press
   * @typedef {{control: Element | null, events: MouseEvent[]}} Beginning
   */

  /** Places of photos that are under way. @type {Set<FawkesPlace>} */
  const underWay = new Set();
  /** @type {Set<Press>} */
  const held = new Set();

  const { click } = HTMLElement.prototype;
  const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const isDisabled = (/** @type {Element} */ control) =>
    control.matches(":disabled") || control.getAttribute("aria-disabled") === "true";

  /** What comes before a click: some pages send then. */
  const BEGINNINGS = /** @type {const} */ (["pointerdown", "mousedown", "pointerup", "mouseup"]);
  const TOUCHES = /** @type {const} */ (["touchstart", "touchend"]);

  /** What was kept from the page of a press that may become a click.  @type {Beginning} */
  let begun = { control: null, events: [] };

  /** @param {MouseEvent} event */
  function onBeginning(event) {
    if (event.isTrusted && event.type === "pointerdown") begun = { control: null, events: [] };
    const control = event.button > 0 ? null : controlAt(event, composers.buttonAt);
    if (!control) return;
    event.stopImmediatePropagation();
    // What is being written in keeps the focus: many pages see to that here.
    if (event.type === "mousedown") event.preventDefault();
    if (begun.control !== control) begun = { control, events: [] };
    begun.events.push(event);
  }

  /** @param {Event} event that mouse events follow */
  function onTouch(event) {
    if (controlAt(event, composers.buttonAt)) event.stopImmediatePropagation();
  }

  /** @param {MouseEvent} event */
  function onClick(event) {
    if (!event.isTrusted) return;
    const { control: pressed, events } = begun;
    begun = { control: null, events: [] };
    const control = controlAt(event, composers.senderAt);
    if (control) hold(event, "click", control, control === pressed ? events : []);
    // The photo has come between the two.
    else if (pressed && event.composedPath().includes(pressed)) replay(pressed, events);
  }

  /**
   * Has the page see the beginning of a press.
   * @param {Element} control
   * @param {MouseEvent[]} events
   */
  function replay(control, events) {
    for (const { type, clientX, clientY, buttons } of events) {
      const init = { clientX, clientY, buttons, bubbles: true, cancelable: true, composed: true };
      const pointer = { pointerId: 1, pointerType: "mouse", isPrimary: true };
      control.dispatchEvent(
        type.startsWith("pointer")
          ? new PointerEvent(type, { ...init, ...pointer })
          : new MouseEvent(type, init),
      );
    }
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (!event.isTrusted) return;
    if (event.key === "Escape") forgetAll();
    else goOn(event);
    if (event.key !== "Enter" || event.isComposing || event.shiftKey || event.altKey) return;
    const field = controlAt(event, composers.fieldAt);
    if (field) hold(event, "Enter", field);
  }

  /**
   * @param {Event} event
   * @param {(target: Element, place: FawkesPlace) => Element | null} judge
   */
  function controlAt(event, judge) {
    if (!event.isTrusted || underWay.size === 0) return null;
    const target = event.composedPath()[0];
    if (!roots.isElement(target) || places.isOurs(target)) return null;
    for (const place of underWay) {
      const control = judge(target, place);
      if (control) return control;
    }
    return null;
  }

  /**
   * @param {MouseEvent | KeyboardEvent} event
   * @param {Press["kind"]} kind
   * @param {Element} control
   * @param {MouseEvent[]} [events] that the press has begun with
   */
  function hold(event, kind, control, events = []) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if ([...held].some((press) => press.control === control && press.kind === kind)) return;
    const { ctrlKey, metaKey } = event;
    const place = places.placeOf(control);
    /** @type {Press} */
    const press = { kind, control, place, init: { ctrlKey, metaKey }, note: null, begun: events };
    press.note = fawkes.pressNote(control, kind === "click" ? composers.nameOf(control) : "", {
      now: () => {
        forget(press);
        make(press);
      },
      forget: () => forget(press),
    });
    held.add(press);
  }

  /** @param {Press} press */
  function forget(press) {
    held.delete(press);
    press.note?.remove();
  }

  function forgetAll() {
    for (const press of [...held]) forget(press);
  }

  /** Whoever writes on has meant a new line. @param {KeyboardEvent} event */
  function goOn(event) {
    for (const press of [...held]) {
      if (press.kind !== "Enter" || press.control !== event.composedPath()[0]) continue;
      if (event.key.length > 1 && event.key !== "Enter") continue;
      forget(press);
      breakLine(press.control);
    }
  }

  /** @param {Element} field */
  function breakLine(field) {
    if (/** @type {HTMLElement} */ (field).isContentEditable)
      document.execCommand("insertParagraph");
    else if (field.localName === "textarea") document.execCommand("insertText", false, "\n");
  }

  /**
   * A photo is under way.
   * @param {FawkesPlace} place that it is meant for
   * @returns {(outcome: FawkesOutcome) => void} to be told what has become of it
   */
  function begin(place) {
    underWay.add(place);
    return (outcome) => {
      if (!underWay.delete(place)) return;
      if (outcome === "given up") forgetAll();
      // The next choice begins before this task ends.
      else if (outcome === "replaced") setTimeout(() => underWay.size === 0 && forgetAll(), 0);
      else if (outcome === "untaken") for (const press of [...held]) leave(press);
      else if (underWay.size === 0) for (const press of [...held]) release(press);
    };
  }

  /** @param {Press} press */
  function leave(press) {
    if (!press.control.isConnected) return forget(press);
    held.delete(press);
    press.note?.leaveToUser();
  }

  /** Makes a press when the page has taken the photo in and can be pressed. @param {Press} press */
  async function release(press) {
    await settled();
    const end = performance.now() + limits.pressWaitMs;
    for (;;) {
      if (!held.has(press) || underWay.size > 0) return;
      if (!press.control.isConnected)
        press.control = places.successorOf(press.place) ?? press.control;
      if (press.control.isConnected && !isDisabled(press.control)) break;
      if (!press.control.isConnected || performance.now() > end) {
        leave(press);
        return;
      }
      await pause(100);
    }
    forget(press);
    make(press);
  }

  /** @param {Press} press */
  function make({ kind, control, init, begun: events }) {
    if (!control.isConnected) return;
    replay(control, events);
    if (kind === "Enter") enter(control, init);
    else if (control instanceof HTMLElement) click.call(control);
    else control.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  }

  /**
   * The key as the page sees it, then what the browser does with one that no page wants.
   * @param {Element} field
   * @param {Keys} init
   */
  function enter(field, init) {
    const key = { key: "Enter", code: "Enter", keyCode: 13, which: 13, bubbles: true };
    const type = (/** @type {string} */ name) =>
      field.dispatchEvent(
        new KeyboardEvent(name, { ...key, ...init, cancelable: true, composed: true }),
      );
    const goesOn = type("keydown") && type("keypress");
    type("keyup");
    if (!goesOn || init.ctrlKey || init.metaKey) return;
    const { form } = /** @type {HTMLInputElement} */ (field);
    if (field.localName === "input" && form) submit(form);
    else breakLine(field);
  }

  /** @param {HTMLFormElement} form */
  function submit(form) {
    const controls = /** @type {HTMLButtonElement[]} */ ([...form.elements]);
    const button = controls.find(({ type }) => ["submit", "image"].includes(type));
    if (!button) HTMLFormElement.prototype.requestSubmit.call(form);
    else if (!isDisabled(button)) click.call(button);
  }

  /** Until the page has stopped changing: it shows the photo first. */
  function settled() {
    return new Promise((resolve) => {
      let timer = setTimeout(done, limits.pageQuietMs);
      const most = setTimeout(done, limits.pageQuietMostMs);
      const observer = new MutationObserver(() => {
        clearTimeout(timer);
        timer = setTimeout(done, limits.pageQuietMs);
      });
      observer.observe(document, {
        subtree: true,
        childList: true,
        attributes: true,
        characterData: true,
      });
      function done() {
        clearTimeout(most);
        observer.disconnect();
        resolve(undefined);
      }
    });
  }

  function start() {
    for (const type of BEGINNINGS) roots.on(type, onBeginning);
    for (const type of TOUCHES) roots.on(type, onTouch);
    roots.on("click", onClick);
    roots.on("keydown", onKey);
  }

  fawkes.presses = Object.freeze({ start, begin });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
