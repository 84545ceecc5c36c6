// One photo at the host: sent through the native port, and its result checked.
import "../shared/limits.js";
import { Fault } from "./native_port.js";

const { limits } = globalThis.fawkes;

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<string>} 64 lower-case hex digits */
async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} text base64 @returns {Uint8Array<ArrayBuffer>} */
export function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/**
 * Joins base64 chunks and checks the sum against what was announced.
 * @param {string[]} chunks
 * @param {number} size
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function joined(chunks, size) {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    const part = fromBase64(chunk);
    if (at + part.length > size) throw new Fault("transfer_damaged");
    bytes.set(part, at);
    at += part.length;
  }
  if (at !== size) throw new Fault("transfer_damaged");
  return bytes;
}

/**
 * Has one photo cloaked.
 * @param {import("./native_port.js").NativePort} host
 * @param {{size: number, accept: string[], more: number, chunks: string[]}} photo `accept`: the media
 *   types that the page takes; a host older than that gives the photo back in its own format;
 *   `more`: so many were chosen with it and follow at once
 * @param {{level: FawkesLevel, policy: FawkesPolicy, signal: AbortSignal,
 *   onProgress: (progress: Extract<FawkesPhotoReply, {type: "progress"}>) => void}} options
 * @returns {Promise<{status: "cloaked" | "no_face", receipt: FawkesReceipt, chunks: string[]}>}
 *   the chunks are checked: size and SHA-256 are what the host announced
 * @throws {Fault}
 */
export async function cloak(host, photo, options) {
  const digest = await sha256(joined(photo.chunks, photo.size));
  for (let tries = 1; ; tries += 1) {
    try {
      await host.ready();
      return await converse(host, photo, digest, options);
    } catch (fault) {
      const retry = fault.code === "busy" || fault.code === "shutting_down";
      if (!retry || tries >= limits.busyTries || options.signal.aborted) throw fault;
      options.onProgress({ type: "progress", stage: "waiting", fraction: 0, faces: 0 });
      await new Promise((resolve) => setTimeout(resolve, limits.busyDelayMs));
    }
  }
}

async function converse(host, photo, digest, { level, policy, signal, onProgress }) {
  const id = crypto.randomUUID();
  const over = new AbortController();
  try {
    const answer = new Promise((resolve, reject) => {
      const giveUp = (code) => {
        host.send({ type: "cancel", id });
        host.forget(id); // ends the sending too, wherever it stands
        reject(new Fault(code));
      };
      /** @type {any} */
      let result = null;
      const chunks = [];
      host.register(id, (message) => {
        if (message.type === "error") reject(new Fault(message.code, message.parameters));
        else if (message.type === "progress") onProgress(message);
        else if (message.type === "result") result = message;
        else if (message.type === "chunk" && message.index === chunks.length)
          chunks.push(message.data);
        else if (message.type === "end" && result) resolve({ result, chunks });
        else reject(new Fault("transfer_damaged"));
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
      size: photo.size,
      sha256: digest,
      level,
      policy,
      accept: photo.accept,
      more: photo.more,
      deadline_s: limits.deadlineS,
    });
    for (const [index, data] of photo.chunks.entries())
      await host.sendChunk({ type: "chunk", id, index, data });
    host.send({ type: "end", id });
    const { result, chunks } = await answer;
    return await checked(result, chunks, host.photoBytes);
  } finally {
    over.abort();
    host.forget(id);
  }
}

/** A result is used only if it is, byte for byte, what the host announced. */
async function checked({ status, receipt, size, sha256: announced }, chunks, photoBytes) {
  // A cloaked photo may be larger than its original, but not without limit.
  const plausible = Number.isSafeInteger(size) && size >= 0 && size <= 2 * photoBytes;
  if (!plausible || (await sha256(joined(chunks, size))) !== announced)
    throw new Fault("transfer_damaged");
  if (status !== "cloaked" && status !== "no_face") throw new Fault("internal", { detail: status });
  return { status, receipt, chunks };
}
