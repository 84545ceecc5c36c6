// Drops: what the page gets is a drop with cloaked photos.
(function (fawkes) {
  "use strict";

  const { roots, bus, inputs, limits, carets, flavours } = fawkes;

  /** Marks drags that began in this page: they move what the page has already. */
  const FROM_HERE = `application/x-drag-${crypto.getRandomValues(new Uint32Array(4)).join("-")}`;

  /** @typedef {{target: Element, place: FawkesPointer, types: string[]}} Drop */

  /** @param {DragEvent} event */
  function onDrop(event) {
    if (!event.isTrusted || fawkes.protection.isOff()) return;
    const transfer = event.dataTransfer;
    if (!transfer || transfer.types.includes(FROM_HERE)) return;
    const items = [...transfer.items].filter(({ kind }) => kind === "file");
    const entries = items.map((item) => item.webkitGetAsEntry?.() ?? null);
    const files = [...transfer.files];
    const hasFolder = entries.some((entry) => entry?.isDirectory);
    const texts = flavours.read(transfer);
    if (!hasFolder && !fawkes.photoKinds.mayHold(files) && !flavours.holdPictures(texts)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const target = roots.targetAt(event);
    const { clientX, clientY, screenX, screenY, ctrlKey, shiftKey, altKey, metaKey } = event;
    const place = { clientX, clientY, screenX, screenY, ctrlKey, shiftKey, altKey, metaKey };
    // For the page the drag is over: what it shows while one goes on must not stay.
    bus.send("drag", { type: "dragleave", init: place, types: [...transfer.types] }, [target]);
    settleDrop({ target, place, types: [...transfer.types] }, files, texts, hasFolder && entries);
  }

  /**
   * @param {Drop} drop
   * @param {File[]} topFiles
   * @param {FawkesFlavours} texts
   * @param {(FileSystemEntry | null)[] | false} entries where folders are among them
   */
  async function settleDrop(drop, topFiles, texts, entries) {
    const { files, tops, paths } = entries
      ? await walk(entries, topFiles)
      : { files: topFiles, tops: null, paths: topFiles.map(() => "") };
    const end = fawkes.presses.begin(fawkes.places.placeOf(drop.target));
    const settled = await flavours.settle(files, texts);
    if (settled.isEmpty) return end("given up");
    const numbers = numbered(settled.files);
    const kept = settled.files.filter((file) => file !== null);
    const message = {
      init: drop.place,
      strings: settled.strings,
      tops: tops && renumbered(tops, numbers),
      paths: paths.filter((_, at) => settled.files[at] !== null),
    };
    const target = await targetNow(drop);
    const watch = fawkes.delivery.watchTransfer();
    const isTaken = await deliverDrop(target, message, kept, watch);
    end(isTaken ? "there" : "untaken");
    fawkes.delivery.report(settled.settled, isTaken, watch, target);
  }

  /**
   * Zones show themselves for a drag and hide behind it: there has to be one again.
   * @param {Drop} drop
   */
  async function targetNow({ target, place, types }) {
    const { clientX: x, clientY: y } = place;
    const isThere = () => target.isConnected && target.getClientRects().length > 0;
    for (const type of /** @type {const} */ (["dragenter", "dragover"])) {
      const at = isThere() ? target : (roots.elementAt(x, y) ?? document.body);
      bus.send("drag", { type, init: place, types }, [at]);
      // Frameworks show in a task of its own what they were told in this one.
      if (!isThere()) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return isThere() ? target : (roots.elementAt(x, y) ?? document.body);
  }

  /**
   * @param {Element} target
   * @param {Omit<FawkesBusDrop, "number">} message
   * @param {File[]} files
   * @param {FawkesTransferWatch} watch
   * @returns {Promise<boolean>} whether the page, or else the browser, has a use for it
   */
  async function deliverDrop(target, message, files, watch) {
    const parcel = files.length > 0 ? [bus.parcelOf(files)] : [];
    const { number } = watch;
    const isPrevented = bus.send("drop", { ...message, number }, [target, ...parcel]);
    if (!isPrevented && roots.isFileInput(target)) {
      putIn(target, files);
      return true;
    }
    if (!isPrevented && carets.isEditable(target)) {
      carets.setAt(message.init.clientX, message.init.clientY, target);
      const { strings } = message;
      if (await fawkes.insertion.insert(target, "insertFromDrop", strings, [])) return true;
    }
    return watch.isTaken(isPrevented);
  }

  /**
   * What the browser would have done with a drop onto the input itself.
   * @param {HTMLInputElement} input
   * @param {File[]} files
   */
  function putIn(input, files) {
    if (input.disabled || files.length === 0) return;
    inputs.put(input, bus.listOf(input.multiple ? files : files.slice(0, 1)));
    inputs.announce(input, new Event("input", { bubbles: true, composed: true }));
    inputs.announce(input, new Event("change", { bubbles: true }));
  }

  /** @param {FawkesSettled} settled */
  const numbered = (settled) => {
    let next = 0;
    return settled.map((file) => (file === null ? -1 : next++));
  };

  /**
   * The same tree, without the files that were given up.
   * @param {FawkesDropped[]} nodes
   * @param {number[]} numbers of files by what they were; -1 for those
   * @returns {FawkesDropped[]}
   */
  function renumbered(nodes, numbers) {
    return nodes
      .map(({ name, index, children }) =>
        children
          ? { name, children: renumbered(children, numbers) }
          : { name, index: numbers[/** @type {number} */ (index)] },
      )
      .filter(({ index }) => index !== -1);
  }

  /** @type {(entry: FileSystemEntry) => entry is FileSystemFileEntry} */
  const isFile = (entry) => entry.isFile;

  /**
   * Reads dropped folders to their end.
   * @param {(FileSystemEntry | null)[]} entries
   * @param {File[]} topFiles
   * @returns {Promise<{files: File[], paths: string[], tops: FawkesDropped[]}>} `tops`: what was
   *   dropped, as a tree whose leaves number the files
   */
  async function walk(entries, topFiles) {
    /** @type {File[]} */
    const files = [];
    /** @type {string[]} */
    const paths = [];
    /** @param {File} file @param {string} path @returns {FawkesDropped} */
    const leaf = (file, path) => {
      paths.push(path);
      return { name: file.name, index: files.push(file) - 1 };
    };
    /** @type {(entry: FileSystemEntry, path: string) => Promise<FawkesDropped | null>} */
    const visit = async (entry, path) => {
      if (files.length >= limits.folderFiles) return null;
      try {
        if (isFile(entry))
          return leaf(await new Promise((done, failed) => entry.file(done, failed)), path);
        const children = [];
        const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
        for (;;) {
          /** @type {FileSystemEntry[]} */
          const batch = await new Promise((done, failed) => reader.readEntries(done, failed));
          if (batch.length === 0) break;
          for (const child of batch) children.push(await visit(child, `${path}/${child.name}`));
        }
        return { name: entry.name, children: children.filter((child) => child !== null) };
      } catch {
        return null; // unreadable: the page would not have got it either
      }
    };
    const tops = [];
    for (const [at, entry] of entries.entries()) {
      if (!entry?.isDirectory) tops.push(leaf(topFiles[at], ""));
      else tops.push(await visit(entry, entry.name));
    }
    return { files, paths, tops: tops.filter((top) => top !== null) };
  }

  function start() {
    roots.on("dragstart", (event) => {
      if (event.isTrusted) event.dataTransfer?.setData(FROM_HERE, "1");
    });
    roots.on("dragenter", (event) => {
      if (
        event.isTrusted &&
        event.relatedTarget === null &&
        event.dataTransfer?.types.includes("Files")
      )
        fawkes.cloaking.tell("wake");
    });
    roots.on("drop", onDrop);
  }

  fawkes.drops = Object.freeze({ start });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
