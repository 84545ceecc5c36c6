// One photo: gathered from a content script, sent through the native port, checked, handed back.
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
 * Gathers the photo that a content script sends.
 * @returns {{take: (message: FawkesPhotoRequest) => boolean, photo: () => {name: string, size: number, chunks: string[]}}}
 *   `take` is true once the photo is whole
 */
export function gather() {
  let name = "";
  let size = -1;
  let characters = 0;
  const chunks = [];
  return {
    take(message) {
      if (message.type === "begin" && size < 0) {
        if (!Number.isSafeInteger(message.size) || message.size < 0) throw new Fault("bad_message");
        if (message.size > limits.photoBytes)
          throw new Fault("too_many_bytes", { bytes: message.size, limit: limits.photoBytes });
        ({ name, size } = message);
        return false;
      }
      if (message.type === "chunk" && size >= 0 && typeof message.data === "string") {
        characters += message.data.length;
        // Four characters for three bytes, and padding for each chunk.
        if (characters > (size * 4) / 3 + 4 * (chunks.length + 1)) throw new Fault("transfer_damaged");
        chunks.push(message.data);
        return false;
      }
      if (message.type === "end" && size >= 0) return true;
      throw new Fault("bad_message");
    },
    photo: () => ({ name, size, chunks }),
  };
}

/**
 * Has one photo cloaked.
 * @param {import("./native_port.js").NativePort} host
 * @param {{size: number, chunks: string[]}} photo
 * @param {{level: FawkesLevel, policy: FawkesPolicy, signal: AbortSignal,
 *   onProgress: (progress: FawkesPhotoReply) => void}} options
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
  let timer;
  try {
    const answer = new Promise((resolve, reject) => {
      const silence = () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          host.send({ type: "cancel", id });
          reject(new Fault("host_silent"));
        }, limits.silenceMs);
      };
      /** @type {any} */
      let result = null;
      const chunks = [];
      host.register(id, (message) => {
        silence();
        if (message.type === "error") reject(new Fault(message.code, message.parameters));
        else if (message.type === "progress") onProgress(message);
        else if (message.type === "result") result = message;
        else if (message.type === "chunk" && message.index === chunks.length) chunks.push(message.data);
        else if (message.type === "end" && result) resolve({ result, chunks });
        else reject(new Fault("transfer_damaged"));
      });
      signal.addEventListener("abort", () => {
        host.send({ type: "cancel", id });
        reject(new Fault("cancelled"));
      });
      silence();
    });
    answer.catch(() => {});
    if (signal.aborted) throw new Fault("cancelled");
    host.send({
      type: "cloak", id, size: photo.size, sha256: digest, level, policy, deadline_s: limits.deadlineS,
    });
    let index = 0;
    for (const data of photo.chunks) {
      await host.sendChunk({ type: "chunk", id, index, data });
      index += 1;
    }
    host.send({ type: "end", id });
    const { result, chunks } = await answer;
    if (!Number.isSafeInteger(result.size) || result.size > host.photoBytes * 2)
      throw new Fault("transfer_damaged");
    if ((await sha256(joined(chunks, result.size))) !== result.sha256)
      throw new Fault("transfer_damaged");
    if (result.status !== "cloaked" && result.status !== "no_face") throw new Fault("internal");
    return { status: result.status, receipt: result.receipt, chunks };
  } finally {
    clearTimeout(timer);
    host.forget(id);
  }
}
