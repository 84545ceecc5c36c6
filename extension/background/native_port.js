// The one native port: opened on demand, shared by every photo, opened again after it broke.
// Knows frames and windows; what a photo is, `photos.js` knows.
import "../shared/limits.js";

const { limits } = /** @type {FawkesShared} */ (globalThis.fawkes);

export const HOST_NAME = "org.fawkes.host";

/** An error of the host, or of the way to it, with the code that `_locales` has a sentence for. */
export class Fault extends Error {
  /**
   * @param {string} code
   * @param {Record<string, string | number>} [parameters]
   */
  constructor(code, parameters = {}) {
    super(code);
    this.code = code;
    this.parameters = parameters;
  }
}

/**
 * The code for what a browser says when a native port breaks.  Only the sentence tells, and
 * the two browsers have different ones.
 * @param {string} sentence
 * @param {boolean} greeted whether the host had answered before
 */
export function faultOfDisconnect(sentence, greeted) {
  if (/not found|no such native application/i.test(sentence)) return new Fault("host_missing");
  if (/forbidden|permission/i.test(sentence)) return new Fault("host_forbidden");
  return new Fault(greeted ? "host_gone" : "host_broken");
}

/**
 * @typedef {(message: FawkesFromHost) => void} Receiver gets each message for one photo; a fault
 *   of the port arrives as `{type: "error", code, parameters}` too
 */

export class NativePort {
  /** @param {{onHost: (host: FawkesHost) => void}} listeners */
  constructor({ onHost }) {
    this.onHost = onHost;
    /** @type {FawkesHost} */
    this.host = { state: "unknown", version: "", devices: [], fault: null };
    /** @type {ChromePort<FawkesFromHost | null, FawkesToHost> | null} */
    this.port = null;
    /** @type {Promise<void> | null} settled when the host has greeted */
    this.greeting = null;
    /** @type {Map<string, Receiver>} */
    this.receivers = new Map();
    /** @type {Map<string, number>} chunks not yet acknowledged, by photo */
    this.unacknowledged = new Map();
    /** @type {(() => void)[]} senders that wait for room in the window */
    this.waiting = [];
    this.window = limits.windowChunks;
    this.photoBytes = limits.photoBytes;
    this.breaks = 0;
    /** When the host last said anything. */
    this.heard = 0;
    this.awake = false;
    this.idleTimer = undefined;
    this.soundTimer = undefined;
  }

  /**
   * Opens the port if there is none, and waits for the host's greeting.
   * @param {{wake?: boolean}} [options] `wake`: let the host start and warm its engine
   * @throws {Fault} `host_missing`, `host_forbidden`, `host_broken`, `host_outdated`
   */
  async ready({ wake = true } = {}) {
    while (!this.greeting) {
      this.greeting = this.#open(wake);
      this.greeting.catch(() => {});
    }
    await this.greeting;
    if (wake && !this.awake) {
      this.awake = true;
      this.#post({ type: "hello", protocol: limits.protocol, wake: true });
    }
    this.#rest();
  }

  /**
   * Takes part in one photo's conversation.
   * @param {string} id
   * @param {Receiver} receiver
   */
  register(id, receiver) {
    this.receivers.set(id, receiver);
    this.#rest();
  }

  /** @param {string} id */
  forget(id) {
    this.receivers.delete(id);
    this.#released(id);
    this.#rest();
  }

  /**
   * Sends a message about a photo; a port that is gone has told its photos already.
   * @param {FawkesToHost} message
   */
  send(message) {
    if (message.type === "cloak") this.heard = Date.now();
    this.#post(message);
  }

  /**
   * What the program finds when it looks at itself.
   * @returns {Promise<FawkesCheckState[] | null>} null where it does not say
   * @throws {Fault} as `ready` does
   */
  async examine() {
    await this.ready({ wake: false });
    /** @type {FawkesCheckState[] | null} */
    const checks = await new Promise((resolve) => {
      const timer = setTimeout(() => resolve(null), limits.doctorMs);
      // It is about no photo: an older host says so of its error.
      this.register("", (message) => {
        clearTimeout(timer);
        resolve(message.type === "doctor" ? message.checks : null);
      });
      this.#post({ type: "doctor" });
    });
    this.forget("");
    return checks;
  }

  /**
   * Sends a chunk as soon as the window has room.
   * @param {FawkesChunkMessage} message
   */
  async sendChunk(message) {
    while (this.receivers.has(message.id) && this.#underWay() >= this.window)
      await new Promise((resolve) => this.waiting.push(() => resolve(undefined)));
    if (!this.receivers.has(message.id)) return;
    this.unacknowledged.set(message.id, (this.unacknowledged.get(message.id) ?? 0) + 1);
    this.#post(message);
  }

  /** Closes the port; the next photo opens another. */
  close() {
    this.port?.disconnect();
    this.#broken(this.port, new Fault("host_gone"));
  }

  /** @param {boolean} wake */
  async #open(wake) {
    const pause =
      limits.reconnectDelaysMs[Math.min(this.breaks, limits.reconnectDelaysMs.length - 1)];
    if (pause) await new Promise((resolve) => setTimeout(resolve, pause));
    /** @type {ChromePort<FawkesFromHost | null, FawkesToHost>} */
    const port = chrome.runtime.connectNative(HOST_NAME);
    const opened = Date.now();
    this.port = port;
    this.awake = wake;
    let greeted = false;
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => fail(new Fault("host_broken")), limits.helloTimeoutMs);
      const fail = (/** @type {Fault} */ fault) => {
        clearTimeout(timer);
        // A host that is not there costs nothing to ask for; one that keeps dying does.
        const missing = fault.code === "host_missing" || fault.code === "host_forbidden";
        if (!missing && Date.now() - opened < limits.soundPortMs) this.breaks += 1;
        this.#broken(port, fault);
        port.disconnect();
        reject(fault);
      };
      port.onDisconnect.addListener(() => {
        const sentence = port.error?.message ?? chrome.runtime.lastError?.message ?? "";
        fail(faultOfDisconnect(sentence, greeted));
      });
      port.onMessage.addListener((message) => {
        if (port !== this.port || message === null || typeof message !== "object") return;
        this.heard = Date.now();
        if (message.type === "hello" && !greeted) {
          clearTimeout(timer);
          if (!(message.protocol >= limits.protocol)) return fail(new Fault("host_outdated"));
          greeted = true;
          resolve(undefined);
        }
        this.#receive(message);
      });
      port.postMessage({ type: "hello", protocol: limits.protocol, wake });
    });
    this.soundTimer = setTimeout(() => {
      this.breaks = 0;
    }, limits.soundPortMs);
  }

  /** @param {FawkesFromHost} message */
  #receive(message) {
    switch (message.type) {
      case "hello":
      case "engine": {
        if (message.type === "hello") {
          this.window = message.limits?.window_chunks ?? limits.windowChunks;
          this.photoBytes = message.limits?.photo_bytes ?? limits.photoBytes;
        }
        this.#setHost({
          state: message.engine,
          version: ("version" in message ? message.version : null) ?? this.host.version,
          devices: message.devices ?? [],
          fault: message.problem ? { code: message.problem } : null,
        });
        break;
      }
      case "ack":
        this.#released(message.id, 1);
        break;
      default: {
        const fault = message.type === "error" && message.code === "protocol_unsupported";
        if (fault) this.#refused(message);
        const id = ("id" in message ? message.id : null) ?? "";
        const receiver = this.receivers.get(id);
        if (message.type === "error" && receiver) {
          // The photo has ended: no chunk of it is acknowledged any more, and none is to follow.
          this.receivers.delete(id);
          this.#released(id);
        }
        receiver?.(message);
      }
    }
    this.#rest();
  }

  /**
   * The host does not speak our number: it is the newer one, or it would not have greeted so.
   * @param {FawkesErrorMessage} refusal
   */
  #refused({ parameters }) {
    const code =
      Number(parameters?.supported) < limits.protocol ? "host_outdated" : "extension_outdated";
    this.#setHost({ ...this.host, state: "outdated", fault: { code } });
  }

  /** @param {NativePort["port"]} port @param {Fault} fault */
  #broken(port, fault) {
    if (port !== this.port) return;
    clearTimeout(this.idleTimer);
    clearTimeout(this.soundTimer);
    this.port = null;
    this.greeting = null;
    this.window = limits.windowChunks;
    /** @type {Record<string, FawkesHostState>} */
    const state = { host_missing: "missing", host_forbidden: "missing", host_outdated: "outdated" };
    this.#setHost({
      ...this.host,
      state: state[fault.code] ?? (fault.code === "host_gone" ? "unknown" : "broken"),
      fault: fault.code === "host_gone" ? null : { code: fault.code, parameters: fault.parameters },
    });
    const receivers = [...this.receivers.values()];
    this.receivers.clear();
    this.unacknowledged.clear();
    this.#wakeSenders();
    for (const receiver of receivers)
      receiver({ type: "error", code: fault.code, parameters: fault.parameters });
  }

  /** @param {FawkesHost} host */
  #setHost(host) {
    this.host = host;
    this.onHost(host);
  }

  /** @param {FawkesToHost} message */
  #post(message) {
    try {
      this.port?.postMessage(message);
    } catch {
      // The port broke under our hands: `onDisconnect` tells the photos.
    }
  }

  #underWay() {
    let chunks = 0;
    for (const count of this.unacknowledged.values()) chunks += count;
    return chunks;
  }

  /** Counts acknowledged chunks of a photo; without a number, all of them. @param {string} id */
  #released(id, chunks = Number.POSITIVE_INFINITY) {
    const left = (this.unacknowledged.get(id) ?? 0) - chunks;
    if (left > 0) this.unacknowledged.set(id, left);
    else this.unacknowledged.delete(id);
    this.#wakeSenders();
  }

  #wakeSenders() {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resume of waiting) resume();
  }

  #rest() {
    clearTimeout(this.idleTimer);
    if (this.port && this.receivers.size === 0)
      this.idleTimer = setTimeout(() => this.close(), limits.idlePortMs);
  }
}
