// Bytes as text: messages are JSON where browsers do not clone them.
(function (fawkes) {
  "use strict";

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  function toBase64(bytes) {
    if (bytes.toBase64) return bytes.toBase64();
    let characters = "";
    for (let at = 0; at < bytes.length; at += 0x8000)
      characters += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return btoa(characters);
  }

  /** @param {string} text */
  function fromBase64(text) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  }

  fawkes.base64 = Object.freeze({ toBase64, fromBase64 });
})(/** @type {FawkesShared} */ ((globalThis.fawkes ??= {})));
