// One photo's conversation with its content script: gathered, handed to the host, handed back.
import "../shared/limits.js";
import "../shared/settings.js";
import "../shared/site_rules.js";
import { remember } from "./history.js";
import { Fault } from "./native_port.js";
import { cloak } from "./photos.js";
import * as toolbar from "./toolbar.js";

const { limits, settings, siteRules } = globalThis.fawkes;

const isListOfTexts = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

/**
 * Gathers the photo that a content script sends.
 * @returns {{take: (message: FawkesPhotoRequest) => boolean, photo: () => {name: string, size: number, accept: string[], more: number, chunks: string[]}}}
 *   `take` is true once the photo is whole
 */
export function gather() {
  let name = "";
  let size = -1;
  let accept = [];
  let more = 0;
  let characters = 0;
  const chunks = [];
  return {
    take(message) {
      if (message.type === "begin" && size < 0) {
        if (!Number.isSafeInteger(message.size) || message.size < 0) throw new Fault("bad_message");
        if (message.size > limits.photoBytes)
          throw new Fault("too_many_bytes", { bytes: message.size, limit: limits.photoBytes });
        if (message.accept !== undefined && !isListOfTexts(message.accept))
          throw new Fault("bad_message");
        ({ name, size, accept = [], more = 0 } = message);
        if (!Number.isSafeInteger(more) || more < 0) throw new Fault("bad_message");
        return false;
      }
      if (message.type === "chunk" && size >= 0 && typeof message.data === "string") {
        characters += message.data.length;
        // Four characters for three bytes, and padding for each chunk.
        if (characters > (size * 4) / 3 + 4 * (chunks.length + 1))
          throw new Fault("transfer_damaged");
        chunks.push(message.data);
        return false;
      }
      if (message.type === "end" && size >= 0) return true;
      throw new Fault("bad_message");
    },
    photo: () => ({ name, size, accept, more, chunks }),
  };
}

/**
 * One photo of a content script, from its first byte to its last.
 * @param {any} port
 * @param {import("./native_port.js").NativePort} host
 */
export function serve(port, host) {
  const tab = port.sender.tab;
  const gathered = gather();
  const abort = new AbortController();
  const post = (message) => {
    if (!abort.signal.aborted) port.postMessage(message);
  };
  let busy = false;

  port.onDisconnect.addListener(() => abort.abort());
  port.onMessage.addListener(async (message) => {
    if (busy || abort.signal.aborted) return;
    try {
      busy = gathered.take(message);
      if (!busy) return;
    } catch (fault) {
      busy = true;
      return refuse(fault);
    }
    if (tab) toolbar.countWorking(tab.id, 1);
    try {
      await deliver(gathered.photo());
    } finally {
      if (tab) toolbar.countWorking(tab.id, -1);
    }
  });

  async function deliver(photo) {
    const current = await settings.load();
    const level = siteRules.levelFor(current, tab?.url ? new URL(tab.url).hostname : "");
    try {
      const result = await cloak(host, photo, {
        // Off by now, but this photo was chosen while protection was on.
        level: level === "off" ? current.levelBeforeOff : level,
        policy: current.policy,
        signal: abort.signal,
        onProgress: ({ stage, fraction, faces }) =>
          post({ type: "progress", stage, fraction, faces }),
      });
      post({ type: "result", status: result.status, receipt: result.receipt });
      for (const data of result.chunks) post({ type: "chunk", data });
      post({ type: "end" });
      await remember(recent(photo, result.status, result.receipt, null));
    } catch (fault) {
      await refuse(fault, photo);
    }
  }

  async function refuse(error, photo) {
    const fault = error instanceof Fault ? error : new Fault("internal", { detail: String(error) });
    post({ type: "error", code: fault.code, parameters: fault.parameters });
    if (photo && fault.code !== "cancelled")
      await remember(
        recent(photo, "failed", null, { code: fault.code, parameters: fault.parameters }),
      );
  }
}

function recent(photo, status, receipt, fault) {
  return { name: photo.name, time: Date.now(), status, receipt, fault };
}
