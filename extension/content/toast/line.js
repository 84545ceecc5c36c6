// One photo's line of the toast, from waiting to its end.
(function (fawkes) {
  "use strict";

  const { t } = fawkes.text;
  const { toastCard: card } = fawkes;
  const { make, button, picture } = fawkes.toastElements;

  /** @param {File} file */
  function rowOf(file, cancel) {
    const row = make("li");
    const thumb = make("div", "thumb");
    const canvas = make("canvas");
    canvas.setAttribute("aria-hidden", "true");
    thumb.append(picture());
    const name = make("div", "name", file.name);
    name.title = file.name;
    const state = make("div", "state", t("toast_waiting"));
    state.setAttribute("role", "status");
    const bar = make("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    row.append(thumb, name, cancel, state, bar);
    fawkes.preview.thumbnail(canvas, file).then((drawn) => {
      if (drawn) thumb.replaceChildren(canvas);
    });
    return { row, state, bar };
  }

  class Line {
    #file;
    #cancel;
    #row;
    #state;
    #bar;
    #cancelled = false;
    #ended = false;
    /** @type {((choice: "again" | "original" | "cancel") => void) | null} */
    #answer = null;
    #cancelListener = () => {};

    /** @param {File} file */
    constructor(file) {
      this.#file = file;
      this.#cancel = button(t("toast_cancel"), "plain", () => this.#giveUp());
      const { row, state, bar } = rowOf(file, this.#cancel);
      this.#row = row;
      this.#state = state;
      this.#bar = bar;
      card.add(this, row);
    }

    hasEnded = () => this.#ended;
    isAsking = () => this.#answer !== null;
    isCancelled = () => this.#cancelled;

    onCancel(listener) {
      this.#cancelListener = listener;
    }

    /** @param {{stage: string, fraction: number, faces: number}} progress */
    progress = ({ stage, fraction, faces }) => {
      this.#bar.value = fraction;
      const key = `stage_${stage}`;
      const text = t(key);
      const words = text === key ? t("stage_working") : text;
      const seen = faces > 1 ? `${words} · ${t("toast_faces", faces)}` : words;
      // Screen readers speak each change: only the stage is one.
      if (this.#state.textContent !== seen) this.#state.textContent = seen;
    };

    done({ status, receipt, cloaked }) {
      this.#end("done");
      this.#state.textContent = fawkes.receipt.sentence(receipt, status);
      const lost = fawkes.receipt.lost(receipt);
      if (lost) this.#row.append(make("p", "lost", lost));
      if (status === "cloaked")
        this.#row.append(fawkes.toastOutcome({ receipt, original: this.#file, cloaked }));
    }

    cancelled() {
      this.remove();
    }

    /**
     * @param {{code: string, parameters?: Record<string, string | number>}} fault
     * @param {{original: boolean, signal: AbortSignal}} options `original`: it may go up
     * @returns {Promise<"again" | "original" | "cancel">}
     */
    ask(fault, { original, signal }) {
      this.#row.classList.add("failed");
      this.#cancel.hidden = this.#bar.hidden = true;
      this.#state.textContent = t("toast_failed");
      return new Promise((resolve) => {
        const answer = (choice) => {
          box.remove();
          this.#answered(choice);
          resolve(choice);
        };
        const box = fawkes.toastQuestion(fault, original, answer);
        this.#answer = answer;
        this.#row.append(box);
        signal.addEventListener("abort", () => this.#answer === answer && answer("cancel"));
        card.open();
        card.rest();
      });
    }

    #answered(choice) {
      this.#answer = null;
      this.#row.classList.remove("failed");
      this.#cancel.hidden = this.#bar.hidden = false;
      this.#bar.value = 0;
      this.#state.textContent = t("toast_waiting");
      if (choice !== "again") this.#end("");
      if (choice === "original") this.#state.textContent = t("toast_went_original");
      if (choice === "cancel") this.remove();
      card.rest();
    }

    #giveUp() {
      this.#cancelled = true;
      this.#cancelListener();
    }

    #end(className) {
      this.#ended = true;
      this.#row.classList.toggle("done", className === "done");
      this.#cancel.hidden = this.#bar.hidden = true;
      card.rest();
    }

    /** The cross: what is under way is given up, what has ended goes. */
    close() {
      if (this.#answer) this.#answer("cancel");
      else if (!this.#ended) this.#giveUp();
      this.remove();
    }

    remove() {
      this.#ended = true;
      this.#row.remove();
      card.remove(this);
    }
  }

  fawkes.toastLine = (file) => new Line(file);
})((globalThis.fawkes ??= {}));
