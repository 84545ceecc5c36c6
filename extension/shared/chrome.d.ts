// What the extension uses of the browsers' API, as both browsers have it.

interface ChromeEvent<Listener> {
  addListener(listener: Listener): void;
}

/** One end of a conversation: what it hears, and what it says. */
interface ChromePort<Heard, Said> {
  readonly name: string;
  readonly sender?: ChromeSender;
  /** Firefox: why it broke. */
  readonly error?: { message: string } | null;
  readonly onMessage: ChromeEvent<(message: Heard) => void>;
  readonly onDisconnect: ChromeEvent<() => void>;
  postMessage(message: Said): void;
  disconnect(): void;
}

interface ChromeTab {
  /** Nothing here asks for tabs that have none: those of closed windows and of developer tools. */
  readonly id: number;
  /** Told where the extension may look. */
  readonly url?: string;
  readonly incognito: boolean;
}

interface ChromeSender {
  readonly id?: string;
  readonly url?: string;
  readonly tab?: ChromeTab;
  readonly frameId?: number;
}

interface ChromeOrigins {
  origins?: string[];
}

interface ChromeContentScript {
  id: string;
  matches: string[];
  excludeMatches?: string[];
  js: string[];
  runAt: "document_start";
  allFrames: boolean;
  matchOriginAsFallback: boolean;
  persistAcrossSessions: boolean;
  world?: "MAIN";
}

interface ChromeTarget {
  tabId: number;
  allFrames?: boolean;
  frameIds?: number[];
}

interface ChromeStorageArea<Stored> {
  get<Key extends keyof Stored>(key: Key): Promise<Partial<Pick<Stored, Key>>>;
  set(values: Partial<Stored>): Promise<void>;
}

type ChromeChanges = {
  readonly [Key in keyof (FawkesLocal & FawkesSession)]?: {
    newValue?: (FawkesLocal & FawkesSession)[Key];
  };
};

declare var chrome: {
  readonly runtime: {
    /** Nothing in a content script whose extension is gone. */
    readonly id?: string;
    readonly lastError?: { readonly message?: string };
    connect<Heard, Said>(options: { name: string }): ChromePort<Heard, Said>;
    connectNative<Heard, Said>(host: string): ChromePort<Heard, Said>;
    getURL(path: string): string;
    getManifest(): { version: string; content_scripts: { matches: string[]; js: string[] }[] };
    openOptionsPage(): Promise<void>;
    sendMessage<Type extends keyof FawkesRequests>(
      message: { type: Type } & FawkesRequests[Type][0],
    ): Promise<FawkesRequests[Type][1] | undefined>;
    sendMessage(message: { type: FawkesNews }): Promise<unknown>;
    // Any: the name of a port says which of the conversations it is.
    readonly onConnect: ChromeEvent<(port: ChromePort<any, any>) => void>;
    readonly onInstalled: ChromeEvent<(details: { reason: string }) => void>;
    // Any: it is judged by who says it, and by its type.
    readonly onMessage: ChromeEvent<
      (message: any, sender: ChromeSender, reply: (answer: unknown) => void) => boolean
    >;
  };
  readonly storage: {
    readonly local: ChromeStorageArea<FawkesLocal>;
    readonly session: ChromeStorageArea<FawkesSession>;
    readonly onChanged: ChromeEvent<(changes: ChromeChanges, area: string) => void>;
  };
  readonly tabs: {
    connect<Heard, Said>(
      tab: number,
      options: { name: string; frameId?: number },
    ): ChromePort<Heard, Said>;
    create(options: { url: string }): Promise<ChromeTab>;
    get(tab: number): Promise<ChromeTab>;
    query(filter: {
      active?: boolean;
      currentWindow?: boolean;
      discarded?: boolean;
    }): Promise<ChromeTab[]>;
    readonly onActivated: ChromeEvent<(tab: { tabId: number }) => void>;
    readonly onRemoved: ChromeEvent<(tab: number) => void>;
    readonly onUpdated: ChromeEvent<(tab: number, change: { status?: string }) => void>;
  };
  readonly permissions: {
    contains(permissions: ChromeOrigins): Promise<boolean>;
    getAll(): Promise<ChromeOrigins>;
    remove(permissions: ChromeOrigins): Promise<boolean>;
    request(permissions: ChromeOrigins): Promise<boolean>;
    readonly onAdded: ChromeEvent<() => void>;
    readonly onRemoved: ChromeEvent<() => void>;
  };
  readonly scripting: {
    executeScript<Result>(injection: {
      target: ChromeTarget;
      func: () => Result;
      injectImmediately?: true;
    }): Promise<{ frameId: number; result?: Result }[]>;
    executeScript(injection: {
      target: ChromeTarget;
      files: string[];
      world?: "MAIN";
      injectImmediately: true;
    }): Promise<unknown>;
    getRegisteredContentScripts(filter: { ids: string[] }): Promise<{ id: string }[]>;
    registerContentScripts(scripts: ChromeContentScript[]): Promise<void>;
    unregisterContentScripts(filter: { ids: string[] }): Promise<void>;
  };
  readonly action: {
    /** Where it is told; Firefox knows it since its version 128. */
    getUserSettings?(): Promise<{ isOnToolbar?: boolean }>;
    setBadgeBackgroundColor(badge: { tabId: number; color: string }): Promise<void>;
    setBadgeText(badge: { tabId: number; text: string }): Promise<void>;
    setBadgeTextColor(badge: { tabId: number; color: string }): Promise<void>;
    setIcon(icon: { tabId: number; path: Record<string, string> }): Promise<void>;
    setTitle(title: { tabId: number; title: string }): Promise<void>;
  };
  readonly i18n: {
    getMessage(key: string, values?: string[]): string;
    getUILanguage(): string;
  };
  readonly commands: {
    readonly onCommand: ChromeEvent<(command: string) => void>;
    getAll(): Promise<{ name?: string; shortcut?: string }[]>;
    /** Firefox, since its version 137. */
    openShortcutSettings?(): Promise<void>;
  };
  /** What needs no permission of it. */
  readonly management?: { getSelf(): Promise<{ installType: string }> };
  /** Telephones have none. */
  readonly windows?: {
    create(options: {
      url: string;
      type: "popup";
      width: number;
      height: number;
      focused: boolean;
      incognito: boolean;
    }): Promise<unknown>;
  };
  /** Chromium, for content scripts only. */
  readonly dom?: { openOrClosedShadowRoot(element: Element): ShadowRoot | null };
};

interface Element {
  /** Firefox, for content scripts only. */
  readonly openOrClosedShadowRoot?: ShadowRoot | null;
}

// --- what browsers have, and TypeScript's own declarations have not ------------------------------

interface Uint8Array<TArrayBuffer extends ArrayBufferLike> {
  toBase64?(): string;
}

interface Uint8ArrayConstructor {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}
