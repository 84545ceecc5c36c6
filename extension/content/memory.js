// Photos that were cloaked a moment ago, for the user who chooses one again: the answer is there at
// once, so that it can be given within the browser's own event, which every page accepts.
//
// It lives in the document and dies with it, so that a private window leaves nothing behind.
(function (fawkes) {
  "use strict";

  const { limits } = fawkes;

  /** The oldest first.  @type {Map<string, {cloaked: FawkesCloaked, timer: number}>} */
  const photos = new Map();

  /**
   * A photo with the same name, size and date is the same photo; if it were another, its cloaked
   * namesake would come, and no original.
   * @param {File} original
   * @param {string[]} accept
   */
  const keyOf = ({ name, size, type, lastModified }, accept) =>
    JSON.stringify([name, size, type, lastModified, accept]);

  /** @param {string} key */
  function forget(key) {
    const photo = photos.get(key);
    if (!photo) return;
    clearTimeout(photo.timer);
    photos.delete(key);
  }

  function bytes() {
    let sum = 0;
    for (const { cloaked } of photos.values()) sum += cloaked.file.size;
    return sum;
  }

  /**
   * @param {File} original
   * @param {string[]} accept media types that the page takes
   * @param {FawkesCloaked} cloaked
   */
  function remember(original, accept, cloaked) {
    const key = keyOf(original, accept);
    forget(key);
    if (cloaked.file.size > limits.rememberedBytes) return;
    const timer = setTimeout(() => forget(key), limits.rememberedMs);
    photos.set(key, { cloaked, timer });
    for (const oldest of photos.keys()) {
      if (photos.size <= limits.rememberedPhotos && bytes() <= limits.rememberedBytes) break;
      forget(oldest);
    }
  }

  /**
   * @param {File} original
   * @param {string[]} accept
   * @returns {FawkesCloaked | null}
   */
  const recall = (original, accept) => photos.get(keyOf(original, accept))?.cloaked ?? null;

  /**
   * What a page may have at once for a whole selection.
   * @param {File[]} files
   * @param {string[]} accept
   * @returns {File[] | null} null where one of them has to be cloaked, or looked into, first
   */
  function answer(files, accept) {
    const photos = files.map((file) => recall(file, accept)?.file ?? null);
    if (!photos.some(Boolean)) return null;
    const answers = files.map((file, at) =>
      photos[at] || fawkes.photoKinds.mayBePhoto(file) ? photos[at] : file,
    );
    return answers.every((file) => file !== null) ? answers : null;
  }

  // Another level or policy makes another photo.
  fawkes.settings.watch(() => {
    for (const key of [...photos.keys()]) forget(key);
  });

  fawkes.memory = Object.freeze({ remember, recall, answer });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
