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

  const isNamedAlike = (one, other) =>
    one.size === other.size &&
    one.name === other.name &&
    one.type === other.type &&
    one.lastModified === other.lastModified;

  function holdsTheSame(one, other) {
    const text = textOf(one);
    return text !== null && text === textOf(other);
  }

  /** Every byte as a character: files can be read at once in this way alone. */
  function textOf(file) {
    const url = URL.createObjectURL(file);
    try {
      const request = new XMLHttpRequest();
      request.open("GET", url, false);
      request.overrideMimeType("text/plain; charset=x-user-defined");
      request.send();
      return request.responseText;
    } catch {
      return null; // the page forbids it (`sync-xhr`): then it is no copy that we know
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  fawkes.approval = Object.freeze({ approve, isApproved });
})((globalThis.fawkes ??= {}));
