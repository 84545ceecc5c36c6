import assert from "node:assert/strict";
import { test } from "node:test";
import { load, plain } from "./load.mjs";

const { accept } = load(["shared/accept.js"]);

const CASES = {
  "": [],
  "image/jpeg,image/png": ["image/jpeg", "image/png"],
  " Image/JPEG , .PNG": ["image/jpeg", "image/png"],
  ".jpg,.jpeg,.jpe": ["image/jpeg"],
  "image/jpg": ["image/jpeg"],
  ".heic,.heif,image/avif": ["image/heic", "image/heif", "image/avif"],
  "image/*": [],
  "image/jpeg,image/*": [],
  "*/*": [],
  // Nothing about photos: a photo that is chosen all the same goes as it is.
  "application/pdf,.docx": [],
  "application/pdf,.jpg,video/*": ["image/jpeg"],
  "image/svg+xml,,": [],
  "jpg,constructor,__proto__,.toString": [],
};

for (const [attribute, expected] of Object.entries(CASES)) {
  test(`accept="${attribute}" means ${expected.join(" and ") || "any photo"}`, () => {
    assert.deepEqual(plain(accept.mediaTypes(attribute)), expected);
  });
}
