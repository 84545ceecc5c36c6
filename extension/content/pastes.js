// Pastes: what the page gets is a paste with cloaked photos, where the caret was.
(function (fawkes) {
  "use strict";

  const { roots, bus, carets, flavours } = fawkes;

  /** @typedef {{target: Element, caret: FawkesCaret}} Place */

  /** @param {ClipboardEvent} event */
  function onPaste(event) {
    if (!event.isTrusted || fawkes.protection.isOff()) return;
    const transfer = event.clipboardData;
    if (!transfer) return;
    const files = [...transfer.files];
    const texts = flavours.read(transfer);
    if (!fawkes.photoKinds.mayHold(files) && !flavours.holdPictures(texts)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    settlePaste(placeOf(event), files, texts);
  }

  /**
   * Where it was pasted: what it goes to, where the caret was, and which page that was.
   * @param {ClipboardEvent} event
   */
  function placeOf(event) {
    const [first] = /** @type {Element[]} */ (event.composedPath());
    // A closed shadow root hides what has the focus in it.
    const target = roots.shadowOf(first) ? (carets.focused() ?? first) : first;
    return { target, caret: carets.remember(target), address: location.href };
  }

  /**
   * @param {ReturnType<typeof placeOf>} place
   * @param {File[]} files
   * @param {FawkesFlavours} texts
   */
  async function settlePaste(place, files, texts) {
    const end = fawkes.presses.begin(fawkes.places.placeOf(place.target));
    const { settled, strings, isEmpty, ...found } = await flavours.settle(files, texts);
    if (isEmpty) return end("given up");
    const now = hasMovedOn(place) ? await placeAsked(settled) : place;
    if (!now) return end("given up");
    const kept = found.files.filter((file) => file !== null);
    const watch = fawkes.delivery.watchTransfer();
    const isTaken = await deliverPaste(now, strings, kept, watch);
    end(isTaken ? "there" : "untaken");
    fawkes.delivery.report(settled, isTaken, watch, now.target);
  }

  /** @param {ReturnType<typeof placeOf>} place */
  const hasMovedOn = ({ target, address }) => location.href !== address || !target.isConnected;

  function placeNow() {
    const target = carets.focused() ?? document.body;
    return { target, caret: carets.remember(target) };
  }

  /**
   * Another chat, perhaps: the user says whether it belongs there too.
   * @param {FawkesSettled} settled
   * @returns {Promise<Place | null>} where; to press a button takes the focus
   */
  async function placeAsked(settled) {
    const before = placeNow();
    if ((await fawkes.selection.moved(settled)) !== "insert") return null;
    const { target } = before;
    return target.isConnected && carets.isEditable(target) ? before : placeNow();
  }

  /**
   * @param {Place} place
   * @param {[string, string][]} strings
   * @param {File[]} files
   * @param {FawkesTransferWatch} watch
   * @returns {Promise<boolean>} whether the page, or else the browser, has a use for it
   */
  async function deliverPaste({ target, caret }, strings, files, watch) {
    const isElsewhere = !caret.isHere();
    const now = placeNow().caret;
    if (isElsewhere) {
      caret.set();
      // Editors hear of it in a task of its own.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    const parcel = files.length > 0 ? [bus.parcelOf(files)] : [];
    const { number } = watch;
    const isPrevented = bus.send("paste", { strings, number }, [target, ...parcel]);
    const isInserted =
      !isPrevented && (await fawkes.insertion.insert(target, "insertFromPaste", strings, files));
    if (isElsewhere) now.set();
    return isInserted || watch.isTaken(isPrevented);
  }

  fawkes.pastes = Object.freeze({ start: () => roots.on("paste", onPaste) });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
