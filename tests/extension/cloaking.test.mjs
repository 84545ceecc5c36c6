import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

/**
 * The background, as far as a content script sees it: answers every photo with the same result.
 * `clones`: the browser clones messages, so that files come through.
 */
function cloakingWith(notices, sent = [], clones = true) {
  const listeners = [];
  const port = {
    onMessage: { addListener: (listener) => listeners.push(listener) },
    onDisconnect: { addListener() {} },
    disconnect() {},
    postMessage(message) {
      sent.push(message);
      const say = (answer) => {
        for (const listener of listeners) listener(answer);
      };
      if (message.type === "begin" && !clones) return say({ type: "send" });
      if (message.type === "chunk") return;
      const receipt = { level: "mid", policy: "keep", seconds: 1, engine: "1", faces: [], notices };
      const file = new Blob([new Uint8Array([0xff, 0xd8, 0xff])]);
      say({ type: "result", status: "cloaked", receipt, ...(clones ? { file } : {}) });
      if (!clones) say({ type: "chunk", data: "/9j/" });
      say({ type: "end" });
    },
  };
  const chrome = { runtime: { id: "x", connect: () => port } };
  const globals = { chrome, Blob, File, AbortController, Uint8Array, btoa, atob };
  return load(["shared/limits.js", "shared/base64.js", "content/cloaking.js"], globals).cloaking;
}

const options = (accept) => ({ accept, signal: new AbortController().signal, onProgress() {} });
const photo = (name, type) => new File(["photo"], name, { type, lastModified: 1_600_000_000_000 });

test("what the page takes goes along with the photo", async () => {
  const sent = [];
  await cloakingWith([], sent).cloak(photo("a.heic", "image/heic"), options(["image/jpeg"]));
  const { type, name, size, accept } = sent[0];
  assert.deepEqual(
    { type, name, size, accept },
    {
      type: "begin",
      name: "a.heic",
      size: 5,
      accept: ["image/jpeg"],
    },
  );
});

test("a photo goes as a file where that comes through, and else in chunks", async () => {
  for (const clones of [true, false]) {
    const sent = [];
    const original = photo("a.jpg", "image/jpeg");
    const { file } = await cloakingWith([], sent, clones).cloak(original, options([]));
    assert.deepEqual(
      sent.map(({ type }) => type),
      clones ? ["begin"] : ["begin", "chunk", "end"],
    );
    assert.equal(sent[0].file, original);
    if (!clones) assert.equal(atob(sent[1].data), "photo");
    assert.deepEqual([...new Uint8Array(await file.arrayBuffer())], [0xff, 0xd8, 0xff]);
  }
});

test("a photo that keeps its format keeps its name", async () => {
  const { file } = await cloakingWith(["maker_note_removed"]).cloak(
    photo("IMG_1.HEIC", "image/heic"),
    options([]),
  );
  assert.equal(file.name, "IMG_1.HEIC");
  assert.equal(file.type, "image/heic");
});

test("a photo that became a PNG is called one", async () => {
  const { file } = await cloakingWith(["converted_to_png"]).cloak(
    photo("still.GIF", "image/gif"),
    options([]),
  );
  assert.equal(file.name, "still.png");
  assert.equal(file.type, "image/png");
});

test("a photo that became a JPEG is called one", async () => {
  const names = { "IMG_1.HEIC": "IMG_1.jpg", "a.b.avif": "a.b.jpg", photo: "photo.jpg" };
  for (const [name, expected] of Object.entries(names)) {
    const { file } = await cloakingWith(["converted_to_jpeg"]).cloak(
      photo(name, "image/heic"),
      options(["image/jpeg"]),
    );
    assert.equal(file.name, expected);
    assert.equal(file.type, "image/jpeg");
    assert.equal(file.lastModified, 1_600_000_000_000);
  }
});
