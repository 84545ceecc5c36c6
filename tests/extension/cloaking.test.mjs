import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

/** The background, as far as a content script sees it: answers every photo with the same result. */
function cloakingWith(notices, sent = []) {
  const listeners = [];
  const port = {
    onMessage: { addListener: (listener) => listeners.push(listener) },
    onDisconnect: { addListener() {} },
    disconnect() {},
    postMessage(message) {
      sent.push(message);
      if (message.type !== "end") return;
      const receipt = { level: "mid", policy: "keep", seconds: 1, engine: "1", faces: [], notices };
      for (const answer of [
        { type: "result", status: "cloaked", receipt },
        { type: "chunk", data: "/9j/" },
        { type: "end" },
      ])
        for (const listener of listeners) listener(answer);
    },
  };
  const chrome = { runtime: { id: "x", connect: () => port } };
  const globals = { chrome, File, AbortController, Uint8Array, btoa, atob };
  return load(["shared/limits.js", "content/cloaking.js"], globals).cloaking;
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

test("a photo that keeps its format keeps its name", async () => {
  const { file } = await cloakingWith(["maker_note_removed"]).cloak(
    photo("IMG_1.HEIC", "image/heic"),
    options([]),
  );
  assert.equal(file.name, "IMG_1.HEIC");
  assert.equal(file.type, "image/heic");
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
