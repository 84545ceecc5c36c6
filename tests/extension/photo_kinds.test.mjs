import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { photoKinds } = load(["shared/limits.js", "shared/photo_kinds.js"]);
const { kindOf, mayBePhoto, isPhoto } = photoKinds;

const bytes = (...parts) =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "string" ? [...part].map((c) => c.charCodeAt(0)) : part,
    ),
  );
const PNG = "\x89PNG\r\n\x1a\n";
const chunk = (type, length = 0) => [
  0,
  0,
  0,
  length,
  ...[...type].map((c) => c.charCodeAt(0)),
  ...Array(length + 4).fill(0),
];
const HEADER = [...bytes("GIF89a"), 1, 0, 1, 0, 0, 0, 0];
const FRAME = [0x21, 0xf9, 4, 0, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0];

const cases = {
  "a JPEG is a photo": [[0xff, 0xd8, 0xff, 0xe0], "photo"],
  "a PNG is a photo": [bytes(PNG, chunk("IHDR", 13), chunk("IDAT", 4)), "photo"],
  "an animated PNG is an animation": [
    bytes(PNG, chunk("IHDR", 13), chunk("acTL", 8), chunk("IDAT", 4)),
    "animation",
  ],
  "a PNG that names its text acTL is a photo": [
    bytes(PNG, chunk("IHDR", 13), chunk("IDAT", 4), chunk("acTL", 8)),
    "photo",
  ],
  "a GIF of one frame is a photo": [[...HEADER, ...FRAME, 0x3b], "photo"],
  "a GIF of two frames is an animation": [[...HEADER, ...FRAME, ...FRAME, 0x3b], "animation"],
  "a GIF that is cut off is a photo": [[...HEADER, ...FRAME.slice(0, 12)], "photo"],
  "a WebP is a photo": [bytes("RIFF", [0, 0, 0, 0], "WEBPVP8 "), "photo"],
  "an extended WebP is a photo": [
    bytes("RIFF", [0, 0, 0, 0], "WEBPVP8X", [10, 0, 0, 0], [0x10]),
    "photo",
  ],
  "an animated WebP is an animation": [
    bytes("RIFF", [0, 0, 0, 0], "WEBPVP8X", [10, 0, 0, 0], [0x12]),
    "animation",
  ],
  "a HEIC is a photo": [bytes([0, 0, 0, 24], "ftypheic"), "photo"],
  "an AVIF is a photo": [bytes([0, 0, 0, 24], "ftypavif"), "photo"],
  "an AVIF sequence is an animation": [bytes([0, 0, 0, 24], "ftypavis"), "animation"],
  "a film is unknown": [bytes([0, 0, 0, 24], "ftypisom"), "unknown"],
  "a TIFF is a photo": [bytes("II*\0", [8, 0, 0, 0]), "photo"],
  "a big-endian TIFF is a photo": [bytes("MM\0*", [0, 0, 0, 8]), "photo"],
  "a BMP is a photo": [bytes("BM", [0, 1, 0, 0], [0, 0, 0, 0], [54, 0, 0, 0, 40]), "photo"],
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

test("what is named as something else is let go at once", () => {
  for (const [name, type] of [
    ["letter.pdf", "application/pdf"],
    ["film.mp4", "video/mp4"],
    ["song.mp3", "audio/mpeg"],
    ["drawing.svg", "image/svg+xml"],
    ["page.html", "text/html"],
    ["archive.zip", ""],
  ])
    assert.equal(mayBePhoto({ name, type }), false, name);
});

test("everything else is looked at", () => {
  for (const [name, type] of [
    ["face.jpg", "image/jpeg"],
    ["FACE.JPG", ""],
    ["IMG_0001.HEIC", ""],
    ["face", ""],
    ["face.jpg_large", "application/octet-stream"],
    ["face.jxl", "image/jxl"],
    ["cat.gif", "image/gif"],
    ["face.jpg", "IMAGE/JPEG; charset=binary"],
  ])
    assert.equal(mayBePhoto({ name, type }), true, name);
});

const file = (content, name, type) => new File([Uint8Array.from(content)], name, { type });

test("an image nobody can read is treated as a photo", async () => {
  assert.equal(await isPhoto(file([1, 2, 3, 4, 5, 6], "face.jxl", "image/jxl")), true);
});

test("a file without a type is told by its content", async () => {
  assert.equal(await isPhoto(file([0xff, 0xd8, 0xff, 0xe0], "face", "")), true);
  assert.equal(await isPhoto(file([1, 2, 3, 4, 5, 6], "data", "")), false);
});

test("an empty file is no photo", async () => {
  assert.equal(await isPhoto(file([], "face.jpg", "image/jpeg")), false);
});

test("a second frame is found beyond the head of a file", async () => {
  const comment = Array.from({ length: 400 }, () => [255, ...Array(255).fill(65)]).flat();
  const long = [...HEADER, ...FRAME, 0x21, 0xfe, ...comment, 0, ...FRAME, 0x3b];
  assert.ok(long.length > 64 * 1024);
  assert.equal(await isPhoto(file(long, "cat.gif", "image/gif")), false);
});
