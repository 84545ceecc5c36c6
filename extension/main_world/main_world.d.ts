// What the files of `main_world/` hand each other while they are loaded; the last takes it away.
//
// Any: on what a page calls a native, and with what, nobody knows.  A native says itself that it
// is called on the wrong thing.

/** A native method or getter; a page may call it on anything. */
type FawkesNative<Given extends unknown[], Result> = (this: any, ...given: Given) => Result;

/** A constructor. */
type FawkesType = new (...given: any[]) => object;

/** What stands in for a method. */
type FawkesStandIn = (this: any, ...given: any[]) => unknown;

/** Of `bus.js`: the bus, and natives that were captured before the page could replace them. */
interface FawkesMainWorldBus {
  isActive(): boolean;
  isGone(): boolean;
  consult(kind: keyof FawkesBusShared, node: unknown): boolean | null;
  ask<Kind extends keyof FawkesBusAsked>(
    kind: Kind,
    elements: FawkesBusAsked[Kind][0],
    data?: FawkesBusAsked[Kind][1],
  ): boolean;
  readonly receivers: FawkesReceivers;
  keepRoot(host: unknown, root: ShadowRoot): void;
  apply<Given extends unknown[], Result>(
    method: FawkesNative<Given, Result>,
    self: unknown,
    given: NoInfer<Given>,
  ): Result;
  bare<Own extends object>(own: Own): Own;
  construct(target: FawkesType, given: ArrayLike<unknown>, self?: FawkesType): object;
  defineProperty(target: object, name: PropertyKey, descriptor: PropertyDescriptor): boolean;
  descriptorOf(target: object, name: PropertyKey): PropertyDescriptor | undefined;
  getter<Type, Name extends keyof Type>(
    type: { prototype: Type },
    name: Name,
  ): FawkesNative<[], Type[Name]>;
  readonly dispatch: FawkesNative<[event: Event], boolean>;
  readonly inputFiles: {
    get: FawkesNative<[], FileList | null>;
    set: FawkesNative<[list: FileList | null], void>;
  };
  readonly transferItems: FawkesNative<[], DataTransferItemList>;
  readonly addItem: FawkesNative<[file: File], DataTransferItem | null>;
  readonly ownerOf: FawkesNative<[], Document | null>;
  readonly viewOf: FawkesNative<[], FawkesView | null>;
  readonly documentOf: FawkesNative<[], Document>;
  readonly NativeDataTransfer: typeof DataTransfer;
  readonly NativePromise: typeof Promise;
  createInput(): HTMLInputElement;
  filesIn(input: HTMLInputElement): File[];
  cloaked(file: File, accept: string, done: FawkesDone, failed: () => void): void;
  flavoured(file: File, done: FawkesDone, failed: () => void): void;
  sniffed(file: File, done: FawkesDone, failed: () => void): void;
  after<Value>(
    promise: Promise<Value>,
    onValue: (value: Value) => unknown,
    onError: (fault: unknown) => unknown,
  ): void;
  isFileInput(value: unknown): value is HTMLInputElement;
  holdsFiles(input: HTMLInputElement): boolean;
}

/** With what `windows.js` adds: natives are replaced in every window that the page reaches. */
interface FawkesMainWorld extends FawkesMainWorldBus {
  each<Item>(list: ArrayLike<Item>, work: (item: Item) => void): void;
  install(installer: (view: FawkesView) => void): void;
  installOnce(installer: (view: FawkesView) => void): void;
  reach(view: unknown): void;
  hideThen(type: { prototype: object }): boolean;
  replace<Type, Name extends keyof Type>(
    type: { prototype: Type } | undefined,
    name: Name,
    make: (native: Type[Name]) => FawkesStandIn,
  ): void;
  replaceOwn<Holder extends object, Name extends keyof Holder>(
    holder: Holder,
    name: Name,
    make: (native: Holder[Name]) => FawkesStandIn,
  ): void;
  replaceGetter<Type, Name extends keyof Type>(
    type: { prototype: Type } | undefined,
    name: Name,
    turn: (self: Type, get: FawkesNative<[], Type[Name]>) => unknown,
  ): void;
  replaceSetter<Type, Name extends keyof Type>(
    type: { prototype: Type } | undefined,
    name: Name,
    after: (self: Type) => void,
  ): void;
  replaceType(
    view: FawkesView,
    name: keyof FawkesView & string,
    construct: (target: FawkesType, given: any[], self: FawkesType) => object,
  ): void;
  guardAround(node: unknown): void;
  /** Of `dropped_handles.js`. */
  handleOfFile(file: File): object;
  handleOf(node: FawkesDropped, files: File[]): object;
}

type FawkesDone = (file: File) => void;

/** What is done with what the content script tells; true: the page has handled it. */
type FawkesReceivers = {
  [Kind in keyof FawkesBusTold]?: (
    data: FawkesBusTold[Kind][1],
    nodes: FawkesBusTold[Kind][0],
  ) => // biome-ignore lint/suspicious/noConfusingVoidType: most say nothing
  boolean | void;
};

/** A window, with what TypeScript's own declarations have not. */
type FawkesView = Window & typeof globalThis & FawkesNewNatives;

/** Natives that not every browser has. */
interface FawkesNewNatives {
  readonly FileSystemFileHandle?: { prototype: object };
  readonly FileSystemDirectoryHandle?: { prototype: object };
  readonly FileSystemObserver?: {
    prototype: { observe: (handle: FileSystemHandle, options: unknown) => Promise<void> };
  };
  readonly LaunchParams?: { prototype: { readonly files: readonly FileSystemHandle[] } };
  readonly showOpenFilePicker?: FawkesPicker;
  readonly showSaveFilePicker?: FawkesPicker;
  readonly showDirectoryPicker?: FawkesPicker;
  readonly trustedTypes?: { readonly emptyHTML: string };
}

type FawkesPicker = (options?: FawkesPickerOptions) => Promise<unknown>;

interface FawkesPickerOptions {
  startIn?: unknown;
  types?: { accept: Record<string, unknown> }[];
}

interface DataTransferItem {
  /** Chromium. */
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}

/** Of a window that was guarded from around it. */
declare var fawkesGuarded: boolean | undefined;

declare var fawkesMainWorld: FawkesMainWorld | undefined;
