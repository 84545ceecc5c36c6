// What is remembered of the photos that were cloaked, and for how long.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const MIB = 1024 * 1024;

function start() {
  let changed = () => {};
  const timers = new Map();
  const fawkes = {
    settings: { watch: (listener) => (changed = listener) },
    photoKinds: { mayBePhoto: ({ name }) => name.endsWith(".jpg") },
  };
  const globals = {
    fawkes,
    setTimeout: (callback) => timers.set(callback, callback) && callback,
    clearTimeout: (timer) => timers.delete(timer),
  };
  const { memory, limits } = load(["shared/limits.js", "content/memory.js"], globals);
  const expire = () => {
    for (const callback of [...timers.keys()]) callback();
  };
  return { memory, limits, expire, timers, change: () => changed() };
}

const photo = (name, size = 1) => ({ name, size, type: "image/jpeg", lastModified: 7 });
const cloaked = (file) => ({ file: { ...file, cloaked: true }, status: "cloaked", receipt: null });

test("a photo that is chosen again is known by name, size, type, date and what the page takes", () => {
  const { memory } = start();
  const me = photo("me.jpg");
  memory.remember(me, [], cloaked(me));
  assert.equal(memory.recall({ ...me }, []).file.cloaked, true);
  assert.equal(memory.recall({ ...me, size: 2 }, []), null);
  assert.equal(memory.recall({ ...me, lastModified: 8 }, []), null);
  assert.equal(memory.recall(me, ["image/jpeg"]), null);
});

test("a selection is answered where every photo of it is known", () => {
  const { memory } = start();
  const [me, you, letter] = [photo("me.jpg"), photo("you.jpg"), photo("letter.pdf")];
  memory.remember(me, [], cloaked(me));
  assert.deepEqual([...memory.answer([letter, me], [])], [letter, { ...me, cloaked: true }]);
  assert.equal(memory.answer([me, you], []), null);
  assert.equal(memory.answer([letter], []), null);
});

test("the oldest are forgotten beyond a number and beyond their bytes", () => {
  const { memory, limits, timers } = start();
  const many = Array.from({ length: limits.rememberedPhotos + 2 }, (_, at) => photo(`${at}.jpg`));
  for (const one of many) memory.remember(one, [], cloaked(one));
  assert.equal(memory.recall(many[1], []), null);
  assert.notEqual(memory.recall(many[2], []), null);
  assert.equal(timers.size, limits.rememberedPhotos);
  const large = [photo("a.jpg", 40 * MIB), photo("b.jpg", 40 * MIB)];
  for (const one of large) memory.remember(one, [], cloaked(one));
  assert.equal(memory.recall(large[0], []), null);
  assert.notEqual(memory.recall(large[1], []), null);
  const huge = photo("c.jpg", 90 * MIB);
  memory.remember(huge, [], cloaked(huge));
  assert.equal(memory.recall(huge, []), null);
});

test("all is forgotten in time, and at once when settings change", () => {
  for (const way of ["expire", "change"]) {
    const started = start();
    const me = photo("me.jpg");
    started.memory.remember(me, [], cloaked(me));
    started[way]();
    assert.equal(started.memory.recall(me, []), null);
    assert.equal(started.timers.size, 0);
  }
});
