import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { photoKinds } = load(["shared/limits.js", "shared/read_now.js", "shared/photo_kinds.js"]);
const { kindOf, isPhoto } = photoKinds;

const bytes = (...parts) =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "string" ? [...part].map((c) => c.charCodeAt(0)) : part,
    ),
  );
const box = (brand, ...compatible) =>
  bytes([0, 0, 0, 16 + 4 * compatible.length], "ftyp", brand, [0, 0, 0, 0], ...compatible);

const cases = {
  "a JPEG is a photo": [[0xff, 0xd8, 0xff, 0xe0], "photo"],
  "a PNG is a photo": [bytes("\x89PNG\r\n\x1a\n"), "photo"],
  "a GIF is for the host to judge": [bytes("GIF89a"), "photo"],
  "a WebP is a photo": [bytes("RIFF", [0, 0, 0, 0], "WEBPVP8 "), "photo"],
  "a sound in RIFF is unknown": [bytes("RIFF", [0, 0, 0, 0], "WAVEfmt "), "unknown"],
  "a HEIC is a photo": [box("heic", "mif1"), "photo"],
  "an AVIF is a photo": [box("avif"), "photo"],
  "an AVIF sequence is for the host to judge": [box("avis"), "photo"],
  "a HEIF sequence is for the host to judge": [box("msf1", "hevc"), "photo"],
  "a picture that calls itself a film first is a photo": [box("isom", "mp42", "mif1"), "photo"],
  "a raw photo of a camera is a photo": [box("crx ", "isom"), "photo"],
  "a film is something else": [box("isom", "mp42", "avc1"), "other"],
  "a brand beyond its box is none": [[...box("isom"), ...bytes("mif1")], "other"],
  "a TIFF is a photo": [bytes("II*\0", [8, 0, 0, 0]), "photo"],
  "a big-endian TIFF is a photo": [bytes("MM\0*", [0, 0, 0, 8]), "photo"],
  "a BMP is a photo": [
    bytes("BM", [0, 1, 0, 0], [1, 2, 3, 4], [54, 0, 0, 0, 40, 0, 0, 0]),
    "photo",
  ],
  "a JPEG XL is a photo": [bytes("\0\0\0\x0cJXL \r\n\x87\n"), "photo"],
  "a JPEG 2000 is a photo": [bytes("\0\0\0\x0cjP  \r\n\x87\n"), "photo"],
  "a text that begins with BM is unknown": [bytes("BMW drivers of the world"), "unknown"],
  "an icon is something else": [bytes("\0\0\x01\0", [1, 0]), "other"],
  "a PDF is something else": [bytes("%PDF-1.7"), "other"],
  "an SVG is something else": [bytes("\n <svg xmlns="), "other"],
  "an archive is something else": [bytes("PK\x03\x04"), "other"],
  "nothing is unknown": [[], "unknown"],
};

for (const [name, [content, kind]] of Object.entries(cases))
  test(name, () => assert.equal(kindOf(Uint8Array.from(content)), kind));

test("no cut of any file makes it throw or hang", () => {
  for (const [content] of Object.values(cases))
    for (let end = 0; end <= content.length; end += 1)
      kindOf(Uint8Array.from(content).subarray(0, end));
});

const file = (content, name, type) => new File([Uint8Array.from(content)], name, { type });

/** What the browser provides for a request that waits. */
const look = (asked) => ({
  File,
  performance,
  URL: {
    createObjectURL: (blob) => {
      asked.push(blob);
      return "blob:1";
    },
    revokeObjectURL: () => {},
  },
  XMLHttpRequest: class {
    open() {}
    overrideMimeType() {}
    send() {
      const blob = asked.at(-1);
      if (blob.refused) throw new Error("forbidden");
      this.responseText = asked.answer;
    }
  },
});

function mayHold(content, ...names) {
  const asked = Object.assign([], { answer: String.fromCharCode(...content) });
  const { photoKinds: kinds } = load(
    ["shared/limits.js", "shared/read_now.js", "shared/photo_kinds.js"],
    look(asked),
  );
  const held = kinds.mayHold(names.map(([name, type]) => file(content, name, type)));
  return { held, looks: asked.length };
}

const DOCUMENTS = [
  ["letter.pdf", "application/pdf"],
  ["film.mp4", "video/mp4"],
  ["song.mp3", "audio/mpeg"],
  ["drawing.svg", "image/svg+xml"],
  ["page.html", "text/html"],
  ["archive.zip", ""],
  ["face.jpg.bak", "application/x-trash"],
  ["face.crdownload", ""],
];

test("what is named as something else is looked at, here and now", () => {
  for (const one of DOCUMENTS) {
    assert.deepEqual(mayHold([1, 2, 3, 4, 5], one), { held: false, looks: 1 }, one[0]);
    assert.deepEqual(mayHold([0xff, 0xd8, 0xff, 0xe0], one), { held: true, looks: 1 }, one[0]);
  }
});

test("everything else is taken for a photo until it has been read", () => {
  for (const one of [
    ["face.jpg", "image/jpeg"],
    ["FACE.JPG", ""],
    ["IMG_0001.HEIC", ""],
    ["face", ""],
    ["face.jpg_large", "application/octet-stream"],
    ["face.jxl", "image/jxl"],
    ["cat.gif", "image/gif"],
    ["face.jpg", "IMAGE/JPEG; charset=binary"],
  ])
    assert.deepEqual(mayHold([1, 2, 3, 4, 5], one), { held: true, looks: 0 }, one[0]);
});

test("where nobody can look at once, it may be a photo", () => {
  const globals = look([]);
  globals.XMLHttpRequest.prototype.send = () => {
    throw new Error("forbidden");
  };
  const { photoKinds: kinds } = load(
    ["shared/limits.js", "shared/read_now.js", "shared/photo_kinds.js"],
    globals,
  );
  assert.equal(kinds.mayHold([file([1, 2, 3, 4], "letter.pdf", "application/pdf")]), true);
});

test("patience ends, and what could not be looked at may be a photo", () => {
  const globals = look(Object.assign([], { answer: "%PDF-1.4" }));
  let now = 0;
  globals.performance = { now: () => (now += 90) };
  const { photoKinds: kinds } = load(
    ["shared/limits.js", "shared/read_now.js", "shared/photo_kinds.js"],
    globals,
  );
  const letters = (count) =>
    Array.from({ length: count }, () => file([37, 80, 68, 70], "letter.pdf", "application/pdf"));
  assert.equal(kinds.mayHold(letters(2)), false);
  assert.equal(kinds.mayHold(letters(9)), true);
});

test("an image nobody can read is treated as a photo", async () => {
  assert.equal(await isPhoto(file([1, 2, 3, 4, 5, 6], "face.jxl", "image/jxl")), true);
});

test("a file without a type is told by its content", async () => {
  assert.equal(await isPhoto(file([0xff, 0xd8, 0xff, 0xe0], "face", "")), true);
  assert.equal(await isPhoto(file([1, 2, 3, 4, 5, 6], "data", "")), false);
});

test("a photo is told by its content, whatever its name", async () => {
  assert.equal(await isPhoto(file([0xff, 0xd8, 0xff, 0xe0], "face.pdf", "application/pdf")), true);
  assert.equal(await isPhoto(file([37, 80, 68, 70], "letter.jpg", "image/jpeg")), false);
  assert.equal(await isPhoto(file([60, 33, 45, 45], "drawing.svg", "image/svg+xml")), false);
});

test("an empty file is no photo", async () => {
  assert.equal(await isPhoto(file([], "face.jpg", "image/jpeg")), false);
});
