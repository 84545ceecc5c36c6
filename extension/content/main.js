// Starts the content script, once for each document.
(function (fawkes) {
  "use strict";

  if (fawkes.started) return;
  fawkes.started = true;
  fawkes.bus.open();
  fawkes.places.start();
  fawkes.inputs.start();
  fawkes.quiet.start();
  fawkes.presses.start();
  fawkes.forms.start();
  fawkes.drops.start();
  fawkes.pastes.start();
  fawkes.calls.start();
  fawkes.frames.start();
  fawkes.asking.start();
  fawkes.text.keep([...fawkes.toast.LAST_WORDS, ...fawkes.pressNote.LAST_WORDS]);
  fawkes.toast.sweep();
})((globalThis.fawkes ??= {}));
