// A file is no original when the page has had it, whatever another is called.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

function start() {
  const urls = new Map();
  class XMLHttpRequest {
    open(_method, url) {
      this.file = urls.get(url);
    }
    overrideMimeType() {}
    send() {
      if (this.file.locked) throw new Error("sync-xhr");
      this.responseText = this.file.text;
    }
  }
  const url = {
    createObjectURL: (file) => {
      urls.set(`blob:${urls.size}`, file);
      return `blob:${urls.size - 1}`;
    },
    revokeObjectURL: () => {},
  };
  const globals = { XMLHttpRequest, URL: url, WeakRef };
  return load(["shared/limits.js", "shared/read_now.js", "content/approval.js"], globals).approval;
}

const photo = (text, more = {}) => ({
  name: "me.jpg",
  size: 4,
  type: "image/jpeg",
  lastModified: 7,
  text,
  ...more,
});

test("a file and its copy are known, another that is named alike is not", () => {
  const { approve, isApproved } = start();
  const mine = photo("safe");
  approve([mine]);
  assert.equal(isApproved(mine), true);
  assert.equal(isApproved(photo("safe")), true);
  assert.equal(isApproved(photo("face")), false);
});

test("a copy that cannot be read is not known", () => {
  const { approve, isApproved } = start();
  approve([photo("safe")]);
  assert.equal(isApproved(photo("safe", { locked: true })), false);
});

test("of many files, the last are compared with", () => {
  const { approve, isApproved } = start();
  approve(Array.from({ length: 100 }, (_, at) => photo("safe", { lastModified: at })));
  assert.equal(isApproved(photo("safe", { lastModified: 99 })), true);
  assert.equal(isApproved(photo("safe", { lastModified: 0 })), false);
});
