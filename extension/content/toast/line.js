// One photo's line of the toast, from waiting to its end.
(function (fawkes) {
  "use strict";

  const { t } = fawkes.text;
  const { toastCard: card } = fawkes;
  const { make, button, picture } = fawkes.toastElements;

  /** @param {string} title @param {HTMLElement[]} parts @param {HTMLElement[]} below */
  function rowOf(title, parts, below) {
    const row = make("li");
    const thumb = make("div", "thumb");
    thumb.append(picture());
    const name = make("div", "name", title);
    name.title = title;
    row.append(thumb, name, ...parts, ...below);
    return { row, thumb };
  }

  /** @param {string} name */
  function barOf(name) {
    const bar = make("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", name);
    return bar;
  }

  class Line {
    #isAlone;
    #canvas = make("canvas");
    #cancel;
    #thumb;
    #state = make("div", "state", t("toast_waiting"));
    #bar;
    /** @type {FawkesLineState} */
    #is = "working";
    #cancelled = false;
    #cancelListener = () => {};
    #changed;
    /** @type {Parameters<FawkesLine["done"]>[0] | null} */
    #outcome = null;
    /** @type {Promise<string> | null} */
    #picture = null;

    /**
     * @param {File} file
     * @param {{list?: HTMLElement, changed?: () => void}} [batch] of which it is one
     */
    constructor(file, { list, changed } = {}) {
      this.file = file;
      this.#changed = changed ?? (() => {});
      this.#cancel = button(t("toast_cancel"), "plain", () => this.giveUp());
      this.#bar = barOf(file.name);
      // Of many photos one line speaks for all.
      if (!list) this.#state.setAttribute("role", "status");
      this.#canvas.setAttribute("aria-hidden", "true");
      const { row, thumb } = rowOf(file.name, [this.#cancel], [this.#state, this.#bar]);
      this.row = row;
      this.#thumb = thumb;
      card.add(this, row, list);
      this.#isAlone = !list;
    }

    hasEnded = () => !["working", "asking", "handing"].includes(this.#is);
    isAsking = () => this.#is === "asking";
    isCloaked = () => this.#is === "cloaked";
    /** Nothing is to be done for it but to hand it over. */
    isSettled = () => this.hasEnded() || Boolean(this.#outcome);
    isCancelled = () => this.#cancelled;
    get state() {
      return this.#is;
    }
    get cloaked() {
      return this.#outcome?.cloaked;
    }
    get fraction() {
      return this.#is === "working" ? this.#bar.value : Number(this.isSettled());
    }

    /** @returns {Promise<string>} its `data:` address; nothing where it cannot be drawn */
    drawThumb() {
      this.#picture ??= fawkes.preview.thumbnail(this.#canvas, this.file).then((drawn) => {
        if (!drawn) return "";
        this.#thumb.replaceChildren(this.#canvas);
        return this.#canvas.toDataURL("image/jpeg");
      });
      return this.#picture;
    }

    /** @param {() => void} listener */
    onCancel(listener) {
      this.#cancelListener = listener;
      if (this.#cancelled) listener();
    }

    /**
     * Decoding a large photo takes as long as sending it, so it waits until the host has it.
     * Of many photos those are drawn that somebody looks at.
     */
    #drawIfAlone() {
      if (this.#isAlone) this.drawThumb();
    }

    /** @param {FawkesProgress} progress */
    progress = ({ stage, fraction, faces = 0 }) => {
      this.#drawIfAlone();
      this.#bar.value = fraction;
      const key = `stage_${stage}`;
      const text = t(key);
      const words = text === key ? t("stage_working") : text;
      this.#say(faces > 1 ? `${words} · ${t("toast_faces", faces)}` : words);
      this.#changed();
    };

    /**
     * Cloaked, or found to need none; the page has yet to get it.
     * @type {FawkesLine["done"]}
     */
    done(outcome) {
      this.#outcome = outcome;
      this.#become("handing", t("toast_handing"));
    }

    /** The page has it. */
    taken() {
      if (!this.#outcome || this.#is !== "handing") return;
      this.#drawIfAlone();
      const { status, receipt, cloaked } = this.#outcome;
      const untouched = receipt?.notices?.includes("animation_untouched");
      this.#become(untouched ? "untouched" : status, fawkes.receipt.sentence(receipt, status));
      const lost = fawkes.receipt.lost(receipt);
      if (lost) this.row.append(make("p", "lost", lost));
      if (status === "cloaked")
        this.row.append(fawkes.toastOutcome({ receipt, original: this.file, cloaked }));
    }

    /** A question about it has been asked, here or on another line. @param {string} words */
    asking(words) {
      this.#drawIfAlone();
      this.#become("asking", words);
    }

    /** @param {string} choice */
    answered(choice) {
      if (choice === "again") {
        this.#bar.value = 0;
        this.#become("working", t("toast_waiting"));
      } else if (choice === "original") this.#become("original", t("toast_went_original"));
      else this.#become("handing", t("toast_handing"));
    }

    giveUp() {
      this.#cancelled = true;
      this.#cancelListener();
    }

    /** @param {FawkesLineState} state @param {string} words */
    #become(state, words) {
      this.#is = state;
      const { classList } = this.row;
      classList.toggle("done", ["cloaked", "no_face"].includes(state));
      classList.toggle("failed", state === "asking");
      this.#cancel.hidden = this.#bar.hidden = state !== "working";
      this.#say(words);
      this.#changed();
      card.rest();
    }

    /** Screen readers speak each change, so only a change is one. @param {string} words */
    #say(words) {
      if (this.#state.textContent !== words) this.#state.textContent = words;
    }

    /** The cross: what is under way is given up, what has ended goes. */
    close() {
      if (!this.hasEnded()) this.giveUp();
      if (this.#is !== "asking") this.remove();
    }

    remove() {
      this.#is = "gone";
      this.row.remove();
      card.remove(this);
      this.#changed();
    }
  }

  fawkes.toastLine = Object.freeze({ Line, rowOf, barOf });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
