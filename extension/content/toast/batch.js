// The photos of one selection: their lines, or one line for many of them, and the questions that
// are answered for all alike.
(function (fawkes) {
  "use strict";

  const { limits } = fawkes;
  const { t } = fawkes.text;
  const { make, button } = fawkes.toastElements;
  const { toastCard: card } = fawkes;

  /** So often screen readers hear how far many photos are. */
  const QUARTER = 0.25;

  /** One line for many photos, with a line for each below it. */
  class Summary {
    #state = make("div", "state");
    #bar;
    #spoken = make("div", "unseen");
    #said = 0;
    #cancel;

    /** @param {number} photos @param {() => void} giveUp */
    constructor(photos, giveUp) {
      const title = t("toast_photos", photos);
      this.#bar = fawkes.toastLine.barOf(title);
      this.#cancel = button(t("toast_cancel"), "plain", giveUp);
      this.questions = make("div", "questions");
      this.list = make("ul", "each");
      const each = make("details");
      each.append(make("summary", "", t("toast_each")), this.list);
      each.addEventListener("toggle", () => each.open && this.opened());
      this.#spoken.setAttribute("role", "status");
      this.#spoken.textContent = title;
      const below = [this.#state, this.#bar, this.#spoken, this.questions, each];
      this.row = fawkes.toastLine.rowOf(title, [this.#cancel], below).row;
      this.row.classList.add("batch");
      card.open().list.append(this.row);
    }

    opened = () => {};

    /** @param {FawkesLine[]} lines */
    show(lines) {
      const done = lines.filter((line) => line.isSettled()).length;
      const working = lines.some((line) => line.state === "working");
      const ended = lines.every((line) => line.hasEnded());
      const words = ended ? this.#outcome(lines) : t("toast_of", done, lines.length);
      this.#bar.value = lines.reduce((sum, line) => sum + line.fraction, 0) / lines.length;
      this.#bar.hidden = done === lines.length;
      this.#cancel.hidden = !working;
      this.row.classList.toggle("done", ended);
      this.row.classList.toggle(
        "failed",
        lines.some((line) => line.isAsking()),
      );
      if (this.#state.textContent !== words) this.#state.textContent = words;
      if (!ended && done / lines.length < this.#said + QUARTER) return;
      this.#said = done / lines.length;
      if (this.#spoken.textContent !== words) this.#spoken.textContent = words;
    }

    /** @param {FawkesLine[]} lines */
    #outcome(lines) {
      const count = (/** @type {FawkesLineState} */ state) =>
        lines.filter((line) => line.state === state).length;
      const ends = /** @type {const} */ (["cloaked", "no_face", "untouched", "original", "gone"]);
      return ends
        .filter((state) => count(state) > 0)
        .map((state) => t(`toast_sum_${state}`, count(state)))
        .join(" · ");
    }
  }

  class Batch {
    /** Questions that wait, by what they ask. @type {Map<string, Inquiry>} */
    #asked = new Map();
    /** What the user has decided for all that follow. @type {Map<string, FawkesVerdict>} */
    #verdicts = new Map();
    /** @type {Summary | null} */
    #summary = null;
    /** The question that stands while nobody has taken them. @type {FawkesAsking | null} */
    #untaken = null;

    /**
     * @typedef {{asking: FawkesAsking | null, fault: FawkesFault, original: boolean,
     *   waiting: Map<FawkesLine, (choice: FawkesVerdict) => void>}} Inquiry
     */

    /** @param {File[]} files */
    constructor(files) {
      const { Line } = fawkes.toastLine;
      if (files.length > limits.linesAtOnce)
        this.#summary = new Summary(files.length, () => this.#giveUp());
      /** @type {FawkesLine[]} */
      this.lines = [];
      const options = this.#summary
        ? { list: this.#summary.list, changed: () => this.#show() }
        : undefined;
      this.lines = files.map((file) => new Line(file, options));
      if (this.#summary)
        this.#summary.opened = () => {
          for (const line of this.lines) line.drawThumb();
        };
      this.#show();
      card.rest();
    }

    #show() {
      if (!this.#summary || this.lines.length === 0) return;
      if (this.lines.every((line) => line.state === "gone")) this.#summary.row.remove();
      else this.#summary.show(this.lines);
    }

    #giveUp() {
      for (const line of this.lines) if (line.state === "working") line.giveUp();
    }

    /** @param {FawkesLine} line @param {HTMLElement} box */
    #mount = (line, box) => (this.#summary?.questions ?? line.row).append(box);

    /** @param {FawkesQuestion} question @param {FawkesLine[]} lines */
    async #named(question, lines) {
      question.name = lines.length > 1 ? t("toast_photos", lines.length) : lines[0].file.name;
      question.thumb = await lines[0].drawThumb();
      return question;
    }

    /**
     * The question that keeps an original back.  Photos that fail alike are asked about together;
     * where the fault is none of theirs, the answer holds for those that follow too.
     * @param {FawkesLine} line
     * @param {FawkesFault} fault
     * @param {{original: boolean, alike: boolean, signal: AbortSignal}} options `original`: it may
     *   go up; `alike`: what failed is not the photo
     * @returns {Promise<FawkesVerdict>}
     */
    async ask(line, fault, { original, alike, signal }) {
      const key = `${fault.code} ${original}`;
      const verdict = this.#verdicts.get(key);
      if (verdict) return this.#tell(line, verdict);
      const inquiry = this.#asked.get(key);
      /** @type {FawkesVerdict} */
      const choice = await new Promise((resolve) => {
        const waiting = inquiry?.waiting ?? new Map();
        waiting.set(line, resolve);
        line.asking(t("toast_failed"));
        if (inquiry) inquiry.asking?.change(this.#question(inquiry, alike));
        else this.#inquire(key, { asking: null, fault, original, waiting }, alike, signal);
        line.onCancel(() => this.#leave(key, line));
      });
      return this.#tell(line, choice);
    }

    /** @param {Inquiry} inquiry @param {boolean} alike */
    #question({ fault, original, waiting }, alike) {
      const about = alike ? this.lines.filter((line) => !line.hasEnded()).length : waiting.size;
      return fawkes.toastQuestion.ofFault(fault, original, about);
    }

    /**
     * @param {string} key
     * @param {Inquiry} inquiry
     * @param {boolean} alike
     * @param {AbortSignal} signal
     */
    async #inquire(key, inquiry, alike, signal) {
      this.#asked.set(key, inquiry);
      const [first] = inquiry.waiting.keys();
      const question = this.#question(inquiry, alike);
      inquiry.asking = fawkes.asking.ask(question, {
        mount: (box) => this.#mount(first, box),
        signal,
      });
      this.#named(question, alike ? this.lines.filter((line) => !line.hasEnded()) : [first]);
      card.rest();
      const choice = /** @type {FawkesVerdict} */ (await inquiry.asking.answer);
      this.#asked.delete(key);
      if (alike && choice !== "again" && !signal.aborted) this.#verdicts.set(key, choice);
      for (const resolve of inquiry.waiting.values()) resolve(choice);
    }

    /**
     * One photo is given up while others wait for the same answer.
     * @param {string} key
     * @param {FawkesLine} line
     */
    #leave(key, line) {
      const inquiry = this.#asked.get(key);
      const resolve = inquiry?.waiting.get(line);
      if (!inquiry || !resolve) return;
      inquiry.waiting.delete(line);
      resolve("cancel");
      if (inquiry.waiting.size === 0) inquiry.asking?.end();
    }

    /** @template {string} Choice @param {FawkesLine} line @param {Choice} choice */
    #tell(line, choice) {
      if (choice === "cancel") line.remove();
      else line.answered(choice);
      return choice;
    }

    // --- after all are settled ------------------------------------------------------------------

    #handing = () => this.lines.filter((line) => line.state === "handing");

    taken() {
      // A page may take them late, when it has been said already that it does not.
      if (this.#untaken) return this.#untaken.end("taken");
      for (const line of this.#handing()) line.taken();
    }

    /** The page has let the selection go. */
    withdraw() {
      for (const line of this.#handing()) line.remove();
    }

    /**
     * @param {FawkesQuestion} question
     * @param {string} words
     * @param {FawkesLine[]} lines
     * @param {AbortSignal} signal
     */
    #askOfAll(question, words, lines, signal) {
      const { keeping } = fawkes;
      const files = /** @type {File[]} */ (lines.map((line) => line.cloaked));
      for (const line of lines) line.asking(words);
      const asking = fawkes.asking.ask(question, {
        mount: (box) => this.#mount(lines[0], box),
        signal,
        files,
        deeds: {
          save: () => (keeping.maySave() ? keeping.save(files) : asking.elsewhere()),
          copy: (press) =>
            keeping.copy(files[0]).then(
              () => (press.textContent = t("toast_copied")),
              () => asking.elsewhere(),
            ),
        },
      });
      this.#named(question, lines);
      for (const line of lines) line.onCancel(() => asking.end());
      fawkes.cloaking.tell("asking");
      asking.answer.then(() => fawkes.cloaking.tell("answered"));
      card.rest();
      return asking;
    }

    /**
     * @param {(() => void) | null} choose
     * @param {boolean} isShown
     * @param {AbortSignal} signal
     */
    async untaken(choose, isShown, signal) {
      const lines = this.#handing();
      if (lines.length === 0) return;
      const question = fawkes.toastQuestion.ofUntaken(choose !== null, isShown, lines.length);
      const words = t(isShown ? "toast_not_read" : "toast_not_taken");
      const asking = this.#askOfAll(question, words, lines, signal);
      this.#untaken = asking;
      const choice = await asking.answer;
      this.#untaken = null;
      if (choice === "choose") choose?.();
      for (const line of lines) {
        if (choice !== "taken") line.remove();
        else line.answered("insert");
      }
      if (choice === "taken") this.taken();
    }

    /** @param {AbortSignal} signal @returns {Promise<"insert" | "cancel">} */
    async moved(signal) {
      const lines = this.#handing();
      if (lines.length === 0) return "insert";
      const question = fawkes.toastQuestion.ofMoved(lines.length);
      const choice = await this.#askOfAll(question, t("toast_waits"), lines, signal).answer;
      for (const line of lines) this.#tell(line, choice);
      return choice === "insert" ? "insert" : "cancel";
    }
  }

  fawkes.toastBatch = Batch;
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
