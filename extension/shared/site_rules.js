// Which level holds on a site: a pure look-up by host name.
(function (fawkes) {
  "use strict";

  /** Sites where protection is on from the start: `host_permissions` says the same. */
  const CURATED = Object.freeze({
    social: [
      "bsky.app",
      "discord.com",
      "facebook.com",
      "instagram.com",
      "linkedin.com",
      "mastodon.social",
      "meetup.com",
      "messenger.com",
      "nextdoor.com",
      "ok.ru",
      "pinterest.com",
      "quora.com",
      "reddit.com",
      "snapchat.com",
      "telegram.org",
      "threads.com",
      "threads.net",
      "tiktok.com",
      "tumblr.com",
      "twitter.com",
      "vk.com",
      "weibo.com",
      "whatsapp.com",
      "x.com",
      "xing.com",
    ],
    photo: [
      "500px.com",
      "deviantart.com",
      "flickr.com",
      "gravatar.com",
      "imgbb.com",
      "imgur.com",
      "photobucket.com",
      "postimages.org",
      "smugmug.com",
      "unsplash.com",
      "vsco.co",
    ],
    dating: [
      "badoo.com",
      "bumble.com",
      "coffeemeetsbagel.com",
      "eharmony.com",
      "elitepartner.de",
      "feeld.co",
      "grindr.com",
      "happn.com",
      "hinge.co",
      "lovoo.com",
      "match.com",
      "okcupid.com",
      "parship.de",
      "pof.com",
      "tinder.com",
      "zoosk.com",
    ],
  });

  const curatedNames = new Set(Object.values(CURATED).flat());

  /** The host itself, then each parent: `a.b.c`, `b.c`, `c`. @param {string} host */
  function* withParents(host) {
    for (let name = host; name; name = name.slice(name.indexOf(".") + 1)) {
      yield name;
      if (!name.includes(".") || isAddress(host)) return;
    }
  }

  /** @param {string} host */
  const isAddress = (host) => /^[\d.]+$/.test(host) || host.startsWith("[");

  /**
   * The name under which a rule for this host is kept: the curated site it belongs to, or the
   * host without `www.`.
   * @param {string} host
   */
  function siteOf(host) {
    for (const name of withParents(host.toLowerCase())) if (curatedNames.has(name)) return name;
    return host.toLowerCase().replace(/^www\./, "");
  }

  /** @param {string} host */
  const isCurated = (host) => curatedNames.has(siteOf(host));

  /**
   * The level for a page on this host; the closest rule counts.  A general "off" is off
   * everywhere: who switches protection off should not have to wonder.
   * @param {FawkesSettings} settings
   * @param {string} host of the tab, not of a frame in it
   * @returns {FawkesSiteLevel}
   */
  function levelFor(settings, host) {
    if (settings.level === "off") return "off";
    for (const name of withParents(host.toLowerCase())) {
      const rule = settings.sites[name];
      if (rule) return rule === "on" ? settings.level : rule;
    }
    return settings.level;
  }

  /**
   * What a switch for one site changes: a rule of its own, or back to the one before.
   * @param {FawkesSettings} settings
   * @param {string} site as from `siteOf`
   * @param {"off" | "decoy" | null} rule null: back
   * @returns {Pick<FawkesSettings, "sites" | "sitesBefore">}
   */
  function switchTo({ sites, sitesBefore }, site, rule) {
    const { [site]: before = "on", ...others } = sitesBefore;
    if (rule === null) return { sites: { ...sites, [site]: before }, sitesBefore: others };
    const now = sites[site];
    // Of two switches, the rule from before both comes back.
    const kept = now === undefined || now === "off" || now === "decoy" ? before : now;
    return { sites: { ...sites, [site]: rule }, sitesBefore: { ...others, [site]: kept } };
  }

  /**
   * The match pattern that covers a site and its subdomains.
   * @param {string} site as from `siteOf`
   */
  const patternOf = (site) => (isAddress(site) ? `*://${site}/*` : `*://*.${site}/*`);

  fawkes.siteRules = Object.freeze({ CURATED, siteOf, isCurated, levelFor, switchTo, patternOf });
})(/** @type {FawkesShared} */ ((globalThis.fawkes ??= {})));
