import assert from "node:assert/strict";
import { test } from "node:test";
import { moduleAt } from "./load.mjs";

const OWN = "chrome-extension://fawkes/";
const asked = [];

/** Any event: its listeners are kept where a test needs them. */
const event = (listeners = []) => ({ addListener: (listener) => listeners.push(listener) });
const listeners = [];
globalThis.chrome = {
  action: new Proxy({}, { get: () => async () => {} }),
  commands: { onCommand: event() },
  i18n: { getMessage: (key) => key },
  permissions: {
    onAdded: event(),
    onRemoved: event(),
    contains: async () => false,
    getAll: async () => ({ origins: [] }),
  },
  runtime: {
    id: "fawkes",
    getURL: (path) => OWN + path,
    getManifest: () => ({ content_scripts: [{}, {}].map(() => ({ matches: [], js: [] })) }),
    onConnect: event(),
    onInstalled: event(),
    onMessage: event(listeners),
    connectNative() {
      asked.push("host");
      throw new Error("no host here");
    },
  },
  storage: {
    local: { get: async () => ({}), set: async () => {} },
    session: { get: async () => ({ entered: true }), set: async () => {} },
    onChanged: event(),
  },
  tabs: {
    onActivated: event(),
    onRemoved: event(),
    onUpdated: event(),
    create: async ({ url }) => asked.push(url),
    get: async (id) => {
      asked.push(`tab ${id}`);
      return { url: "" };
    },
    query: async () => [],
    connect: () => ({ onMessage: event(), onDisconnect: event(), disconnect() {} }),
  },
};
await import(moduleAt("background/main.js"));
const [hear] = listeners;

/** What is answered, or undefined where nobody listens. */
function say(message, sender) {
  return new Promise((resolve) => {
    if (!hear(message, { id: "fawkes", ...sender }, resolve)) resolve(undefined);
  });
}
const page = { url: "https://page.org/", tab: { id: 7 }, frameId: 0 };
const popup = { url: `${OWN}popup/popup.html` };

test("what was cloaked, and how the host is, only our own pages are told", async () => {
  assert.deepEqual(await say({ type: "history" }, popup), { recents: [], today: 0, total: 0 });
  for (const type of ["history", "look", "frames"]) {
    asked.length = 0;
    assert.equal(await say({ type, tab: 7 }, page), undefined);
    assert.equal(await say({ type }, { ...popup, id: "another" }), undefined);
    assert.ok(!asked.includes("host"));
  }
  const lookalike = {
    ...page,
    url: "https://chrome-extension.page.org/chrome-extension://fawkes/",
  };
  assert.equal(await say({ type: "history" }, lookalike), undefined);
});

test("that a question waits, only content scripts can tell; nobody else wakes the host", async () => {
  asked.length = 0;
  await say({ type: "asking" }, page);
  assert.deepEqual(asked, ["tab 7"]);
  asked.length = 0;
  for (const type of ["wake", "asking", "answered"]) {
    if (type !== "wake") await say({ type, tab: 7 }, popup);
    await say({ type }, { url: "https://page.org/" });
    await say({ type }, { ...page, id: "another" });
  }
  assert.deepEqual(asked, []);
  await say({ type: "wake" }, popup);
  assert.deepEqual(asked, ["host"]);
});

test("the set-up opens for whoever asks for it in our questions", async () => {
  for (const sender of [page, popup]) {
    asked.length = 0;
    await say({ type: "setUp" }, sender);
    await Promise.resolve();
    assert.deepEqual(asked, [`${OWN}welcome/welcome.html`]);
  }
  asked.length = 0;
  await say({ type: "setUp" }, { ...page, id: "another" });
  assert.deepEqual(asked, []);
});

test("what nobody knows is answered by nobody", async () => {
  for (const message of [null, 7, {}, { type: "toString" }, { type: "__proto__" }])
    for (const sender of [page, popup]) assert.equal(await say(message, sender), undefined);
});
