// A native port as a browser gives it, with a host at the other end that the test plays.
import { readFileSync } from "node:fs";

export class FakePort {
  constructor() {
    this.sent = [];
    this.messageListeners = [];
    this.disconnectListeners = [];
    this.onMessage = { addListener: (listener) => this.messageListeners.push(listener) };
    this.onDisconnect = { addListener: (listener) => this.disconnectListeners.push(listener) };
    this.open = true;
  }

  postMessage(message) {
    if (!this.open) throw new Error("Attempting to use a disconnected port object");
    this.sent.push(JSON.parse(JSON.stringify(message)));
    this.answer?.(message);
  }

  disconnect() {
    this.open = false;
  }

  /** The host says something. */
  say(message) {
    for (const listener of this.messageListeners) listener(message);
  }

  /** The host is gone, and the browser says why. */
  break(sentence = "") {
    this.open = false;
    this.error = sentence ? { message: sentence } : null;
    for (const listener of this.disconnectListeners) listener(this);
  }
}

/** A `chrome` whose every `connectNative` hands out another port. */
export function chromeWith(ports) {
  return {
    runtime: {
      id: "fawkes",
      lastError: undefined,
      connectNative: () => {
        const port = ports.shift();
        if (port.dead) queueMicrotask(() => port.break(port.dead));
        return port;
      },
    },
    storage: { session: { set: async () => {} } },
  };
}

const golden = JSON.parse(
  readFileSync(new URL("../data/frames/conversation.json", import.meta.url)),
);
const HELLO = golden.host.find(({ type }) => type === "hello");

/** A host that goes through the golden conversation, under the id that the client chose. */
export function goldenHost(port) {
  const answers = golden.host.filter(({ type }) => type !== "hello" && type !== "engine");
  port.answer = ({ type, id }) => {
    const say = (kinds) => {
      while (answers.length && kinds.includes(answers[0].type)) {
        const message = { ...answers.shift(), id };
        queueMicrotask(() => port.say(message));
      }
    };
    if (type === "hello") queueMicrotask(() => port.say(HELLO));
    if (type === "chunk") say(["ack"]);
    if (type === "end") say(["progress", "result", "chunk", "end"]);
  };
  return port;
}
