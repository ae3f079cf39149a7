"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.writeFault = exports.vmaGap = exports.unmergeRange = exports.unmap = exports.spawn = exports.scanBatch = exports.runWrite = exports.readFault = exports.quietSettingWrite = exports.protect = exports.pageHash = exports.nextMappedPage = exports.mergeAnySet = exports.map = exports.hasMergeable = exports.fork = exports.exit = exports.entryFind = exports.advise = void 0;
exports.layOut = layOut;
/**
 * The engine's ABI: every exported function, one line each, no logic. Addresses of mms are handles to the driver. Results are
 * 0 or an errno unless said; a frame's address (>= 4096) or an errno (< 4096); a handle or 0 (see H_LIMIT_HIT).
 */
const layout_1 = require("./layout");
const fault_1 = require("./memory/fault");
Object.defineProperty(exports, "readFault", { enumerable: true, get: function () { return fault_1.readFault; } });
Object.defineProperty(exports, "writeFault", { enumerable: true, get: function () { return fault_1.writeFault; } });
const frames_1 = require("./memory/frames");
const setup_1 = require("./memory/setup");
const tables_1 = require("./memory/tables");
Object.defineProperty(exports, "entryFind", { enumerable: true, get: function () { return tables_1.entryFind; } });
Object.defineProperty(exports, "nextMappedPage", { enumerable: true, get: function () { return tables_1.nextMappedPage; } });
const vmas_1 = require("./memory/vmas");
Object.defineProperty(exports, "vmaGap", { enumerable: true, get: function () { return vmas_1.vmaGap; } });
const checksum_1 = require("./merge/checksum");
Object.defineProperty(exports, "pageHash", { enumerable: true, get: function () { return checksum_1.pageHash; } });
const unmerge_1 = require("./merge/unmerge");
Object.defineProperty(exports, "unmergeRange", { enumerable: true, get: function () { return unmerge_1.unmergeRange; } });
const hash_1 = require("./page/hash");
const batch_1 = require("./scan/batch");
Object.defineProperty(exports, "scanBatch", { enumerable: true, get: function () { return batch_1.scanBatch; } });
const run_1 = require("./scan/run");
Object.defineProperty(exports, "quietSettingWrite", { enumerable: true, get: function () { return run_1.quietSettingWrite; } });
Object.defineProperty(exports, "runWrite", { enumerable: true, get: function () { return run_1.runWrite; } });
const mapping_1 = require("./syscall/mapping");
Object.defineProperty(exports, "advise", { enumerable: true, get: function () { return mapping_1.advise; } });
Object.defineProperty(exports, "hasMergeable", { enumerable: true, get: function () { return mapping_1.hasMergeable; } });
Object.defineProperty(exports, "map", { enumerable: true, get: function () { return mapping_1.map; } });
Object.defineProperty(exports, "mergeAnySet", { enumerable: true, get: function () { return mapping_1.mergeAnySet; } });
Object.defineProperty(exports, "protect", { enumerable: true, get: function () { return mapping_1.protect; } });
Object.defineProperty(exports, "unmap", { enumerable: true, get: function () { return mapping_1.unmap; } });
const process_1 = require("./syscall/process");
Object.defineProperty(exports, "exit", { enumerable: true, get: function () { return process_1.exit; } });
Object.defineProperty(exports, "fork", { enumerable: true, get: function () { return process_1.fork; } });
Object.defineProperty(exports, "spawn", { enumerable: true, get: function () { return process_1.spawn; } });
/** Lays out a fresh memory whose limits are in the header; the key of the keyed hash comes from a 64-bit seed. Frames, or 0. */
function layOut(seedLow, seedHigh) {
    const frames = (0, setup_1.setup)();
    if (frames == 0)
        return 0;
    (0, hash_1.expandKey)(seedLow, seedHigh, layout_1.HASH_KEY);
    store(layout_1.H_ZERO_CHECKSUM, (0, checksum_1.pageHash)((0, frames_1.zeroFrame)()));
    return frames;
}
