// The namespace on which scripts that are no modules hand each other their parts, as far as
// `shared/` fills it; `content/fawkes.d.ts` has the rest.  Each world has an object of its own, in
// which is what was loaded there.

interface FawkesShared {
  accept: {
    mediaTypes(attribute: string): string[];
  };
  base64: {
    toBase64(bytes: Uint8Array<ArrayBuffer>): string;
    fromBase64(text: string): Uint8Array<ArrayBuffer>;
  };
  limits: FawkesLimits;
  photoKinds: {
    mayBePhoto(file: File, end?: number): boolean;
    mayHold(files: File[]): boolean;
    kindOf(bytes: ArrayLike<number>): "photo" | "other" | "unknown";
    isPhoto(file: File): Promise<boolean>;
  };
  readNow(file: Blob): string | null;
  receipt: {
    sentence(receipt: FawkesReceipt | null, status: FawkesResultMessage["status"]): string;
    lines(receipt: FawkesReceipt | null): [string, string][];
    lost(receipt: FawkesReceipt | null): string;
  };
  settings: {
    readonly LEVELS: readonly FawkesLevel[];
    readonly RULES: readonly FawkesRule[];
    readonly POLICIES: readonly FawkesPolicy[];
    readonly HOST_MISSING: readonly FawkesSettings["hostMissing"][];
    readonly DEFAULTS: FawkesSettings;
    readonly HOST_NAME: RegExp;
    parse(value: unknown): FawkesSettings;
    load(): Promise<FawkesSettings>;
    update(change: (settings: FawkesSettings) => Partial<FawkesSettings>): Promise<FawkesSettings>;
    watch(listener: (settings: FawkesSettings) => void): void;
  };
  siteRules: {
    readonly CURATED: Readonly<Record<"social" | "photo" | "dating", readonly string[]>>;
    siteOf(host: string): string;
    isCurated(host: string): boolean;
    levelFor(settings: FawkesSettings, host: string): FawkesSiteLevel;
    switchTo(
      settings: FawkesSettings,
      site: string,
      rule: "off" | "decoy" | null,
    ): Pick<FawkesSettings, "sites" | "sitesBefore">;
    patternOf(site: string): string;
  };
  text: {
    t(key: string, ...values: (string | number)[]): string;
    keep(keys: string[]): void;
    errorText(fault: FawkesFault): string;
    levelText(level: FawkesLevel): string;
    megabytes(bytes: number): string;
    localise(root: ParentNode): void;
  };
}

/** `shared/limits.js` has each with its reason. */
interface FawkesLimits {
  readonly protocol: number;
  readonly photoBytes: number;
  readonly chunkBytes: number;
  readonly windowChunks: number;
  readonly sniffBytes: number;
  readonly pictureBytes: number;
  readonly faceSide: number;
  readonly pictureDepth: number;
  readonly lookMs: number;
  readonly helloTimeoutMs: number;
  readonly silenceMs: number;
  readonly deadlineS: number;
  readonly resends: number;
  readonly resendDelayMs: number;
  readonly reconnectDelaysMs: readonly number[];
  readonly soundPortMs: number;
  readonly photosAtOnce: number;
  readonly bytesAtOnce: number;
  readonly photosOfTab: number;
  readonly bytesOfTab: number;
  readonly busyDelayMs: number;
  readonly busyTries: number;
  readonly savingMs: number;
  readonly doctorMs: number;
  readonly idlePortMs: number;
  readonly surveyMs: number;
  readonly surveyDelayMs: number;
  readonly toastDoneMs: number;
  readonly armMs: number;
  readonly sampleMs: number;
  readonly followMs: number;
  readonly unseenMs: number;
  readonly sightMs: number;
  readonly windowMs: number;
  readonly aliveMs: number;
  readonly linesAtOnce: number;
  readonly recentPhotos: number;
  readonly rememberedPhotos: number;
  readonly rememberedBytes: number;
  readonly rememberedMs: number;
  readonly takenMs: number;
  readonly gestureMs: number;
  readonly pickerOpensMs: number;
  readonly pickerEndMs: number;
  readonly pageQuietMs: number;
  readonly pageQuietMostMs: number;
  readonly pressWaitMs: number;
  readonly approvedFiles: number;
  readonly folderFiles: number;
}

/** Whoever reads it names its world: `FawkesShared`, `FawkesContent`, or some of their parts. */
declare var fawkes: object | undefined;
