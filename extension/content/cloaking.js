// One file to the background and back.
(function (fawkes) {
  "use strict";

  const { limits } = fawkes;
  const { toBase64, fromBase64 } = fawkes.base64;

  /** Why a file did not come back; `code` has a sentence in `_locales`. */
  class Fault extends Error {
    /** @param {string} code @param {Record<string, string | number>} [parameters] */
    constructor(code, parameters = {}) {
      super(code);
      this.code = code;
      this.parameters = parameters;
    }
  }

  /** @typedef {Extract<FawkesPhotoReply, {type: "result"}>} Result */

  /** The notices of photos that are of another kind now: its ending, its type. */
  const CONVERTED = Object.entries({
    converted_to_jpeg: [".jpg", "image/jpeg"],
    converted_to_png: [".png", "image/png"],
  });

  /** After the extension was reloaded or updated, its old content scripts have no way home. */
  const isOrphan = () => !globalThis.chrome?.runtime?.id;

  const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

  /**
   * Has a file cloaked.
   * @param {File} file
   * @param {Parameters<FawkesContent["cloaking"]["cloak"]>[1]} options
   * @returns {Promise<FawkesCloaked>} the file has the name, type and `lastModified` of the
   *   original, unless it had to become a JPEG for a page that takes none of its kind (`accept`),
   *   or a PNG because its own kind has too few colours;
   *   `more` photos were chosen with it and follow at once
   * @throws {Fault}
   */
  async function cloak(file, options) {
    if (file.size > limits.photoBytes)
      throw new Fault("too_many_bytes", { bytes: file.size, limit: limits.photoBytes });
    for (let tries = 0; ; tries += 1) {
      try {
        return await send(file, options);
      } catch (fault) {
        // The background was stopped under the photo: it starts again for the next message.
        const { code } = /** @type {Fault} */ (fault);
        if (code !== "background_gone" || tries >= limits.resends) throw fault;
        await pause(limits.resendDelayMs * 2 ** tries);
      }
    }
  }

  /**
   * @param {File} file
   * @param {Parameters<typeof cloak>[1]} options
   * @returns {Promise<FawkesCloaked>}
   */
  async function send(file, { accept, more = 0, signal, onProgress }) {
    if (signal.aborted) throw new Fault("cancelled");
    if (isOrphan()) throw new Fault("extension_reloaded");
    /** @type {ChromePort<FawkesPhotoReply, FawkesPhotoRequest>} */
    let port;
    try {
      port = chrome.runtime.connect({ name: "photo" });
    } catch {
      throw new Fault(isOrphan() ? "extension_reloaded" : "background_gone");
    }
    let abort = () => {};
    try {
      /** @type {Promise<Result & {parts: Uint8Array<ArrayBuffer>[]}>} */
      const answer = new Promise((resolve, reject) => {
        abort = () => reject(new Fault("cancelled"));
        signal.addEventListener("abort", abort);
        /** @type {Result | null} */
        let result = null;
        /** @type {Uint8Array<ArrayBuffer>[]} */
        const parts = [];
        port.onMessage.addListener((message) => {
          if (message.type === "progress") onProgress(message);
          else if (message.type === "send") sendChunks(port, file).catch(reject);
          else if (message.type === "result") result = message;
          else if (message.type === "chunk") parts.push(fromBase64(message.data));
          else if (message.type === "end" && result) resolve({ ...result, parts });
          else {
            const { code, parameters } = /** @type {Partial<FawkesFault>} */ (message);
            reject(new Fault(code ?? "internal", parameters));
          }
        });
        port.onDisconnect.addListener(() =>
          reject(new Fault(isOrphan() ? "extension_reloaded" : "background_gone")),
        );
      });
      // Whoever fails first ends the conversation.
      answer.catch(() => {});
      // Where messages are cloned, the file is all that is needed; JSON makes nothing of it.
      postTo(port, { type: "begin", name: file.name, size: file.size, accept, more, file });
      const { status, receipt, file: cloaked, parts } = await answer;
      // In this document's own memory: the background may be ended at any time.
      if (cloaked) parts.push(new Uint8Array(await cloaked.arrayBuffer()));
      return { file: fileLike(file, parts, receipt), status, receipt };
    } finally {
      signal.removeEventListener("abort", abort);
      port.disconnect();
    }
  }

  /**
   * @param {File} original
   * @param {Uint8Array<ArrayBuffer>[]} parts
   * @param {FawkesReceipt} receipt
   */
  function fileLike({ name, type, lastModified }, parts, receipt) {
    const converted = CONVERTED.find(([notice]) => receipt?.notices?.includes(notice));
    if (!converted) return new File(parts, name, { type, lastModified });
    const [ending, media] = converted[1];
    return new File(parts, name.replace(/(\.[^.]*)?$/, ending), { type: media, lastModified });
  }

  /**
   * @param {ChromePort<FawkesPhotoReply, FawkesPhotoRequest>} port
   * @param {FawkesPhotoRequest} message
   */
  function postTo(port, message) {
    try {
      port.postMessage(message);
    } catch {
      throw new Fault(isOrphan() ? "extension_reloaded" : "background_gone");
    }
  }

  /** @param {ChromePort<FawkesPhotoReply, FawkesPhotoRequest>} port @param {File} file */
  async function sendChunks(port, file) {
    for (let at = 0; at < file.size; at += limits.chunkBytes) {
      let bytes;
      try {
        bytes = await file.slice(at, at + limits.chunkBytes).arrayBuffer();
      } catch {
        throw new Fault("unreadable_input");
      }
      postTo(port, { type: "chunk", data: toBase64(new Uint8Array(bytes)) });
    }
    postTo(port, { type: "end" });
  }

  /**
   * A message that needs no answer.
   * @param {FawkesNews} type
   */
  function tell(type) {
    if (isOrphan()) return;
    try {
      chrome.runtime.sendMessage({ type }).catch(() => {});
    } catch {
      // Orphaned between the two lines.
    }
  }

  fawkes.cloaking = Object.freeze({ Fault, cloak, tell, isOrphan });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
