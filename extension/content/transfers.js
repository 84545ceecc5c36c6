// Drops, pastes, and files that the page gets by a call: clipboard and file handles.
(function (fawkes) {
  "use strict";

  const { roots, bus, inputs, limits } = fawkes;

  /** Marks drags that began in this page: they move what the page has already. */
  const FROM_HERE = `application/x-drag-${crypto.getRandomValues(new Uint32Array(4)).join("-")}`;

  const never = () => new AbortController().signal;

  function stringsOf(transfer) {
    return [...transfer.types]
      .filter((type) => type !== "Files")
      .map((type) => [type, transfer.getData(type)]);
  }

  // --- drops ------------------------------------------------------------------------------------

  function onDrop(event) {
    if (!event.isTrusted || fawkes.protection.isOff()) return;
    const transfer = event.dataTransfer;
    if (!transfer || transfer.types.includes(FROM_HERE)) return;
    const items = [...transfer.items].filter(({ kind }) => kind === "file");
    const entries = items.map((item) => item.webkitGetAsEntry?.() ?? null);
    const files = [...transfer.files];
    const hasFolder = entries.some((entry) => entry?.isDirectory);
    if (!hasFolder && !fawkes.photoKinds.mayHold(files)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const target = roots.targetAt(event);
    const { clientX, clientY, screenX, screenY, ctrlKey, shiftKey, altKey, metaKey } = event;
    const message = {
      strings: stringsOf(transfer),
      init: { clientX, clientY, screenX, screenY, ctrlKey, shiftKey, altKey, metaKey },
    };
    deliverDrop(target, message, files, hasFolder ? entries : null);
  }

  async function deliverDrop(target, message, topFiles, entries) {
    let files = topFiles;
    let tops = null;
    let paths = files.map(() => "");
    if (entries) ({ files, tops, paths } = await walk(entries, topFiles));
    const settled = await fawkes.selection.settle(files, never());
    if (settled.every((file) => file === null) && files.length > 0) return;
    const numbers = numbered(settled);
    const kept = settled.filter((file) => file !== null);
    const data = {
      ...message,
      tops: tops && renumbered(tops, numbers),
      paths: paths.filter((_, at) => settled[at] !== null),
    };
    const handled = bus.send("drop", data, [target, bus.parcelOf(kept)]);
    fawkes.selection.taken(settled);
    if (handled || !(target instanceof HTMLInputElement) || target.type !== "file") return;
    // What the browser would have done with a drop onto the input itself.
    if (target.disabled || kept.length === 0) return;
    inputs.put(target, bus.listOf(target.multiple ? kept : kept.slice(0, 1)));
    inputs.announce(target, new Event("input", { bubbles: true, composed: true }));
    inputs.announce(target, new Event("change", { bubbles: true }));
  }

  const numbered = (settled) => {
    let next = 0;
    return settled.map((file) => (file === null ? -1 : next++));
  };

  /** The same tree, without the files that were given up. */
  function renumbered(nodes, numbers) {
    return nodes
      .map(({ name, index, children }) =>
        children
          ? { name, children: renumbered(children, numbers) }
          : { name, index: numbers[index] },
      )
      .filter(({ index }) => index !== -1);
  }

  /**
   * Reads dropped folders to their end.
   * @returns {Promise<{files: File[], paths: string[], tops: any[]}>} `tops`: what was dropped, as
   *   a tree whose leaves number the files
   */
  async function walk(entries, topFiles) {
    const files = [];
    const paths = [];
    const leaf = (file, path) => {
      paths.push(path);
      return { name: file.name, index: files.push(file) - 1 };
    };
    const visit = async (entry, path) => {
      if (files.length >= limits.folderFiles) return null;
      try {
        if (entry.isFile)
          return leaf(await new Promise((done, failed) => entry.file(done, failed)), path);
        const children = [];
        const reader = entry.createReader();
        for (;;) {
          const batch = await new Promise((done, failed) => reader.readEntries(done, failed));
          if (batch.length === 0) break;
          for (const child of batch) children.push(await visit(child, `${path}/${child.name}`));
        }
        return { name: entry.name, children: children.filter(Boolean) };
      } catch {
        return null; // unreadable: the page would not have got it either
      }
    };
    const tops = [];
    for (const [at, entry] of entries.entries()) {
      if (!entry?.isDirectory) tops.push(leaf(topFiles[at], ""));
      else tops.push(await visit(entry, entry.name));
    }
    return { files, paths, tops: tops.filter(Boolean) };
  }

  // --- pastes -----------------------------------------------------------------------------------

  function onPaste(event) {
    if (!event.isTrusted || fawkes.protection.isOff()) return;
    const transfer = event.clipboardData;
    const files = [...(transfer?.files ?? [])];
    if (!fawkes.photoKinds.mayHold(files)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    deliverPaste(roots.targetAt(event), stringsOf(transfer), files);
  }

  async function deliverPaste(target, strings, files) {
    const settled = await fawkes.selection.settle(files, never());
    const kept = settled.filter((file) => file !== null);
    if (kept.length === 0) return;
    const handled = bus.send("paste", { strings }, [target, bus.parcelOf(kept)]);
    fawkes.selection.taken(settled);
    if (!handled) insert(target, strings, kept);
  }

  /** What the browser would have done with a paste that the page does not handle itself. */
  async function insert(target, strings, files) {
    const at =
      target instanceof Element ? target.closest("[contenteditable], input, textarea") : null;
    if (!at) return;
    if (!(at instanceof HTMLElement) || !at.isContentEditable) {
      const text = strings.find(([type]) => type === "text/plain");
      if (text) document.execCommand("insertText", false, text[1]);
      return;
    }
    for (const file of files) {
      const reader = new FileReader();
      reader.addEventListener("load", () =>
        document.execCommand("insertImage", false, String(reader.result)),
      );
      reader.readAsDataURL(file);
    }
  }

  // --- calls ------------------------------------------------------------------------------------

  /** @returns {boolean} true: an answer has come, or will */
  function onCall([parcel], accept) {
    const files = Array.from(parcel.files);
    if (fawkes.protection.isOff()) {
      bus.send("answer", { ok: true }, [parcel]);
      return true;
    }
    fawkes.selection.settle(files, never(), fawkes.accept.mediaTypes(accept)).then(
      (settled) => {
        const [file] = settled;
        if (file) parcel.files = bus.listOf([file]);
        bus.send("answer", { ok: Boolean(file) }, [parcel]);
        fawkes.selection.taken(settled);
      },
      () => bus.send("answer", { ok: false }, [parcel]),
    );
    return true;
  }

  /** Whether what a handle leads to is a photo: true as with calls. */
  function onSniff([parcel]) {
    const [file] = parcel.files;
    const answer = (isPhoto) => bus.send("answer", { ok: !isPhoto }, [parcel]);
    if (fawkes.protection.isOff()) answer(false);
    else fawkes.photoKinds.isPhoto(file).then(answer, () => answer(true));
    return true;
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
    roots.on("paste", onPaste);
    bus.on("cloak", onCall);
    bus.on("alive", () => true);
    bus.on("guard", () => !fawkes.protection.isOff());
    bus.on("sniff", onSniff);
  }

  fawkes.transfers = Object.freeze({ start });
})((globalThis.fawkes ??= {}));
