// Which files a page may have: those that it made, or had from here.  They are known by themselves:
// name, size and date of an original can be made up for another file.
(function (fawkes) {
  "use strict";

  const { limits } = fawkes;

  /** @type {WeakSet<File>} */
  const known = new WeakSet();
  /** The last of them, to tell a copy.  @type {WeakRef<File>[]} */
  const latest = [];

  /** @param {Iterable<File>} files */
  function approve(files) {
    for (const file of files) {
      if (known.has(file)) continue;
      known.add(file);
      latest.push(new WeakRef(file));
      if (latest.length > limits.approvedFiles) latest.shift();
    }
  }

  /**
   * The page has not got it, whatever was said of it: guards of another window, which take its way to
   * this script for the page's own, say so.
   * @param {File} file
   */
  function revoke(file) {
    known.delete(file);
    const at = latest.findIndex((reference) => reference.deref() === file);
    if (at >= 0) latest.splice(at, 1);
  }

  /**
   * Whether this is an approved file, or a copy of one: Chromium copies the files of an input that
   * is cloned, and the page may read the clone in the next line.
   * @param {File} file
   * @returns {boolean}
   */
  function isApproved(file) {
    if (known.has(file)) return true;
    for (const reference of latest) {
      const other = reference.deref();
      if (!other || !isNamedAlike(file, other) || !holdsTheSame(file, other)) continue;
      known.add(file);
      return true;
    }
    return false;
  }

  /** @param {File} one @param {File} other */
  const isNamedAlike = (one, other) =>
    one.size === other.size &&
    one.name === other.name &&
    one.type === other.type &&
    one.lastModified === other.lastModified;

  /** @param {File} one @param {File} other */
  function holdsTheSame(one, other) {
    const text = fawkes.readNow(one);
    return text !== null && text === fawkes.readNow(other);
  }

  fawkes.approval = Object.freeze({ approve, revoke, isApproved });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
