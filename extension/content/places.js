// Where a photo was meant to go, and what stands there when it comes: pages draw themselves anew
// while it is being cloaked, and people change their minds.
(function (fawkes) {
  "use strict";

  const { roots } = fawkes;

  const FILE_INPUT = "input[type=file]";
  const DIALOG = "dialog, [role=dialog], [role=alertdialog], [aria-modal=true]";

  /** @type {Element | null} */
  let lastPressed = null;
  let presses = 0;

  /**
   * The next element outwards, through shadow roots.
   * @param {Element} element
   * @returns {Element | null}
   */
  function outer(element) {
    if (element.parentElement) return element.parentElement;
    return isShadowRoot(element.parentNode) ? element.parentNode.host : null;
  }

  /** @param {Element} element */
  function wayOf(element) {
    const way = [];
    for (let at = /** @type {Element | null} */ (element); at; at = outer(at)) way.push(at);
    return way;
  }

  /** @param {ParentNode | null} node @returns {node is ShadowRoot} */
  const isShadowRoot = (node) =>
    node?.nodeType === Node.DOCUMENT_FRAGMENT_NODE &&
    Boolean(/** @type {ShadowRoot} */ (node).host);

  /** @param {Element} element */
  const stepTo = (element) => {
    const siblings = element.parentNode?.children ?? [element];
    const index = Array.prototype.indexOf.call(siblings, element);
    return `${isShadowRoot(element.parentNode) ? "/" : ""}${element.localName} ${index}`;
  };

  /** @param {Element[]} way */
  const pathOf = (way) => way.map(stepTo);

  /** @param {Element[]} way @param {string} selector */
  const closest = (way, selector) => way.find((element) => element.matches(selector)) ?? null;

  /**
   * @param {Element} element
   * @returns {FawkesPlace}
   */
  function placeOf(element) {
    const way = wayOf(element);
    const opener = roots.isFileInput(element) ? lastPressed : null;
    return {
      element,
      opener,
      dialog: closest(way, DIALOG) ?? (opener && closest(wayOf(opener), DIALOG)),
      parent: element.isConnected ? outer(element) : null,
      root: element.isConnected
        ? /** @type {Document | ShadowRoot} */ (element.getRootNode())
        : null,
      way,
      path: pathOf(way),
      inputs: new WeakSet(roots.below(document, FILE_INPUT)),
      address: location.href.split("#")[0],
      presses,
    };
  }

  /**
   * What the page has put in the place of an element that it has taken away.
   * @param {FawkesPlace} place
   * @returns {Element | null}
   */
  function successorOf(place) {
    const { element } = place;
    if (!place.parent || element.isConnected) return null;
    return roots.isFileInput(element) ? inputLike(element, place) : elementAt(place);
  }

  /**
   * A new input of the same kind: the one that is most like the old.
   * @param {HTMLInputElement} old
   * @param {FawkesPlace} place
   */
  function inputLike(old, place) {
    let best = null;
    let most = 0;
    for (const input of roots.below(document, FILE_INPUT)) {
      if (place.inputs.has(input) || input.disabled || input.files?.length) continue;
      const same = (/** @type {string} */ name) =>
        input.getAttribute(name) === old.getAttribute(name);
      if (!["accept", "multiple", "webkitdirectory", "name"].every(same)) continue;
      const likeness =
        4 * Number(old.id !== "" && same("id")) +
        2 * Number(pathOf(wayOf(input)).join() === place.path.join()) +
        Number(old.className !== "" && same("class"));
      if (likeness > most) [best, most] = [input, likeness];
    }
    return best;
  }

  /**
   * The element of the same name, or at the same place below what still stands.
   * @param {FawkesPlace} place
   */
  function elementAt({ element, root, way, path }) {
    const named = element.id && root?.isConnected ? root.getElementById(element.id) : null;
    if (named) return named;
    const standing = way.findIndex((ancestor) => ancestor.isConnected);
    if (standing < 0) return null;
    /** @type {Element | undefined} */
    let found = way[standing];
    for (const step of path.slice(0, standing).reverse()) {
      const [name, index] = step.replace("/", "").split(" ");
      /** @type {Element | ShadowRoot | null} */
      const parent = step.startsWith("/") ? roots.shadowOf(found) : found;
      found = parent?.children[Number(index)];
      if (found?.localName !== name) return null;
    }
    return found;
  }

  /**
   * The input through which a photo can be chosen that was dropped or pasted here.
   * @param {Element} element
   * @returns {HTMLInputElement | null}
   */
  function inputNear(element) {
    for (const around of wayOf(element)) {
      const input = roots.below(around, FILE_INPUT).find(({ disabled }) => !disabled);
      if (input) return input;
    }
    return null;
  }

  /**
   * Whether the user has left what the photo was meant for: its dialog is closed, or it was taken
   * away together with what was around it, or after something was pressed.
   * @param {FawkesPlace} place
   */
  function isAbandoned(place) {
    const { element, dialog, parent, opener } = place;
    const wasPressed = presses > place.presses;
    if (dialog && wasPressed && !(dialog.isConnected && dialog.getClientRects().length > 0))
      return true;
    if (parent && !element.isConnected) return wasPressed || !parent.isConnected;
    const hasMoved = location.href.split("#")[0] !== place.address;
    return !element.isConnected && hasMoved && opener !== null && !opener.isConnected;
  }

  /** The toast, which is no part of the page. @param {Element} element */
  const isOurs = (element) =>
    Boolean(roots.shadowOf(element)?.querySelector("section.card[aria-label=Fawkes]"));

  /** @param {MouseEvent | KeyboardEvent} event */
  function onPress(event) {
    if (!event.isTrusted || ("key" in event && event.key !== "Escape")) return;
    const target = event.composedPath()[0];
    if (!roots.isElement(target) || isOurs(target)) return;
    presses += 1;
    lastPressed = target;
  }

  function start() {
    roots.on("click", onPress);
    roots.on("keydown", onPress);
  }

  fawkes.places = Object.freeze({
    start,
    placeOf,
    successorOf,
    inputNear,
    isAbandoned,
    wayOf,
    isOurs,
  });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
