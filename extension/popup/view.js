// What the popup says: a pure look-up.
import "../shared/site_rules.js";

const { siteRules } = globalThis.fawkes;

/**
 * @param {{settings: FawkesSettings, site: {host: string, covered: boolean}, helpless: boolean}} facts
 *   `covered`: the extension may act on this site; `helpless`: no photo can be cloaked now
 * @returns {{kind: "on" | "off" | "attention", headline: string, siteSwitch: boolean,
 *   siteOn: boolean, siteAsk: boolean}} `headline` is a message key, `…_hint` explains it
 */
export function view({ settings, site, helpless }) {
  const off = settings.level === "off";
  const offHere = siteRules.levelFor(settings, site.host) === "off";
  const seen = {
    siteSwitch: site.covered && !off,
    siteOn: site.covered && !offHere,
    siteAsk: site.host !== "" && !site.covered,
  };
  if (off) return { ...seen, kind: "off", headline: "popup_off" };
  if (site.host === "") return { ...seen, kind: "off", headline: "popup_no_site" };
  if (!site.covered) return { ...seen, kind: "off", headline: "popup_uncovered" };
  if (offHere) return { ...seen, kind: "off", headline: "popup_off_here" };
  if (helpless) return { ...seen, kind: "attention", headline: "popup_attention" };
  return { ...seen, kind: "on", headline: "popup_on" };
}
