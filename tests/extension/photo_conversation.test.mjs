import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, test } from "node:test";
import { moduleAt } from "./load.mjs";
import { chromeWith, FakePort, goldenHost } from "./native_host.mjs";

const golden = JSON.parse(
  readFileSync(new URL("../data/frames/conversation.json", import.meta.url)),
);
const { NativePort } = await import(moduleAt("background/native_port.js"));
const { Gathering, serve } = await import(moduleAt("background/photo_conversation.js"));

/** A background with these settings, whose host goes through the golden conversation. */
function background({ settings, answer } = {}) {
  const native = answer ? Object.assign(new FakePort(), { answer }) : goldenHost(new FakePort());
  const kept = { local: { settings }, session: {} };
  const area = (name) => ({
    get: async (key) => ({ [key]: kept[name][key] }),
    set: async (values) => Object.assign(kept[name], values),
  });
  globalThis.chrome = chromeWith([native]);
  globalThis.chrome.storage = { local: area("local"), session: area("session") };
  const host = new NativePort({ onHost() {} });
  opened.push(host);
  return { host, native, kept };
}
const opened = [];
// An open port rests on a timer of minutes, for which Node would wait.
afterEach(() => {
  for (const host of opened.splice(0)) host.close();
});

/** The content script's port, and what was said on it. */
function content(tab) {
  const port = new FakePort();
  port.sender = { id: "fawkes", tab };
  return port;
}
const until = async (condition) => {
  for (let turn = 0; turn < 500 && !condition(); turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 2));
  assert.ok(condition());
};
function sendPhoto(port) {
  port.say({ type: "begin", name: "a.jpg", size: 12 });
  port.say({ type: "chunk", data: golden.photo });
  port.say({ type: "end" });
}

test("a content script's photo comes back, with its progress, and is remembered", async () => {
  const { host, kept } = background();
  const port = content();
  serve(port, host);
  sendPhoto(port);
  await until(() => kept.local.counts);
  const kinds = port.sent.map(({ type }) => type);
  assert.equal(kinds[0], "send");
  assert.deepEqual(kinds.slice(-3), ["result", "chunk", "end"]);
  assert.ok(kinds.includes("progress"));
  assert.equal(port.sent.at(-2).data, golden.photo);
  const [recent] = kept.session.recents;
  assert.equal(recent.name, "a.jpg");
  assert.equal(recent.status, port.sent.at(-3).status);
});

test("the level is that of the tab, and what was on before where it is off by now", async () => {
  const settings = { level: "mid", sites: { "example.org": "high" } };
  for (const [url, level, changed] of [
    ["https://www.example.org/a", "high", settings],
    ["https://example.net/", "mid", settings],
    ["https://example.net/", "low", { level: "off", levelBeforeOff: "low" }],
  ]) {
    const { host, native, kept } = background({ settings: changed });
    const port = content({ id: 1, url });
    serve(port, host);
    sendPhoto(port);
    await until(() => kept.local.counts);
    assert.equal(native.sent.find(({ type }) => type === "cloak").level, level);
  }
});

test("where photos become decoys, nothing of the donor's metadata goes along", async () => {
  const settings = { level: "mid", policy: "keep", sites: { "example.org": "decoy" } };
  for (const [url, level, policy] of [
    ["https://example.org/", "decoy", "strip"],
    ["https://example.net/", "mid", "keep"],
  ]) {
    const { host, native, kept } = background({ settings });
    const port = content({ id: 1, url });
    serve(port, host);
    sendPhoto(port);
    await until(() => kept.local.counts);
    const asked = native.sent.find(({ type }) => type === "cloak");
    assert.deepEqual([asked.level, asked.policy], [level, policy]);
  }
});

test("a photo of a private window is announced as one, and leaves nothing", async () => {
  const { host, native, kept } = background();
  const port = content({ id: 1, incognito: true });
  serve(port, host);
  sendPhoto(port);
  await until(() => port.sent.some(({ type }) => type === "end"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(native.sent.find(({ type }) => type === "cloak").private, true);
  assert.equal(kept.session.recents, undefined);
  assert.equal(kept.local.counts, undefined);

  const broken = content({ id: 1, incognito: true });
  serve(broken, host);
  broken.say({ type: "begin", name: "a.jpg", size: 12 });
  broken.say({ type: "chunk", data: 7 });
  await until(() => broken.sent.some(({ type }) => type === "error"));
  assert.equal(kept.session.recents, undefined);
});

test("a tab has so much under way and no more, until it lets go", async () => {
  const { host, native } = background();
  const begin = { type: "begin", name: "a.jpg", size: 100 * 1024 * 1024 };
  const opened = Array.from({ length: 6 }, () => content({ id: 7 }));
  for (const port of opened) {
    serve(port, host);
    port.say(begin);
  }
  const answers = () => opened.map(({ sent }) => sent[0]?.type);
  await until(() => answers().every(Boolean));
  assert.deepEqual(answers(), ["send", "send", "send", "send", "send", "error"]);
  assert.equal(opened[5].sent[0].code, "busy");
  await until(() => !opened[5].open);
  const another = content({ id: 8 });
  serve(another, host);
  another.say(begin);
  assert.equal(another.sent[0].type, "send");
  opened[0].break();
  const next = content({ id: 7 });
  serve(next, host);
  next.say(begin);
  assert.equal(next.sent[0].type, "send");
  for (const port of [...opened.slice(1, 5), another, next]) port.break();

  const many = Array.from({ length: 65 }, () => content({ id: 7 }));
  for (const port of many) {
    serve(port, host);
    port.say({ ...begin, size: 1 });
  }
  assert.equal(many.filter(({ sent }) => sent[0]?.type === "send").length, 64);
  for (const port of many.slice(0, 64)) port.break();
  assert.ok(!native.sent.some(({ type }) => type === "cloak"));
});

test("a content script that breaks the rules is refused, and nothing reaches the host", async () => {
  const { host, native } = background();
  const port = content();
  serve(port, host);
  port.say({ type: "end" });
  await until(() => port.sent.length === 1);
  assert.equal(port.sent[0].code, "bad_message");
  assert.ok(!native.sent.some(({ type }) => type === "cloak"));
});

test("a page that is gone cancels its photo, and is told and remembered nothing", async () => {
  const answer = ({ type }) => {
    if (type === "hello") queueMicrotask(() => native.say(golden.host[0]));
  };
  const { host, native, kept } = background({ answer });
  const port = content();
  serve(port, host);
  sendPhoto(port);
  await until(() => native.sent.some(({ type }) => type === "end"));
  port.break();
  await until(() => native.sent.some(({ type }) => type === "cancel"));
  assert.deepEqual(
    port.sent.map(({ type }) => type),
    ["send"],
  );
  assert.equal(kept.session.recents, undefined);
});

test("a photo that comes as a file goes back as one", async () => {
  const { host, kept } = background();
  const port = new FakePort();
  port.sender = { id: "fawkes" };
  port.postMessage = (message) => port.sent.push(message);
  serve(port, host);
  const bytes = Buffer.from(golden.photo, "base64");
  port.say({ type: "begin", name: "a.jpg", size: 12, file: new Blob([bytes]) });
  await until(() => kept.local.counts);
  assert.deepEqual(port.sent.map(({ type }) => type).slice(-2), ["result", "end"]);
  assert.ok(!port.sent.some(({ type }) => type === "send"));
  assert.deepEqual(Buffer.from(await port.sent.at(-2).file.arrayBuffer()), bytes);
});

test("a file that cannot be read, or is another than was announced, is refused", async () => {
  const unreadable = new Blob(["twelve bytes"]);
  unreadable.arrayBuffer = () => Promise.reject(new Error("NotReadableError"));
  for (const file of [unreadable, new Blob(["other"])]) {
    const { host, native } = background();
    const port = content();
    serve(port, host);
    port.say({ type: "begin", name: "a.jpg", size: 12, file });
    await until(() => port.sent.length === 1);
    assert.equal(port.sent[0].code, "unreadable_input");
    assert.ok(!native.sent.some(({ type }) => type === "cloak"));
  }
});

test("a photo is gathered piece by piece where no file comes through", async () => {
  const gathering = new Gathering();
  // What JSON makes of a file.
  assert.equal(gathering.take({ type: "begin", name: "a.jpg", size: 12, file: {} }), "begun");
  assert.equal(gathering.take({ type: "chunk", data: golden.photo }), "more");
  assert.equal(gathering.take({ type: "end" }), "whole");
  assert.deepEqual(Buffer.from(await gathering.bytes()), Buffer.from(golden.photo, "base64"));
  assert.deepEqual(gathering.about, { name: "a.jpg", size: 12, accept: [], more: 0 });
  const choosy = new Gathering();
  choosy.take({ type: "begin", name: "a.heic", size: 12, accept: ["image/jpeg"], more: 3 });
  assert.deepEqual(choosy.about.accept, ["image/jpeg"]);
  assert.equal(choosy.about.more, 3);
});

test("a content script that says something else is refused", async () => {
  const refuse = (code, ...messages) => {
    const gathering = new Gathering();
    const last = messages.pop();
    for (const message of messages) gathering.take(message);
    assert.throws(() => gathering.take(last), { code });
  };
  const begin = { type: "begin", name: "a", size: 3 };
  refuse("bad_message", { type: "end" });
  refuse("bad_message", { type: "chunk", data: "AAAA" });
  refuse("bad_message", begin, begin);
  refuse("bad_message", begin, { type: "chunk", data: 7 });
  refuse("bad_message", { ...begin, size: -1 });
  refuse("bad_message", { ...begin, size: "3" });
  refuse("bad_message", { ...begin, accept: "image/jpeg" });
  refuse("bad_message", { ...begin, accept: [7] });
  refuse("bad_message", { ...begin, more: "3" });
  refuse("bad_message", { ...begin, more: -1 });
  refuse("too_many_bytes", { ...begin, size: 2 ** 30 });
  refuse("transfer_damaged", begin, { type: "chunk", data: "A".repeat(400) });
  const short = new Gathering();
  short.take(begin);
  short.take({ type: "end" });
  await assert.rejects(short.bytes(), { code: "transfer_damaged" });
});
