// Every number of the extension, each with its reason.  Classic script: content
// scripts cannot be modules, so what they share hangs on `globalThis.fawkes`.
(function (fawkes) {
  "use strict";

  fawkes.limits = Object.freeze({
    /** The number in `hello`; host/PROTOCOL.md says when it is raised. */
    protocol: 1,

    /** Largest photo the host takes; asked for before any byte is read. */
    photoBytes: 100 * 1024 * 1024,

    /** Raw bytes of one chunk: in base64 it stays below the 1 MiB at which browsers cut the port. */
    chunkBytes: 512 * 1024,

    /** Chunks under way before an acknowledgement; what the host announces comes first. */
    windowChunks: 16,

    /** How much of a file is read to tell what it is: what formats begin with, and their brands. */
    sniffBytes: 4 * 1024,

    /** In a text, what is smaller than this has no room for a face: spacers, bullets. */
    pictureBytes: 200,
    faceSide: 16,

    /** Documents within documents, as a drawing in a page in an address. */
    pictureDepth: 4,

    /** A page may stand still for this long while files are looked at that are no photos by name. */
    lookMs: 250,

    /** The relay answers within 100 ms; a machine that is swapping gets a hundred times that. */
    helloTimeoutMs: 10_000,

    /** The host reports every 250 ms while it works.  This much silence means that nobody works. */
    silenceMs: 60_000,

    /** From the announcement to the result, for the host: a large group on a slow laptop. */
    deadlineS: 900,

    /** A background that dies under a photo is started anew this often before the user is asked. */
    resends: 5,
    resendDelayMs: 200,

    /** Waits before the native port is opened again after it broke, and how long a port must
     * have lived to count as sound. */
    reconnectDelaysMs: Object.freeze([0, 250, 1_000, 4_000]),
    soundPortMs: 5_000,

    /** Photos of one page under way at once, and their bytes, though always one: the host looks at
     * all that it has before it cloaks the next, since photos of one person protect each other, and
     * a folder of them is not in memory all together. */
    photosAtOnce: 12,
    bytesAtOnce: 64 * 1024 * 1024,

    /** What a tab with several frames may have under way, all of them together, in the background. */
    photosOfTab: 64,
    bytesOfTab: 512 * 1024 * 1024,

    /** `busy`: the host's queue is full.  It empties at the pace of the engine. */
    busyDelayMs: 1_500,
    busyTries: 40,

    /** A saved photo is read by then. */
    savingMs: 60_000,

    /** The program looks at itself within seconds, on a busy machine within this; an older one
     * does not answer. */
    doctorMs: 30_000,

    /** An idle port is closed after this, so that relay and background may rest. */
    idlePortMs: 5 * 60_000,

    /** Documents of a tab that are busy get this long to say which frames they hold; where all
     * have spoken, nobody waits. */
    surveyMs: 2_000,

    /** Frames come and go in swarms while a page is being built. */
    surveyDelayMs: 300,

    /** The toast after success: long enough for a look, and to press "compare". */
    toastDoneMs: 8_000,

    /** "Upload the original" takes no click this soon after it appears under the pointer, moves,
     * or was covered: as long as browsers make their own questions wait. */
    armMs: 500,

    /** How often is looked whether a question is seen as it is, and whether the toast is on top. */
    sampleMs: 100,
    followMs: 400,

    /** A question that nobody can see for so long is asked elsewhere; a browser that has not even
     * looked may be slow. */
    unseenMs: 1_000,
    sightMs: 5_000,

    /** A window opens within this; until then no second one is asked for. */
    windowMs: 3_000,

    /** A background that hears nothing for 30 s is stopped: questions take longer. */
    aliveMs: 20_000,

    /** More photos than this at once have one line together. */
    linesAtOnce: 4,

    /** Photos the popup remembers, until the browser is closed. */
    recentPhotos: 5,

    /** Photos that were cloaked and may be chosen again: the last selection, for as long as people
     * take to see that a page has not taken it. */
    rememberedPhotos: 24,
    rememberedBytes: 64 * 1024 * 1024,
    rememberedMs: 10 * 60_000,

    /** A page that wants what it was given has looked by then. */
    takenMs: 1_500,

    /** In documents that were there first, a page may ask for this long after the user has done
     * something: as long as browsers take a press for a reason. */
    gestureMs: 5_000,

    /** A page that empties an input for another choice does so this close to the click: people
     * cannot press "remove" so soon. */
    pickerOpensMs: 100,

    /** From the return of the focus to the picker's own event; browsers send both in one breath. */
    pickerEndMs: 2_000,

    /** A page that has not changed for this long shows the photo it was given, and may be pressed;
     * some never rest. */
    pageQuietMs: 150,
    pageQuietMostMs: 2_000,

    /** A button that was pressed is often disabled while the page sends the photo ahead. */
    pressWaitMs: 60_000,

    /** Files that a copy is compared with: a selection of many photos that is copied at once. */
    approvedFiles: 64,

    /** Files of one dropped folder, so that a dropped disk cannot hold the page for ever. */
    folderFiles: 5_000,
  });
})(/** @type {FawkesShared} */ ((globalThis.fawkes ??= {})));
