// Which of a page's controls may send a photo off: those of the same composer that the photo was
// chosen in, as far as a stranger can tell.
(function (fawkes) {
  "use strict";

  const { roots, places } = fawkes;

  const BORDER = "form, dialog, [role=dialog], [role=alertdialog], [aria-modal=true]";
  const LINE = ["text", "search", "email", "url", "tel", "number", "password"];
  const TEXT = `textarea, [contenteditable]:not([contenteditable=false]), input:not([type]), ${LINE.map((type) => `input[type=${type}]`).join()}`;
  const CONTROL =
    "button, input[type=submit], input[type=button], input[type=image], a, summary, [role=button], [role=link], [onclick]";

  /** Controls that change something in the composer, open something, or lead elsewhere. */
  const HARMLESS = [
    "[aria-haspopup]:not([aria-haspopup=false])",
    "[aria-expanded]",
    "[aria-pressed]",
    "[aria-checked]",
    "[role^=menuitem], [role=tab], [role=option], [role=switch], [role=checkbox], [role=radio]",
    "[type=reset], [formmethod=dialog], [popovertarget], [commandfor], summary",
    "a[href]:not([href^='#'], [href^='javascript:'])",
  ].join();

  /** What controls are called that take the photo back; people must not wait for these. */
  const TAKES_BACK =
    /^([×✕✖✗xX]|cancel|close|discard|dismiss|remove|delete|clear|reset|back|undo|no|abbrechen|schließen|verwerfen|entfernen|löschen|zurück|nein|annuler|fermer|supprimer|retour|effacer|cancelar|cerrar|descartar|eliminar|quitar|volver|fechar|remover|excluir|voltar|annulla|chiudi|elimina|rimuovi|indietro|annuleren|sluiten|verwijderen|terug|anuluj|zamknij|usuń|wstecz|avbryt|stäng|ta bort|annuller|luk|slet|peruuta|sulje|poista|zrušit|zavřít|odstranit|iptal|kapat|sil|отмена|закрыть|удалить|назад|скасувати|закрити|видалити|キャンセル|閉じる|削除|戻る|取消|关闭|關閉|删除|刪除|返回|취소|닫기|삭제|إلغاء|إغلاق|حذف|ביטול|סגור|מחק)( (photo|image|picture|post|draft|foto|bild))?$/iu;

  /** @param {Element} control */
  function nameOf(control) {
    const { value } = /** @type {Element & {value?: unknown}} */ (control);
    const name =
      control.getAttribute("aria-label") ||
      control.textContent?.trim() ||
      (typeof value === "string" && value) ||
      control.getAttribute("title") ||
      "";
    return name.replace(/\s+/g, " ").trim();
  }

  /** @param {Element} scope @param {string} selector */
  const holds = (scope, selector) =>
    scope.querySelector(selector) !== null || roots.below(scope, selector).length > 0;

  /**
   * The innermost of these elements that makes a composer: with its border, or a field for text.
   * @param {Element[]} way
   */
  function scopeOf(way) {
    const border = way.find((element) => element.matches(BORDER));
    const text = way.find((element) => holds(element, TEXT));
    if (border && text) return way.indexOf(border) < way.indexOf(text) ? border : text;
    return (
      border ??
      text ??
      way.find((element, at) => at > 0 && holds(element, CONTROL)) ??
      way[way.length - 1]
    );
  }

  /** What is around a photo's place.  @type {WeakMap<FawkesPlace, Element[]>} */
  const known = new WeakMap();

  /**
   * @param {FawkesPlace} place that a photo is meant for
   * @returns {Element[]} what is around it, and around what was pressed for it
   */
  function composersOf(place) {
    const before = known.get(place);
    if (before?.length && before.every(({ isConnected }) => isConnected)) return before;
    const { element, opener } = place;
    const now = element.isConnected ? element : places.successorOf(place);
    const there = /** @type {Element[]} */ ([now, opener].filter((at) => at?.isConnected));
    const composers = there.map((at) => scopeOf(places.wayOf(at)));
    known.set(place, composers);
    return composers;
  }

  /**
   * The control that a click is about, if it may send the photo off.
   * @param {Element} target
   * @param {FawkesPlace} place that a photo is meant for
   * @returns {Element | null}
   */
  function senderAt(target, place) {
    const way = places.wayOf(target);
    const control = way.find((element) => element.matches(CONTROL)) ?? pointed(way);
    if (!control || control.matches(HARMLESS) || control.matches(TEXT)) return null;
    const isItsOpener = place.opener !== null && way.includes(place.opener);
    if (isItsOpener || opensPicker(way) || TAKES_BACK.test(nameOf(control))) return null;
    return composersOf(place).some((composer) => way.includes(composer)) ? control : null;
  }

  /**
   * The same, where more than the pointer's hand makes it a button: sliders have that too.
   * @param {Element} target
   * @param {FawkesPlace} place that a photo is meant for
   * @returns {Element | null}
   */
  function buttonAt(target, place) {
    const control = senderAt(target, place);
    return control?.matches(CONTROL) ? control : null;
  }

  /** A click on a label, or near an input, that leads to a picker. @param {Element[]} way */
  const opensPicker = (way) =>
    way.some((element) => {
      const { control } = /** @type {Element & {control?: unknown}} */ (element);
      return roots.isFileInput(element) || roots.isFileInput(control);
    });

  /**
   * What only looks like a control: the page has given it a hand for a pointer.
   * @param {Element[]} way
   */
  function pointed(way) {
    const [target] = way;
    if (target.closest("label, select, option, input, [contenteditable]")) return null;
    return getComputedStyle(target).cursor === "pointer" ? target : null;
  }

  /**
   * The field for text in which Enter may send the photo off.
   * @param {Element} target
   * @param {FawkesPlace} place that a photo is meant for
   * @returns {Element | null}
   */
  function fieldAt(target, place) {
    const way = places.wayOf(target);
    const field = way.find((element) => element.matches(TEXT));
    if (!field) return null;
    // Enter takes what a list of suggestions offers.
    const suggests = ["aria-activedescendant", "aria-controls"].some((name) =>
      field.getAttribute(name),
    );
    if (suggests && field.getAttribute("aria-expanded") !== "false") return null;
    return composersOf(place).some((composer) => way.includes(composer)) ? field : null;
  }

  fawkes.composers = Object.freeze({ senderAt, buttonAt, fieldAt, nameOf });
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
