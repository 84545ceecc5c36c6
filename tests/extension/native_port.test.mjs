import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import { moduleAt } from "./load.mjs";
import { chromeWith, FakePort, goldenHost } from "./native_host.mjs";

const golden = JSON.parse(
  readFileSync(new URL("../data/frames/conversation.json", import.meta.url)),
);
const { NativePort, faultOfDisconnect } = await import(moduleAt("background/native_port.js"));
const { Assembly, cloak } = await import(moduleAt("background/photos.js"));

const states = [];
const opened = [];
function hostOver(...ports) {
  globalThis.chrome = chromeWith(ports);
  states.length = 0;
  opened.push(new NativePort({ onHost: (host) => states.push(host.state) }));
  return opened.at(-1);
}
// An open port rests on a timer of minutes, for which Node would wait.
afterEach(() => {
  for (const host of opened.splice(0)) host.close();
});

const HELLO = golden.host.find(({ type }) => type === "hello");
const greeting = (port) => {
  port.answer = (message) => {
    if (message.type === "hello") queueMicrotask(() => port.say(HELLO));
  };
  return port;
};
const until = async (condition) => {
  for (let turn = 0; turn < 500 && !condition(); turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 2));
  assert.ok(condition());
};
const options = (more = {}) => ({
  level: "mid",
  policy: "strip-location",
  signal: new AbortController().signal,
  onProgress() {},
  ...more,
});
const { accept } = golden.client.find(({ type }) => type === "cloak");
const photo = {
  bytes: new Uint8Array(Buffer.from(golden.photo, "base64")),
  accept,
  more: 0,
  private: false,
};
/** A photo of so many chunks. */
const photoOf = (chunks) => ({ ...photo, bytes: new Uint8Array(chunks * 512 * 1024) });

test("the golden conversation gives the photo back", async () => {
  const port = goldenHost(new FakePort());
  const progress = [];
  const result = await cloak(
    hostOver(port),
    photo,
    options({ onProgress: (p) => progress.push(p.stage) }),
  );
  assert.equal(result.status, golden.host.find(({ type }) => type === "result").status);
  assert.deepEqual(result.bytes, photo.bytes);
  assert.ok(progress.length > 0);
});

test("what is sent is the golden conversation", async () => {
  const port = goldenHost(new FakePort());
  await cloak(hostOver(port), photo, options());
  const { id } = port.sent.find(({ type }) => type === "cloak");
  const expected = golden.client.map((message) => ("id" in message ? { ...message, id } : message));
  const sent = port.sent.map((message) =>
    "deadline_s" in message ? { ...message, deadline_s: 300 } : message,
  );
  assert.deepEqual(sent, expected);
  assert.match(id, /^[A-Za-z0-9_-]{1,64}$/);
});

test("a result that is not what was announced is refused", async () => {
  const spoil = {
    "another sum": (m) => (m.type === "result" ? { ...m, sha256: "0".repeat(64) } : m),
    "too short": (m) => (m.type === "result" ? { ...m, size: 13 } : m),
    "too long": (m) => (m.type === "result" ? { ...m, size: 11 } : m),
    "absurdly large": (m) => (m.type === "result" ? { ...m, size: 2 ** 40 } : m),
    "a gap": (m) => (m.type === "chunk" ? { ...m, index: 1 } : m),
    "no result": (m) =>
      m.type === "result" ? { type: "progress", id: m.id, stage: "x", fraction: 0, faces: 0 } : m,
  };
  for (const [name, change] of Object.entries(spoil)) {
    const port = goldenHost(new FakePort());
    const say = port.say.bind(port);
    port.say = (message) => say(change(message));
    await assert.rejects(
      cloak(hostOver(port), photo, options()),
      { code: "transfer_damaged" },
      name,
    );
  }
});

test("no more chunks are under way than the host allows", async () => {
  const port = greeting(new FakePort());
  const host = hostOver(port);
  HELLO.limits.window_chunks = 3;
  const done = cloak(host, photoOf(10), options());
  done.catch(() => {});
  const count = () => port.sent.filter(({ type }) => type === "chunk").length;
  await until(() => count() === 3);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(count(), 3);
  const { id } = port.sent.find(({ type }) => type === "chunk");
  port.say({ type: "ack", id, index: 0 });
  await until(() => count() === 4);
  port.say({ type: "error", id, code: "out_of_memory", parameters: {} });
  await assert.rejects(done, { code: "out_of_memory" });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(count(), 4);
});

test("a photo that ended with an error leaves its room to the next", async () => {
  const port = greeting(new FakePort());
  const host = hostOver(port);
  const first = cloak(host, photoOf(5), options());
  first.catch(() => {});
  const of = (id) =>
    port.sent.filter((message) => message.type === "chunk" && message.id === id).length;
  await until(() => port.sent.some(({ type }) => type === "chunk"));
  const { id } = port.sent.find(({ type }) => type === "chunk");
  await until(() => of(id) === 3);
  const second = cloak(host, photoOf(5), options());
  second.catch(() => {});
  await until(() => port.sent.filter(({ type }) => type === "cloak").length === 2);
  port.say({ type: "error", id, code: "busy_not", parameters: {} });
  await assert.rejects(first, { code: "busy_not" });
  await until(() => port.sent.filter((m) => m.type === "chunk" && m.id !== id).length === 3);
  port.break("Native host has exited.");
  await assert.rejects(second, { code: "host_gone" });
});

test("a host that is not there is told from one that is forbidden or broken", () => {
  const code = (sentence, greeted) => faultOfDisconnect(sentence, greeted).code;
  assert.equal(code("Specified native messaging host not found.", false), "host_missing");
  assert.equal(code("No such native application org.fawkes.host", false), "host_missing");
  assert.equal(
    code("Access to the specified native messaging host is forbidden.", false),
    "host_forbidden",
  );
  assert.equal(code("Native host has exited.", false), "host_broken");
  assert.equal(code("", false), "host_broken");
  assert.equal(code("Native host has exited.", true), "host_gone");
  assert.equal(code("", true), "host_gone");
});

test("a missing host is a state, and the next photo asks again", async () => {
  const absent = new FakePort();
  absent.dead = "Specified native messaging host not found.";
  const host = hostOver(absent, goldenHost(new FakePort()));
  await assert.rejects(cloak(host, photo, options()), { code: "host_missing" });
  assert.equal(host.host.state, "missing");
  assert.equal((await cloak(host, photo, options())).status, "cloaked");
  assert.notEqual(host.host.state, "missing");
});

test("a host that breaks under photos tells all of them", async () => {
  const port = greeting(new FakePort());
  const host = hostOver(port);
  const both = [cloak(host, photo, options()), cloak(host, photo, options())];
  await until(() => port.sent.filter(({ type }) => type === "end").length === 2);
  port.break("Native host has exited.");
  for (const one of both) await assert.rejects(one, { code: "host_gone" });
});

test("a host of an older protocol is asked for no photo", async () => {
  const port = new FakePort();
  port.answer = ({ type }) => {
    if (type === "hello") queueMicrotask(() => port.say({ ...HELLO, protocol: 0 }));
  };
  const host = hostOver(port);
  await assert.rejects(cloak(host, photo, options()), { code: "host_outdated" });
  assert.equal(host.host.state, "outdated");
  assert.ok(!port.sent.some(({ type }) => type === "cloak"));
});

test("a newer host that does not speak ours makes the extension the older one", async () => {
  const port = new FakePort();
  port.answer = ({ type, id }) => {
    if (type === "hello") queueMicrotask(() => port.say({ ...HELLO, protocol: 3 }));
    if (type === "cloak")
      queueMicrotask(() =>
        port.say({
          type: "error",
          id,
          code: "protocol_unsupported",
          parameters: { protocol: 1, supported: "3" },
        }),
      );
  };
  const host = hostOver(port);
  await assert.rejects(cloak(host, photo, options()), { code: "protocol_unsupported" });
  assert.equal(host.host.fault.code, "extension_outdated");
});

test("whether host or extension is to be updated is known from the greeting", async () => {
  for (const [protocol, code] of [
    [1, undefined],
    [0, "host_outdated"],
    [2, "extension_outdated"],
  ]) {
    const port = new FakePort();
    port.answer = ({ type }) => {
      if (type !== "hello") return;
      queueMicrotask(() => port.say({ ...HELLO, protocol }));
      const parameters = { protocol: 1, supported: protocol };
      if (protocol !== 1)
        queueMicrotask(() =>
          port.say({ type: "error", id: null, code: "protocol_unsupported", parameters }),
        );
    };
    const host = hostOver(port);
    await host.ready({ wake: false }).catch(() => {});
    await until(() => host.host.state !== "unknown" && (host.host.fault || protocol === 1));
    assert.equal(host.host.fault?.code, code);
    assert.equal(host.host.state === "outdated", code !== undefined);
  }
});

test("cancelling tells the host", async () => {
  const port = greeting(new FakePort());
  const abort = new AbortController();
  const job = cloak(hostOver(port), photo, options({ signal: abort.signal }));
  await until(() => port.sent.some(({ type }) => type === "end"));
  abort.abort();
  await assert.rejects(job, { code: "cancelled" });
  assert.equal(port.sent.at(-1).type, "cancel");
});

test("cancelling ends a photo that waits for room to be sent", async () => {
  const port = greeting(new FakePort());
  const abort = new AbortController();
  const job = cloak(hostOver(port), photoOf(10), options({ signal: abort.signal }));
  await until(() => port.sent.filter(({ type }) => type === "chunk").length === 3);
  abort.abort();
  await assert.rejects(job, { code: "cancelled" });
});

test("messages nobody asked for change nothing", async () => {
  const port = goldenHost(new FakePort());
  const host = hostOver(port);
  await host.ready();
  for (const message of [
    null,
    1,
    {},
    { type: "colour" },
    { type: "result", id: "x" },
    { type: "ack", id: "x" },
    { type: "error", id: null, code: "bad_message" },
    { type: "end" },
  ])
    port.say(message);
  assert.equal((await cloak(host, photo, options())).status, "cloaked");
});

test("chunks that do not make up the announced size are refused", () => {
  const damaged = { code: "transfer_damaged" };
  const of = (size, ...chunks) => {
    const assembly = new Assembly(size);
    for (const chunk of chunks) assembly.add(chunk);
    return assembly.whole();
  };
  assert.throws(() => of(4, "AAAA"), damaged);
  assert.throws(() => of(2, "AAAA"), damaged);
  assert.throws(() => of(3, "AAAA", "AAAA"), damaged);
  assert.throws(() => of(3, "A".repeat(400)), damaged);
  assert.deepEqual([...of(7, "AAAA", "AQID", "BA==")], [0, 0, 0, 1, 2, 3, 4]);
});

test("the program is asked to look at itself, and may not know the question", async () => {
  const checks = [{ check: "python", state: "ok" }];
  const port = greeting(new FakePort());
  const host = hostOver(port);
  const asked = host.examine();
  await until(() => port.sent.some(({ type }) => type === "doctor"));
  port.say({ type: "doctor", checks });
  assert.deepEqual(await asked, checks);
  const again = host.examine();
  await until(() => port.sent.filter(({ type }) => type === "doctor").length === 2);
  port.say({ type: "error", code: "bad_message", parameters: {}, id: null });
  assert.equal(await again, null);
});
