import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const base64 = {
  toBase64: (bytes) => Buffer.from(bytes).toString("base64"),
  fromBase64: (text) => Uint8Array.from(Buffer.from(text, "base64")),
};
const { textPictures } = load(
  ["shared/limits.js", "shared/photo_kinds.js", "content/text_pictures.js"],
  { fawkes: { base64 }, TextEncoder },
);

/** Bytes that begin as a JPEG does, with every letter of base64 in them. */
const PHOTO = Buffer.from([0xff, 0xd8, 0xff, 0xe0, ...Array.from({ length: 900 }, (_, at) => at)]);
const CLOAKED = Buffer.from([0xff, 0xd8, 0xff, 0xe1, ...Array.from({ length: 333 }, () => 0xfb)]);
const BASE64 = PHOTO.toString("base64");
const DATA = `data:image/jpeg;base64,${BASE64}`;
const percent = (bytes) => Array.from(bytes, (b) => `%${b.toString(16).padStart(2, "0")}`).join("");
const lines = (text, length = 76) => text.match(new RegExp(`.{1,${length}}`, "g")).join("\r\n");
const svg = (url) => `<svg xmlns="http://www.w3.org/2000/svg"><image href="${url}"/></svg>`;
const SVG = `data:image/svg+xml;base64,${Buffer.from(svg(DATA)).toString("base64")}`;

const cloak = (text, bytes = CLOAKED) => {
  const plan = textPictures.find(text);
  if (!plan) return text;
  const results = new Map();
  for (const picture of textPictures.picturesOf(plan)) {
    assert.deepEqual(Buffer.from(picture.bytes), PHOTO);
    results.set(picture, bytes);
  }
  return textPictures.write(plan, results);
};

const HTML = {
  "an attribute": `<p>one</p><img src="${DATA}" alt="x"> two`,
  "single quotes": `<img src='${DATA}'>`,
  "no quotes": `<img src=${DATA}>`,
  capitals: `<img src="DATA:IMAGE/JPEG;BASE64,${BASE64}">`,
  parameters: `<img src="data:image/jpeg;name=a.jpg;charset=utf-8;base64,${BASE64}">`,
  "no type": `<img src="data:;base64,${BASE64}">`,
  "another type": `<img src="data:application/octet-stream;base64,${BASE64}">`,
  "a style": `<p style="background: url(${DATA}) no-repeat">x</p>`,
  "a style sheet": `<style>p { background: url("${DATA}") }</style>`,
  "a set of sources": `<img srcset="${DATA} 1x, ${DATA} 2x">`,
  "a drawing": svg(DATA),
  "a drawing in an address": `<img src="${SVG}">`,
  "a percent-encoded drawing": `<img src="data:image/svg+xml,${encodeURIComponent(svg(DATA))}">`,
  "a drawing in a drawing": `<img src="data:image/svg+xml;base64,${Buffer.from(svg(SVG)).toString("base64")}">`,
  "a page in an attribute": `<iframe srcdoc="&lt;img src=&quot;${DATA}&quot;&gt;">`,
  "references for letters": `<img src="data&colon;image/jpeg;base64,${BASE64.replaceAll("/", "&#x2F;").replaceAll("+", "&plus;")}">`,
  "wrapped lines": `<img src="data:image/jpeg;base64,${lines(BASE64)}">`,
  "wrapped lines by reference": `<img src="data:image/jpeg;base64,${lines(BASE64).replaceAll("\r\n", "&#10;")}">`,
  "percent for slashes": `<img src="data:image/jpeg;base64,${encodeURIComponent(BASE64)}">`,
  "percent for bytes": `<img src="data:image/jpeg,${percent(PHOTO)}">`,
  "a script": `{"html":"<img src=\\"${DATA.replaceAll("/", "\\/")}\\">"}`,
  "base64 alone": `{"image":"${BASE64}"}`,
  "letters of addresses": `{"image":"${BASE64.replaceAll("+", "-").replaceAll("/", "_")}"}`,
  RTF: `{\\rtf1{\\*\\shppict{\\pict\\picw10\\jpegblip\r\n${lines(PHOTO.toString("hex"))}\r\n}}{\\nonshppict{\\pict\\wmetafile8\\picw10 ${"0100090000".repeat(90)}}}}`,
  "RTF of bytes": `{\\rtf1{\\pict\\jpegblip\\bin${PHOTO.length} ${PHOTO.toString("latin1")}}}`,
  "an address to download": `image/jpeg:me.jpg:${DATA}`,
  "a list of addresses": `${DATA}\r\nhttps://example.org/`,
  "a sentence": `Look: ${DATA}\nGood, is it not?`,
};

HTML["letters of two bytes"] = `${HTML.RTF.split("").join("\0")}\0`;

for (const [name, text] of Object.entries(HTML)) {
  test(`a picture in ${name} is found and written anew`, () => {
    const written = cloak(text);
    assert.notEqual(written, text);
    const narrow = written.replaceAll("\0", "");
    for (const form of [BASE64, PHOTO.toString("hex"), percent(PHOTO), PHOTO.toString("latin1")])
      assert.ok(!narrow.includes(form.slice(0, 120)));
    assert.ok(!narrow.includes("0100090000"), "no copy of it stays");
    const again = textPictures.find(written);
    for (const picture of textPictures.picturesOf(again))
      assert.deepEqual(Buffer.from(picture.bytes), CLOAKED);
  });
}

test("what stands around a picture stays, to the letter", () => {
  for (const name of ["an attribute", "a style", "a set of sources", "a sentence", "no quotes"]) {
    const [text, written] = [HTML[name], cloak(HTML[name])];
    const cut = (whole, bytes) => whole.split(bytes.toString("base64"));
    assert.deepEqual(cut(written, CLOAKED), cut(text, PHOTO), name);
  }
});

test("a picture that was given up is gone, and the rest is there", () => {
  assert.equal(cloak(HTML["an attribute"], null), "<p>one</p> two");
  assert.equal(cloak(HTML["a sentence"], null), "Look: \nGood, is it not?");
  assert.equal(cloak(HTML["a style"], null), '<p style="background: url(data:,) no-repeat">x</p>');
});

test("texts without a picture are not changed at all", () => {
  const spacer = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
  for (const text of [
    "",
    "some data: as you see, nothing",
    "https://example.org/9j/photos/1",
    `<img src="data:image/gif;base64,${spacer}">`,
    '<img src="data:image/svg+xml;base64,PHN2Zy8+">',
    '<img src="data:image/svg+xml,%3Csvg/%3E">',
    '<img src="https://example.org/me.jpg"><img src="file:///me.jpg"><img src="blob:x">',
    "{\\rtf1 \\b words \\binary}",
  ])
    assert.equal(textPictures.find(text), null, text);
});

test("no cut of any text makes it throw", () => {
  for (const text of Object.values(HTML))
    for (let end = 0; end < text.length; end += 7) textPictures.find(text.slice(0, end));
});
