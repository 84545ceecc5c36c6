// How many photos of a selection are under way at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const MIB = 1024 * 1024;

/** Settles files of these sizes; photos end in the order in which they began. */
async function settle(sizes) {
  const begun = [];
  const seen = { most: 0, bytes: 0, more: [] };
  const fawkes = {
    protection: { settled: async () => "on" },
    approval: { isApproved: () => false },
    memory: { recall: () => null, remember() {} },
    photoKinds: { isPhoto: async () => true },
    toast: {
      open: (files) => ({
        lines: files.map(() => ({ onCancel() {}, isCancelled: () => false, done() {} })),
        finish() {},
      }),
    },
    cloaking: {
      cloak: (file, { more }) => {
        seen.more.push(more);
        const promise = new Promise((resolve) => begun.push({ file, resolve }));
        seen.most = Math.max(seen.most, begun.length);
        seen.bytes = Math.max(
          seen.bytes,
          begun.reduce((sum, one) => sum + one.file.size, 0),
        );
        return promise;
      },
    },
  };
  const globals = { fawkes, AbortController };
  const { selection } = load(["shared/limits.js", "content/selection.js"], globals);
  const files = sizes.map((size, at) => ({ size, name: `${at}.jpg` }));
  const settled = selection.settle(files, new AbortController().signal);
  for (let ended = 0; ended < sizes.length; ) {
    await new Promise((resolve) => setTimeout(resolve));
    const next = begun.shift();
    if (!next) continue;
    ended += 1;
    next.resolve({ file: next.file, status: "cloaked", receipt: null });
  }
  assert.deepEqual([...(await settled)], files);
  return seen;
}

test("twelve photos are under way at once, and each tells how many follow", async () => {
  const { most, more } = await settle(Array(15).fill(1 * MIB));
  assert.equal(most, 12);
  assert.deepEqual(more.slice(0, 4), [11, 10, 9, 8]);
  assert.equal(more[14], 0);
});

test("large photos are fewer at once, and no more are told than follow", async () => {
  const { most, bytes, more } = await settle(Array(9).fill(20 * MIB));
  assert.deepEqual([most, bytes], [3, 60 * MIB]);
  assert.deepEqual(more.slice(0, 3), [2, 1, 0]);
});

test("a photo beyond the limit of bytes goes by itself", async () => {
  const { most, more } = await settle([90 * MIB, 90 * MIB]);
  assert.deepEqual([most, more], [1, [0, 0]]);
});

/** Whether the original may go up when cloaking fails with this code. */
async function isOffered(code, hostMissing) {
  const offered = [];
  const fawkes = {
    protection: {
      settled: async () => "on",
      mayAskWithoutHost: () => hostMissing !== "block",
    },
    photoKinds: { isPhoto: async () => true },
    memory: { recall: () => null, remember() {} },
    toast: {
      open: (files) => ({
        lines: files.map(() => ({ onCancel() {}, isCancelled: () => false })),
        ask: async (_line, _fault, { original }) => {
          offered.push(original);
          return "cancel";
        },
      }),
    },
    cloaking: {
      tell() {},
      cloak: () => Promise.reject(Object.assign(new Error(code), { code })),
    },
  };
  const globals = { fawkes, AbortController };
  const { selection } = load(["shared/limits.js", "content/selection.js"], globals);
  await selection.settle([{ size: 1, name: "a.jpg" }], new AbortController().signal);
  return offered;
}

test("with the setting 'block' the original is offered only for what the photo itself is", async () => {
  for (const code of ["too_many_faces", "damaged_image", "too_many_bytes"])
    assert.deepEqual(await isOffered(code, "block"), [true], code);
  for (const code of ["host_missing", "host_gone", "engine_crashed", "internal", "of_next_year"]) {
    assert.deepEqual(await isOffered(code, "block"), [false], code);
    assert.deepEqual(await isOffered(code, "ask"), [true], code);
  }
});
