// One photo's conversation with its content script: gathered, handed to the host, handed back.
import "../shared/limits.js";
import "../shared/settings.js";
import "../shared/site_rules.js";
import { remember } from "./history.js";
import { Fault } from "./native_port.js";
import { claim } from "./quota.js";
import { Assembly, chunksOf, cloak } from "./photos.js";
import * as toolbar from "./toolbar.js";

const { limits, settings, siteRules } = /** @type {FawkesShared} */ (globalThis.fawkes);

/** @param {unknown} value */
const isCount = (value) => Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;

/** @param {unknown} value */
const isListOfTexts = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

/** @typedef {{name: string, size: number, accept: string[], more: number}} Announced */

/**
 * Gathers the photo that a content script sends: at once, where the browser clones messages and a
 * file comes through; in chunks, where it makes JSON of them.
 */
export class Gathering {
  constructor() {
    /** @type {Announced | null} */
    this.about = null;
    /** @type {Blob | null} */
    this.file = null;
    /** @type {Assembly | null} */
    this.assembly = null;
  }

  /**
   * @param {FawkesPhotoRequest} message
   * @returns {"begun" | "more" | "whole"} `begun`: chunks are to follow
   * @throws {Fault}
   */
  take(message) {
    if (message.type === "begin" && !this.about) {
      const { name, size, accept = [], more = 0, file } = message;
      if (!isCount(size) || !isCount(more) || !isListOfTexts(accept))
        throw new Fault("bad_message");
      if (size > limits.photoBytes)
        throw new Fault("too_many_bytes", { bytes: size, limit: limits.photoBytes });
      this.about = { name, size, accept, more };
      if (!(file instanceof Blob)) return "begun";
      if (file.size !== size) throw new Fault("unreadable_input");
      this.file = file;
      return "whole";
    }
    if (message.type === "chunk" && this.about && typeof message.data === "string") {
      this.assembly ??= new Assembly(this.about.size);
      this.assembly.add(message.data);
      return "more";
    }
    if (message.type === "end" && this.about) return "whole";
    throw new Fault("bad_message");
  }

  /** @returns {Promise<Uint8Array<ArrayBuffer>>} */
  async bytes() {
    if (!this.file) return (this.assembly ?? new Assembly(this.about?.size ?? 0)).whole();
    const buffer = await this.file.arrayBuffer().catch(() => {
      throw new Fault("unreadable_input");
    });
    return new Uint8Array(buffer);
  }
}

/**
 * One photo of a content script, from its first byte to its last.
 * @param {ChromePort<FawkesPhotoRequest, FawkesPhotoReply>} port
 * @param {import("./native_port.js").NativePort} host
 */
export function serve(port, host) {
  const tab = port.sender?.tab;
  const isPrivate = tab?.incognito ?? false;
  const gathering = new Gathering();
  const abort = new AbortController();
  const post = (/** @type {FawkesPhotoReply} */ message) => {
    if (!abort.signal.aborted) port.postMessage(message);
  };
  let whole = false;

  port.onDisconnect.addListener(() => abort.abort());
  port.onMessage.addListener(async (message) => {
    if (whole || abort.signal.aborted) return;
    try {
      const step = gathering.take(message);
      if (message.type === "begin") {
        const room = claim(tab?.id ?? -1, message.size);
        if (!room.isFree) throw new Fault("busy", { waiting: room.photos });
        port.onDisconnect.addListener(room.release);
      }
      if (step === "begun") post({ type: "send" });
      whole = step === "whole";
      if (!whole) return;
    } catch (fault) {
      whole = true;
      await refuse(fault);
      return port.disconnect();
    }
    if (tab) toolbar.countWorking(tab.id, 1);
    try {
      await deliver();
    } finally {
      if (tab) toolbar.countWorking(tab.id, -1);
    }
  });

  async function deliver() {
    const current = await settings.load();
    const level = siteRules.levelFor(current, tab?.url ? new URL(tab.url).hostname : "");
    try {
      const bytes = await gathering.bytes();
      const about = /** @type {Announced} */ (gathering.about);
      const photo = { ...about, bytes, private: isPrivate };
      const result = await cloak(host, photo, {
        // Off by now, but this photo was chosen while protection was on.
        level: level === "off" ? current.levelBeforeOff : level,
        // A decoy is posted under another name: nothing of its donor's photo goes along.
        policy: level === "decoy" ? "strip" : current.policy,
        signal: abort.signal,
        onProgress: ({ stage, fraction, faces }) =>
          post({ type: "progress", stage, fraction, faces }),
      });
      const { status, receipt } = result;
      // A file has come through, and so will one.
      const file = gathering.file ? new Blob([result.bytes]) : undefined;
      post({ type: "result", status, receipt, file });
      if (!file) for (const data of chunksOf(result.bytes)) post({ type: "chunk", data });
      post({ type: "end" });
      await note(status, receipt, null);
    } catch (fault) {
      await refuse(fault);
    }
  }

  /** @param {unknown} error */
  async function refuse(error) {
    const fault = error instanceof Fault ? error : new Fault("internal", { detail: String(error) });
    post({ type: "error", code: fault.code, parameters: fault.parameters });
    if (gathering.about && fault.code !== "cancelled")
      await note("failed", null, { code: fault.code, parameters: fault.parameters });
  }

  /**
   * @param {FawkesRecent["status"]} status
   * @param {FawkesReceipt | null} receipt
   * @param {FawkesFault | null} fault
   */
  async function note(status, receipt, fault) {
    if (isPrivate || !gathering.about) return;
    await remember({ name: gathering.about.name, time: Date.now(), status, receipt, fault });
  }
}
