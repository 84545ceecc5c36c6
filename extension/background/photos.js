// One photo at the host: sent through the native port, and its result checked.
import "../shared/base64.js";
import "../shared/limits.js";
import { Fault } from "./native_port.js";

const { base64, limits } = /** @type {FawkesShared} */ (globalThis.fawkes);
const { toBase64, fromBase64 } = base64;

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<string>} 64 lower-case hex digits */
async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A photo as it arrives in base64 chunks: as many bytes as were announced, neither more nor fewer. */
export class Assembly {
  /** @param {number} size */
  constructor(size) {
    this.bytes = new Uint8Array(size);
    this.filled = 0;
  }

  /** @param {string} chunk */
  add(chunk) {
    // Four characters are three bytes, or one: what is too long is not even decoded.
    if ((chunk.length / 4) * 3 - 2 > this.bytes.length - this.filled)
      throw new Fault("transfer_damaged");
    const part = fromBase64(chunk);
    if (this.filled + part.length > this.bytes.length) throw new Fault("transfer_damaged");
    this.bytes.set(part, this.filled);
    this.filled += part.length;
  }

  /** @returns {Uint8Array<ArrayBuffer>} */
  whole() {
    if (this.filled !== this.bytes.length) throw new Fault("transfer_damaged");
    return this.bytes;
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Generator<string>} encoded when it is its turn */
export function* chunksOf(bytes) {
  for (let at = 0; at < bytes.length; at += limits.chunkBytes)
    yield toBase64(bytes.subarray(at, at + limits.chunkBytes));
}

/**
 * Has one photo cloaked.
 * @param {import("./native_port.js").NativePort} host
 * @param {{bytes: Uint8Array<ArrayBuffer>, accept: string[], more: number, private: boolean}} photo `accept`: the
 *   media types that the page takes; a host older than that gives the photo back in its own format;
 *   `more`: so many were chosen with it and follow at once; `private`: nothing of it is to be kept
 * @param {{level: Exclude<FawkesSiteLevel, "off">, policy: FawkesPolicy, signal: AbortSignal,
 *   onProgress: (progress: Extract<FawkesPhotoReply, {type: "progress"}>) => void}} options
 * @returns {Promise<{status: "cloaked" | "no_face", receipt: FawkesReceipt,
 *   bytes: Uint8Array<ArrayBuffer>}>} size and SHA-256 are what the host announced
 * @throws {Fault}
 */
export async function cloak(host, photo, options) {
  let ready = host.ready();
  ready.catch(() => {});
  const digest = await sha256(photo.bytes);
  for (let tries = 1; ; tries += 1) {
    try {
      await ready;
      return await converse(host, photo, digest, options);
    } catch (fault) {
      const { code } = /** @type {Partial<Fault>} */ (fault);
      const retry = code === "busy" || code === "shutting_down";
      if (!retry || tries >= limits.busyTries || options.signal.aborted) throw fault;
      options.onProgress({ type: "progress", stage: "waiting", fraction: 0, faces: 0 });
      await new Promise((resolve) => setTimeout(resolve, limits.busyDelayMs));
      ready = host.ready();
      ready.catch(() => {});
    }
  }
}

/**
 * @param {import("./native_port.js").NativePort} host
 * @param {Parameters<typeof cloak>[1]} photo
 * @param {string} digest
 * @param {Parameters<typeof cloak>[2]} options
 */
async function converse(host, photo, digest, { level, policy, signal, onProgress }) {
  const id = crypto.randomUUID();
  const over = new AbortController();
  try {
    /** @type {Promise<{result: FawkesResultMessage, bytes: Uint8Array<ArrayBuffer>}>} */
    const answer = new Promise((resolve, reject) => {
      const giveUp = (/** @type {string} */ code) => {
        host.send({ type: "cancel", id });
        host.forget(id); // ends the sending too, wherever it stands
        reject(new Fault(code));
      };
      /** @type {FawkesResultMessage | null} */
      let result = null;
      let assembly = new Assembly(0);
      let chunks = 0;
      /** @param {FawkesFromHost} message */
      const hear = (message) => {
        if (message.type === "error") throw new Fault(message.code, message.parameters);
        if (message.type === "progress") return onProgress(message);
        if (message.type === "result" && !result) {
          result = message;
          assembly = new Assembly(plausible(message.size, host.photoBytes));
        } else if (message.type === "chunk" && message.index === chunks && result) {
          assembly.add(message.data);
          chunks += 1;
        } else if (message.type === "end" && result) resolve({ result, bytes: assembly.whole() });
        else throw new Fault("transfer_damaged");
      };
      host.register(id, (message) => {
        try {
          hear(message);
        } catch (fault) {
          reject(fault);
        }
      });
      signal.addEventListener("abort", () => giveUp("cancelled"), { signal: over.signal });
      // While a photo waits its turn, the host speaks of others: any word counts.
      const watch = setInterval(() => {
        if (Date.now() - host.heard > limits.silenceMs) giveUp("host_silent");
      }, limits.silenceMs / 10);
      over.signal.addEventListener("abort", () => clearInterval(watch));
    });
    answer.catch(() => {});
    if (signal.aborted) throw new Fault("cancelled");
    host.send({
      type: "cloak",
      id,
      size: photo.bytes.length,
      sha256: digest,
      level,
      policy,
      accept: photo.accept,
      more: photo.more,
      private: photo.private,
      deadline_s: limits.deadlineS,
    });
    let index = 0;
    for (const data of chunksOf(photo.bytes)) {
      await host.sendChunk({ type: "chunk", id, index, data });
      index += 1;
    }
    host.send({ type: "end", id });
    const { result, bytes } = await answer;
    return await checked(result, bytes);
  } finally {
    over.abort();
    host.forget(id);
  }
}

/**
 * A cloaked photo may be larger than its original, but not without limit.
 * @param {number} size
 * @param {number} photoBytes the most that a photo may have
 */
function plausible(size, photoBytes) {
  if (!Number.isSafeInteger(size) || size < 0 || size > 2 * photoBytes)
    throw new Fault("transfer_damaged");
  return size;
}

/**
 * A result is used only if it is, byte for byte, what the host announced.
 * @param {FawkesResultMessage} result
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
async function checked({ status, receipt, sha256: announced }, bytes) {
  if ((await sha256(bytes)) !== announced) throw new Fault("transfer_damaged");
  if (status !== "cloaked" && status !== "no_face") throw new Fault("internal", { detail: status });
  return { status, receipt, bytes };
}
