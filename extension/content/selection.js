// What the user chose, from choosing to settled: every photo cloaked, given up, or let through by
// the user's own decision.
(function (fawkes) {
  "use strict";

  const { limits } = fawkes;

  /** What fails because of the photo itself: the program was there, and has looked at it. */
  const OF_THE_PHOTO = new Set([
    "animated_image",
    "budget_unreachable",
    "damaged_image",
    "empty_input",
    "not_an_image",
    "raw_photo",
    "too_many_bytes",
    "too_many_faces",
    "too_many_pixels",
    "unreadable_input",
    "unsupported_samples",
  ]);

  /** @type {WeakMap<FawkesSettled, {toast: FawkesBatch, signal: AbortSignal}>} */
  const deliveries = new WeakMap();

  /**
   * @param {File[]} files as chosen
   * @param {AbortSignal} signal ends it: superseded, or the page is left
   * @param {string[]} [accept] media types that the page takes; empty for any
   * @returns {Promise<(File | null)[]>} in the same order; null for what the user gave up
   */
  async function settle(files, signal, accept = []) {
    if ((await fawkes.protection.settled()) === "off") return files;
    const photos = await Promise.all(files.map(isPhotoOrUnreadable));
    if (!photos.includes(true) || signal.aborted)
      return files.map((file) => (signal.aborted ? null : file));

    const toast = fawkes.toast.open(files.filter((_, at) => photos[at]));
    let line = 0;
    const lineOf = photos.map((isPhoto) => (isPhoto ? toast.lines[line++] : null));
    const settled = files.map((file, at) => (photos[at] ? null : file));
    const queue = [...photos.keys()].filter((at) => photos[at]);
    await fewAtOnce(queue, files, async (at, more) => {
      const line = /** @type {FawkesLine} */ (lineOf[at]);
      settled[at] = await settleOne(files[at], toast, line, signal, { accept, more });
    });
    deliveries.set(settled, { toast, signal });
    if (signal.aborted) toast.withdraw();
    signal.addEventListener("abort", () => toast.withdraw());
    return settled;
  }

  /**
   * Works on several at once, within the limits of number and bytes.  A photo whose question waits
   * for an answer must not hold up the others.
   * @param {number[]} queue places in `files`
   * @param {File[]} files
   * @param {(at: number, more: number) => Promise<void>} work told how many follow at once
   */
  async function fewAtOnce(queue, files, work) {
    /** @type {Map<number, Promise<void>>} */
    const underWay = new Map();
    let bytes = 0;
    for (const [turn, at] of queue.entries()) {
      const { size } = files[at];
      const full = () => underWay.size >= limits.photosAtOnce || bytes + size > limits.bytesAtOnce;
      while (underWay.size > 0 && full()) await Promise.race(underWay.values());
      bytes += size;
      let more = 0;
      let room = limits.bytesAtOnce - bytes;
      for (const next of queue.slice(turn + 1, turn + limits.photosAtOnce - underWay.size)) {
        room -= files[next].size;
        if (room < 0) break;
        more += 1;
      }
      const working = work(at, more).finally(() => {
        underWay.delete(at);
        bytes -= size;
      });
      underWay.set(at, working);
    }
    await Promise.all(underWay.values());
  }

  /**
   * What cannot be read cannot be known to be no photo; what the page has had is none to cloak.
   * @param {File} file
   */
  async function isPhotoOrUnreadable(file) {
    try {
      if (fawkes.approval.isApproved(file)) return false;
      return await fawkes.photoKinds.isPhoto(file);
    } catch {
      return true;
    }
  }

  /**
   * @param {File} original
   * @param {FawkesBatch} toast
   * @param {FawkesLine} line
   * @param {AbortSignal} signal
   * @param {{accept: string[], more: number}} order
   * @returns {Promise<File | null>}
   */
  async function settleOne(original, toast, line, signal, order) {
    const remembered = fawkes.memory.recall(original, order.accept);
    if (remembered) {
      line.done({ ...remembered, cloaked: remembered.file });
      return remembered.file;
    }
    for (;;) {
      const abort = new AbortController();
      const give = () => abort.abort();
      signal.addEventListener("abort", give);
      line.onCancel(give);
      if (signal.aborted || line.isCancelled()) give();
      try {
        const { file, status, receipt } = await fawkes.cloaking.cloak(original, {
          ...order,
          signal: abort.signal,
          onProgress: line.progress,
        });
        fawkes.memory.remember(original, order.accept, { file, status, receipt });
        line.done({ status, receipt, cloaked: file });
        return file;
      } catch (fault) {
        if (abort.signal.aborted) {
          line.remove();
          return null;
        }
        const choice = await ask(toast, line, fault, signal);
        if (choice === "original") return original;
        if (choice === "cancel") return null;
      } finally {
        signal.removeEventListener("abort", give);
      }
    }
  }

  /**
   * @param {FawkesBatch} toast
   * @param {FawkesLine} line
   * @param {unknown} error
   * @param {AbortSignal} signal
   */
  async function ask(toast, line, error, signal) {
    const coded = /** @type {FawkesFault} */ (error);
    const fault = coded.code
      ? coded
      : new fawkes.cloaking.Fault("internal", { detail: String(error) });
    const ofThePhoto = OF_THE_PHOTO.has(fault.code);
    const original = ofThePhoto || fawkes.protection.mayAskWithoutHost();
    fawkes.cloaking.tell("asking");
    try {
      return await toast.ask(line, fault, { original, alike: !ofThePhoto, signal });
    } finally {
      fawkes.cloaking.tell("answered");
    }
  }

  /**
   * The page has taken what `settle` gave: only now the toast says that it is cloaked.
   * @param {(File | null)[]} settled the very array that `settle` resolved to
   */
  function taken(settled) {
    deliveries.get(settled)?.toast.taken();
  }

  /**
   * Nobody took what `settle` gave: the toast says so and offers to choose again, to save the
   * cloaked photos or to copy them.
   * @param {(File | null)[]} settled the very array that `settle` resolved to
   * @param {{choose?: (() => void) | null, isShown?: boolean}} [offers] `choose`: called within
   *   the user's click, so that it may open the picker; without it the user is told to choose
   *   again; `isShown`: it is there for all to see, and the page may look at it later
   */
  function untaken(settled, { choose = null, isShown = false } = {}) {
    const delivery = deliveries.get(settled);
    delivery?.toast.untaken(choose, isShown, delivery.signal);
  }

  /**
   * The page is no longer what the photos were meant for: asks whether they go there all the
   * same.  Saving them is offered too.
   * @param {(File | null)[]} settled the very array that `settle` resolved to
   * @returns {Promise<"insert" | "cancel">}
   */
  async function moved(settled) {
    const delivery = deliveries.get(settled);
    return delivery ? delivery.toast.moved(delivery.signal) : "insert";
  }

  fawkes.selection = Object.freeze({ settle, taken, untaken, moved });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
