// Files and texts that the page gets by a call: of the clipboard, and of file handles.
(function (fawkes) {
  "use strict";

  const { bus, flavours } = fawkes;

  /**
   * Answers a call, now or later.
   * @param {HTMLInputElement} parcel with the file that the page has asked for
   * @param {() => Promise<File | null>} settle null: the page gets nothing
   * @returns {boolean} true: an answer has come, or will
   */
  function answer(parcel, settle) {
    const send = (/** @type {boolean} */ ok) => bus.send("answer", { ok }, [parcel]);
    bus.noteParcel(parcel);
    for (const file of filesIn(parcel)) fawkes.approval.revoke(file);
    if (fawkes.protection.isOff()) {
      send(true);
      return true;
    }
    if (!fawkes.gestures.allow()) return false;
    settle().then(
      (file) => {
        if (file && file !== parcel.files?.[0]) parcel.files = bus.listOf([file]);
        send(file !== null);
      },
      () => send(false),
    );
    return true;
  }

  const filesIn = (/** @type {HTMLInputElement} */ parcel) => [...(parcel.files ?? [])];

  /** Who calls has taken the answer. @param {FawkesSettled} settled */
  function taken(settled) {
    fawkes.selection.taken(settled);
    return settled[0];
  }

  /** A file on disk. @type {FawkesBusListener<FawkesBusAsked["cloak"]>} */
  const onCloak = ([parcel], accept) =>
    answer(parcel, async () => {
      const types = fawkes.accept.mediaTypes(accept);
      const { signal } = new AbortController();
      return taken(await fawkes.selection.settle(filesIn(parcel), signal, types));
    });

  /**
   * A flavour of the clipboard: a photo, or a text in which there may be some.
   * @type {FawkesBusListener<FawkesBusAsked["flavour"]>}
   */
  const onFlavour = ([parcel]) =>
    answer(parcel, async () => {
      const [file] = filesIn(parcel);
      if (await fawkes.photoKinds.isPhoto(file))
        return taken(await fawkes.selection.settle([file], new AbortController().signal));
      const texts = flavours.from([[file.type, await file.text()]]);
      if (!flavours.holdPictures(texts)) return file;
      const { strings, settled } = await flavours.settle([], texts);
      taken(settled);
      return new File([strings[0][1]], file.name, { type: file.type });
    });

  /**
   * Whether what a handle leads to is a photo: refused, if so.
   * @type {FawkesBusListener<FawkesBusAsked["sniff"]>}
   */
  const onSniff = ([parcel]) =>
    answer(parcel, async () => {
      const [file] = filesIn(parcel);
      return (await fawkes.photoKinds.isPhoto(file)) ? null : file;
    });

  function start() {
    bus.on("cloak", onCloak);
    bus.on("flavour", onFlavour);
    bus.on("sniff", onSniff);
    bus.on("text", (_elements, text) => {
      return !fawkes.protection.isOff() && fawkes.textPictures.find(text) !== null;
    });
    bus.on("alive", () => true);
    bus.on("guard", () => !fawkes.protection.isOff());
  }

  fawkes.calls = Object.freeze({ start });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
