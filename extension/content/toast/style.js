// How the toast looks.  It lives in a closed shadow root: nothing of the page's style reaches it,
// and `!important` in `:host` wins over the page's.
(function (fawkes) {
  "use strict";

  fawkes.toastStyle = `
    :host {
      all: initial !important;
      display: block !important;
      position: fixed !important;
      inset: auto 16px 16px auto !important;
      z-index: 2147483647 !important;
      width: min(360px, calc(100vw - 32px)) !important;
      max-height: calc(100vh - 32px) !important;
      overflow: visible !important;
      opacity: 1 !important;
      visibility: visible !important;
      pointer-events: auto !important;
      transform: none !important;
      color-scheme: light dark !important;
    }
    * { box-sizing: border-box; margin: 0; }
    .card {
      --ink: light-dark(#17202a, #eef2f6);
      --soft: light-dark(#5b6774, #a3b0bd);
      --paper: light-dark(#ffffff, #1b222b);
      --line: light-dark(#e3e8ee, #313b47);
      --field: light-dark(#f2f5f8, #252e39);
      --brand: light-dark(#0f766e, #2dd4bf);
      --on-brand: light-dark(#ffffff, #06231f);
      --warn: light-dark(#9a4a07, #fbbf77);
      --warn-field: light-dark(#fff5e6, #38291a);
      display: flex; flex-direction: column;
      max-height: calc(100vh - 32px);
      overflow: hidden auto;
      color: var(--ink); background: var(--paper);
      border: 1px solid var(--line); border-radius: 14px;
      box-shadow: 0 1px 2px #0f172a1a, 0 12px 36px #0f172a38;
      font: 13px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
      animation: rise 180ms ease-out;
    }
    @keyframes rise { from { opacity: 0; translate: 0 10px; } }
    header { display: flex; align-items: center; gap: 8px; padding: 10px 8px 10px 12px; border-bottom: 1px solid var(--line); }
    header svg { width: 20px; height: 20px; flex: none; }
    h2 { flex: 1; font: inherit; font-weight: 600; }
    ul { list-style: none; padding: 0; }
    li { display: grid; grid-template-columns: 44px 1fr auto; gap: 2px 12px; padding: 12px; align-items: center; }
    li + li { border-top: 1px solid var(--line); }
    .thumb {
      grid-row: 1 / span 2; align-self: start; width: 44px; height: 44px; border-radius: 8px;
      background: var(--field); border: 0; padding: 0; overflow: hidden;
      display: grid; place-items: center; color: var(--soft);
    }
    .thumb canvas { width: 44px; height: 44px; object-fit: cover; display: block; }
    .thumb svg { width: 20px; height: 20px; }
    .name { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .state { grid-column: 2 / -1; color: var(--soft); overflow-wrap: anywhere; }
    .done .state { color: var(--brand); }
    .failed .state { color: var(--warn); }
    progress {
      grid-column: 2 / -1; width: 100%; height: 4px; margin-top: 4px; appearance: none; border: 0;
      border-radius: 2px; overflow: hidden; background: var(--field); accent-color: var(--brand);
    }
    progress::-webkit-progress-bar { background: var(--field); }
    progress::-webkit-progress-value { background: var(--brand); border-radius: 2px; transition: inline-size 250ms linear; }
    progress::-moz-progress-bar { background: var(--brand); border-radius: 2px; }
    button {
      font: inherit; font-weight: 600; color: var(--ink); background: var(--field);
      border: 1px solid transparent; border-radius: 8px; padding: 6px 12px; cursor: pointer;
    }
    button:hover { border-color: var(--soft); }
    button:focus-visible, summary:focus-visible, .preview:focus-visible { outline: 2px solid var(--brand); outline-offset: 2px; }
    /* Not faded: what is faded does not count as seen. */
    button:disabled { color: var(--soft); cursor: default; }
    button.main { color: var(--on-brand); background: var(--brand); }
    button.plain { background: none; color: var(--soft); padding: 4px 8px; font-weight: 500; }
    button.icon { display: grid; place-items: center; width: 28px; height: 28px; padding: 0; background: none; color: var(--soft); }
    button.icon svg { width: 16px; height: 16px; }
    .question, .more { grid-column: 1 / -1; margin-top: 8px; }
    .question { display: flex; flex-wrap: wrap; gap: 8px; padding: 10px; border-radius: 10px; background: var(--warn-field); }
    .question p { width: 100%; color: var(--ink); }
    .question .about { color: var(--soft); }
    .questions { grid-column: 1 / -1; }
    .batch > details { grid-column: 1 / -1; margin-top: 4px; }
    .each { max-height: 260px; overflow-y: auto; border-top: 1px solid var(--line); }
    .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    .lost { grid-column: 2 / -1; color: var(--soft); }
    .more { display: flex; flex-direction: column; gap: 8px; }
    .preview {
      position: relative; width: 100%; padding: 0; border-radius: 10px; overflow: hidden;
      background: var(--field); touch-action: none; user-select: none;
    }
    .preview canvas { display: block; width: 100%; max-height: 300px; object-fit: contain; }
    .preview .tag {
      position: absolute; left: 8px; bottom: 8px; padding: 2px 8px; border-radius: 6px;
      background: #0b1220d9; color: #ffffff; font-weight: 600;
    }
    .row { display: flex; gap: 8px; align-items: start; }
    details { flex: 1; color: var(--soft); }
    summary { cursor: pointer; padding: 4px 0; font-weight: 500; border-radius: 4px; }
    dl { display: grid; grid-template-columns: auto 1fr; gap: 2px 12px; padding: 4px 0 0; }
    dt { color: var(--soft); }
    dd { margin: 0; text-align: end; color: var(--ink); font-variant-numeric: tabular-nums; }
    [hidden] { display: none !important; }
    @media (prefers-reduced-motion: reduce) {
      .card { animation: none; }
      progress::-webkit-progress-value { transition: none; }
    }
  `;
})(/** @type {FawkesContent} */ ((globalThis.fawkes ??= {})));
