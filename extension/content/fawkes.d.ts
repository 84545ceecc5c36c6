// The namespace of content scripts: the parts that they hand each other.  The manifest has them
// loaded in an order in which each finds what it takes at its start.

interface FawkesContent extends FawkesShared {
  /** The content script runs in this document. */
  started?: true;
  /** The document was there before the extension. */
  entered?: true;

  approval: {
    approve(files: Iterable<File>): void;
    revoke(file: File): void;
    isApproved(file: File): boolean;
  };
  asking: {
    start(): void;
    ask(
      question: FawkesQuestion,
      options: {
        mount: (box: HTMLElement) => void;
        signal: AbortSignal;
        files?: File[];
        deeds?: Record<string, (button: HTMLButtonElement) => void>;
      },
    ): FawkesAsking;
  };
  bus: {
    open(): boolean;
    isHeard(): boolean;
    on<Kind extends keyof FawkesBusAsked>(
      kind: Kind,
      listener: FawkesBusListener<FawkesBusAsked[Kind]>,
    ): void;
    hear<Kind extends keyof FawkesBusShared>(
      kind: Kind,
      listener: FawkesBusListener<FawkesBusShared[Kind]>,
    ): void;
    hearOthers<Kind extends keyof FawkesBusOthers>(
      kind: Kind,
      listener: FawkesBusListener<FawkesBusOthers[Kind]>,
    ): void;
    send<Kind extends keyof FawkesBusTold>(
      kind: Kind,
      data: FawkesBusTold[Kind][1],
      nodes: FawkesBusTold[Kind][0],
    ): boolean;
    askAtHome(kind: keyof FawkesBusOthers, node: Node): boolean | null;
    askOther(view: Window, kind: keyof FawkesBusOthers, nodes?: Node[]): boolean;
    isAnswering(view: Window): boolean;
    parcelOf(files: File[]): HTMLInputElement;
    noteParcel(parcel: FawkesParcel): void;
    isParcel(node: Node): boolean;
    listOf(files: File[]): FileList;
  };
  calls: { start(): void };
  carets: {
    focused(): Element | null;
    isTextControl(node: unknown): node is HTMLInputElement | HTMLTextAreaElement;
    isRich(node: unknown): boolean;
    isEditable(node: unknown): boolean;
    remember(node: Node): FawkesCaret;
    selectionOf(node: Node): Selection | null;
    setAt(x: number, y: number, node: Node): void;
  };
  cloaking: {
    Fault: FawkesFaultClass;
    cloak(
      file: File,
      options: {
        accept: string[];
        more?: number;
        signal: AbortSignal;
        onProgress: (progress: FawkesProgress) => void;
      },
    ): Promise<FawkesCloaked>;
    tell(type: FawkesNews): void;
    isOrphan(): boolean;
  };
  composers: {
    senderAt(target: Element, place: FawkesPlace): Element | null;
    buttonAt(target: Element, place: FawkesPlace): Element | null;
    fieldAt(target: Element, place: FawkesPlace): Element | null;
    nameOf(control: Element): string;
  };
  delivery: {
    watch(input: HTMLInputElement): FawkesWatch;
    isShown(element: Element): boolean;
    watchTransfer(): FawkesTransferWatch;
    report(
      settled: (File | null)[],
      isTaken: boolean,
      watch: FawkesTransferWatch,
      target: Element,
    ): void;
    noteRead(input: HTMLInputElement): void;
  };
  drops: { start(): void };
  gestures: { start(): void; isNeeded(): boolean; allow(): boolean; come(): Promise<void> };
  flavours: {
    read(transfer: DataTransfer): FawkesFlavours;
    from(strings: [string, string][]): FawkesFlavours;
    holdPictures(flavours: FawkesFlavours): boolean;
    settle(
      files: File[],
      flavours: FawkesFlavours,
      accept?: string[],
    ): Promise<{
      settled: FawkesSettled;
      files: FawkesSettled;
      strings: [string, string][];
      isEmpty: boolean;
    }>;
  };
  forms: { start(): void };
  frames: { start(): void };
  inputs: {
    start(): void;
    put(input: HTMLInputElement, list: FileList): void;
    announce(input: HTMLInputElement, event: Event): void;
    isPendingFor(form: HTMLFormElement): boolean;
    belongsTo(input: HTMLInputElement, form: HTMLFormElement): boolean;
    mustWait(form: HTMLFormElement): boolean;
    isPending(input: HTMLInputElement): boolean;
    onOpen(listener: (input: HTMLInputElement) => void): void;
    onSettled(listener: (input: HTMLInputElement, kept: boolean) => void): void;
  };
  insertion: {
    insert(
      target: Node,
      inputType: "insertFromPaste" | "insertFromDrop",
      strings: [string, string][],
      files: File[],
    ): Promise<boolean>;
    harmless(html: string): string;
  };
  keeping: {
    maySave(): boolean;
    save(files: File[]): void;
    copy(file: File): Promise<void>;
  };
  memory: {
    remember(original: File, accept: string[], cloaked: FawkesCloaked): void;
    recall(original: File, accept: string[]): FawkesCloaked | null;
    answer(files: File[], accept: string[]): File[] | null;
  };
  pastes: { start(): void };
  places: {
    start(): void;
    placeOf(element: Element): FawkesPlace;
    successorOf(place: FawkesPlace): Element | null;
    inputNear(element: Element): HTMLInputElement | null;
    isAbandoned(place: FawkesPlace): boolean;
    wayOf(element: Element): Element[];
    isOurs(element: Element): boolean;
  };
  pressNote: {
    (control: Element, name: string, answers: { now: () => void; forget: () => void }): FawkesNote;
    LAST_WORDS: string[];
  };
  presses: {
    start(): void;
    begin(place: FawkesPlace): (outcome: FawkesOutcome) => void;
  };
  preview: {
    draw(
      canvas: HTMLCanvasElement,
      file: Blob,
      into: { box: { width: number; height: number }; fit: "cover" | "contain" },
    ): Promise<number>;
    thumbnail(canvas: HTMLCanvasElement, file: Blob): Promise<number>;
    ofAddress(canvas: HTMLCanvasElement, address: string): Promise<number>;
  };
  protection: {
    isOff(): boolean;
    settled(): Promise<FawkesSiteLevel>;
    mayAskWithoutHost(): boolean;
  };
  quiet: { start(): void };
  roots: {
    on<Type extends string>(type: Type, listener: (event: FawkesEventOf<Type>) => void): void;
    add(target: EventTarget): void;
    addWindow(view: Window): void;
    restore(view: Window | null): boolean;
    shadowOf(node: unknown): ShadowRoot | null;
    isElement(node: unknown): node is Element;
    isFileInput(node: unknown): node is HTMLInputElement;
    isForm(node: unknown): node is HTMLFormElement;
    below(node: ParentNode, selector: "input[type=file]"): HTMLInputElement[];
    below(node: ParentNode, selector: string): Element[];
    fileInputs(event: Event): HTMLInputElement[];
    targetAt(event: MouseEvent): Element;
    elementAt(x: number, y: number): Element | null;
  };
  selection: {
    settle(files: File[], signal: AbortSignal, accept?: string[]): Promise<FawkesSettled>;
    taken(settled: FawkesSettled): void;
    untaken(
      settled: FawkesSettled,
      offers?: { choose?: (() => void) | null; isShown?: boolean },
    ): void;
    moved(settled: FawkesSettled): Promise<"insert" | "cancel">;
  };
  sight: {
    watch(element: Element): FawkesSight;
    whenUnseen(element: Element, unseen: () => void): () => void;
    guard(button: HTMLButtonElement, act: () => void, doubt: () => void): FawkesGuard;
  };
  textPictures: {
    find(text: string, depth?: number): FawkesPlan | null;
    picturesOf(plan: FawkesPlan): FawkesPicture[];
    write(plan: FawkesPlan, cloaked: Map<FawkesPicture, Uint8Array<ArrayBuffer> | null>): string;
  };
  toast: {
    readonly LAST_WORDS: string[];
    sweep(): void;
    askForFrame(
      question: FawkesQuestion,
      options: { signal: AbortSignal; answer: (choice: string) => void; doubt: () => void },
    ): { change: (question: FawkesQuestion) => void };
    open(files: File[]): FawkesBatch;
  };
  toastBatch: new (files: File[]) => FawkesBatch;
  toastCard: {
    open(): { host: HTMLElement; card: HTMLElement; list: HTMLElement; title: HTMLElement };
    follow(event?: Event): void;
    widen(on: boolean): void;
    add(line: FawkesCardLine, row: HTMLElement, list?: HTMLElement): void;
    remove(line: FawkesCardLine): void;
    rest(): void;
    sweep(): void;
  };
  toastComparison(original: File, cloaked: File, face?: FawkesFace): Promise<HTMLElement | null>;
  toastElements: {
    make<Tag extends keyof HTMLElementTagNameMap>(
      tag: Tag,
      className?: string,
      text?: string,
    ): HTMLElementTagNameMap[Tag];
    button(text: string, className: string, action: () => void): HTMLButtonElement;
    cross(): SVGSVGElement;
    picture(): SVGSVGElement;
    mark(): SVGSVGElement;
  };
  toastLine: {
    Line: new (file: File, batch?: { list?: HTMLElement; changed?: () => void }) => FawkesLine;
    rowOf(
      title: string,
      parts: HTMLElement[],
      below: HTMLElement[],
    ): { row: HTMLLIElement; thumb: HTMLDivElement };
    barOf(name: string): HTMLProgressElement;
  };
  toastOutcome(outcome: {
    receipt: FawkesReceipt | null;
    original: File;
    cloaked: File;
  }): HTMLElement;
  toastQuestion: {
    readonly LOCAL: Set<string>;
    ofFault(fault: FawkesFault, original: boolean, photos?: number): FawkesQuestion;
    ofUntaken(choose: boolean, isShown: boolean, photos: number): FawkesQuestion;
    ofMoved(photos: number): FawkesQuestion;
    draw(
      question: FawkesQuestion,
      answer: (choice: string, button: HTMLButtonElement) => void,
      doubt: () => void,
    ): {
      box: HTMLElement;
      change: (question: FawkesQuestion) => void;
      placed: (where: FawkesPlaced) => void;
      close: () => void;
    };
  };
  toastStyle: string;
  windows: { start(): void };
}

/** What was chosen, in the same order; null for what was given up. */
type FawkesSettled = (File | null)[];

/** What people answer where a photo could not be cloaked. */
type FawkesVerdict = "again" | "original" | "cancel";

/** What has become of a photo that was under way; `replaced`: another was chosen. */
type FawkesOutcome = "there" | "untaken" | "given up" | "replaced";

/** A photo that came back from the host. */
interface FawkesCloaked {
  file: File;
  status: FawkesResultMessage["status"];
  receipt: FawkesReceipt;
}

type FawkesProgress = Pick<
  Extract<FawkesPhotoReply, { type: "progress" }>,
  "stage" | "fraction" | "faces"
>;

type FawkesFaultClass = new (
  code: string,
  parameters?: Record<string, string | number>,
) => Error & FawkesFault;

/** An event by its name; any other kind where the browser has none of that name. */
type FawkesEventOf<Type extends string> = Type extends keyof WindowEventMap
  ? WindowEventMap[Type]
  : Event;

/** A caret that was remembered: `set` puts it there again. */
interface FawkesCaret {
  set(): void;
  isHere(): boolean;
}

/** Whether an input that was given photos has been read since. */
interface FawkesWatch {
  read: Promise<void>;
  isTaken(events: Event[]): Promise<boolean>;
}

/** Whether a drop or paste has been looked into. */
interface FawkesTransferWatch {
  number: number;
  read: Promise<void>;
  isTaken(isPrevented: boolean): Promise<boolean>;
}

/** Where a photo was meant to go. */
interface FawkesPlace {
  element: Element;
  /** What was pressed before the picker opened. */
  opener: Element | null;
  /** That it was in. */
  dialog: Element | null;
  parent: Element | null;
  root: Document | ShadowRoot | null;
  /** From the element out to the document, through all shadow roots. */
  way: Element[];
  /** The same way, to be found again. */
  path: string[];
  /** That were there as well. */
  inputs: WeakSet<Element>;
  /** Of the page. */
  address: string;
  /** How often anything had been pressed. */
  presses: number;
}

/** A note beside a button that was pressed. */
interface FawkesNote {
  remove(): void;
  leaveToUser(): void;
}

/** The strings of a drop or paste by their types, and where pictures are in them. */
interface FawkesFlavours {
  strings: [string, string][];
  plans: (FawkesPlan | null)[];
}

/** A picture in a text. */
interface FawkesPicture {
  bytes: Uint8Array<ArrayBuffer>;
  /** Media type, as the text says it; may be empty. */
  type: string;
}

/** A text, and what is to be written anew in it. */
interface FawkesPlan {
  text: string;
  parts: FawkesPart[];
}

type FawkesPart = {
  start: number;
  end: number;
  /** What is left of it where its picture is given up. */
  gone: string;
} & (
  | {
      picture: FawkesPicture | null;
      inner: null;
      write: (picture: Uint8Array<ArrayBuffer>) => string;
    }
  /** A document within. */
  | { picture: null; inner: FawkesPlan; write: (text: string) => string }
);

/** A question that is open. */
/** Where a question is shown: where it arose, on the page around that frame, or in a window. */
type FawkesPlaced = "here" | "around" | "window";

interface FawkesAsking {
  /** Until somebody answers, or it is ended. */
  answer: Promise<string>;
  change(question: FawkesQuestion): void;
  elsewhere(): void;
  end(choice?: string): void;
}

interface FawkesSight {
  isSeen(): boolean;
  isCertain(): boolean;
  isKnown(): boolean;
  stop(): void;
}

interface FawkesGuard {
  anew(): void;
  stop(): void;
}

/** What the card of the toast asks a line. */
interface FawkesCardLine {
  hasEnded(): boolean;
  isAsking(): boolean;
  isCloaked(): boolean;
  close(): void;
  remove(): void;
}

type FawkesLineState =
  | "working"
  | "asking"
  | "handing"
  | "cloaked"
  | "no_face"
  | "untouched"
  | "original"
  | "gone";

/** One photo's line of the toast. */
interface FawkesLine extends FawkesCardLine {
  readonly file: File;
  readonly row: HTMLLIElement;
  readonly state: FawkesLineState;
  readonly cloaked: File | undefined;
  readonly fraction: number;
  isSettled(): boolean;
  isCancelled(): boolean;
  drawThumb(): Promise<string>;
  onCancel(listener: () => void): void;
  progress(progress: FawkesProgress): void;
  done(outcome: {
    status: FawkesResultMessage["status"];
    receipt: FawkesReceipt | null;
    cloaked: File;
  }): void;
  taken(): void;
  asking(words: string): void;
  answered(choice: string): void;
  giveUp(): void;
}

/** The toast of one selection. */
interface FawkesBatch {
  readonly lines: FawkesLine[];
  ask(
    line: FawkesLine,
    fault: FawkesFault,
    options: { original: boolean; alike: boolean; signal: AbortSignal },
  ): Promise<FawkesVerdict>;
  taken(): void;
  withdraw(): void;
  untaken(choose: (() => void) | null, isShown: boolean, signal: AbortSignal): Promise<void>;
  moved(signal: AbortSignal): Promise<"insert" | "cancel">;
}
