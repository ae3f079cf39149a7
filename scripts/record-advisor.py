#!/usr/bin/env python3
"""Records what the running Linux kernel's scan-time advisor advises, pass by pass.

usage: record-advisor.py > test/unit/ksm/kernel-advisor.json     (root, a kernel with CONFIG_KSM and tracing, nobody else
using KSM; takes about a minute)

Each case has its settings and one [scan_time, cpu_percent, pages_to_scan] for each pass, as the event ksm:ksm_advisor
reports them; "start" is what pages_to_scan became when the advisor was switched on. Every case starts between two
passes. The lock of the KSM recorder is held meanwhile, and every setting is put back.
"""
import fcntl, json, mmap, os, subprocess, tempfile, time

KSM = "/sys/kernel/mm/ksm/"
SETTINGS = ["advisor_min_pages_to_scan", "advisor_max_pages_to_scan", "advisor_max_cpu", "advisor_target_scan_time",
            "sleep_millisecs"]
MERGEABLE, PAGES = 12, 50
CASES = {  # the values of SETTINGS, how many passes, seconds of CPU that ksmd burns first
    "defaults": ([500, 30000, 70, 200, 20], 8, 0),
    "32-bit arithmetic": ([100_000_000, 10**18, 70, 1, 20], 5, 1.5),
    "32-bit start value": ([2**32 + 9, 2**32 + 5, 70, 200, 20], 5, 0),
    "passes of several seconds": ([20, 20, 70, 5, 1000], 6, 0),
    "little CPU": ([7, 1000, 3, 2, 500], 6, 0),
    "nothing allowed": ([40, 0, 70, 200, 20], 1, 0),
    "no CPU allowed": ([3000, 30000, 0, 1, 20], 4, 0.7),
}


def read(path):
    with open(path) as f:
        return f.read().strip()


def write(path, value):
    with open(path, "w") as f:
        f.write(str(value))


def ksm(file, value):
    write(KSM + file, value)


def restart():
    """forget all items and stand between two passes"""
    ksm("run", 2)
    ksm("run", 0)
    ksm("advisor_mode", "none")


def burn(seconds):
    restart()
    ksm("pages_to_scan", 0)
    ksm("sleep_millisecs", 0)
    ksm("run", 1)
    time.sleep(seconds)


def record(tracing, values, passes, burnt):
    if burnt:
        burn(burnt)
    restart()
    settings = dict(zip(SETTINGS, values))
    for file, value in settings.items():
        ksm(file, value)
    write(tracing + "/trace", "")
    ksm("advisor_mode", "scan-time")
    start = int(read(KSM + "pages_to_scan"))
    ksm("run", 1)
    rows, begun = [], time.time()
    while len(rows) < passes and time.time() - begun < 30:
        time.sleep(0.1)
        events = [line.split() for line in read(tracing + "/trace").splitlines() if " ksm_advisor: " in line]
        rows = [[int(w[w.index("time") + 1]), int(w[-1]), int(w[w.index("pages_to_scan") + 1])] for w in events]
    return {"settings": settings, "start": start, "passes": rows[:passes]}


def json_text(value, indent="", room=120):
    """as the repository's formatter lays JSON out: an array on one line where it fits"""
    inner = indent + "  "
    if isinstance(value, dict):
        keys = {k: inner + json.dumps(k) + ": " for k in value}
        lines = [keys[k] + json_text(v, inner, 119 - len(keys[k])) for k, v in value.items()]
        return "{\n" + ",\n".join(lines) + "\n" + indent + "}"
    if isinstance(value, list) and len(json.dumps(value)) > room:
        return "[\n" + ",\n".join(inner + json_text(v, inner) for v in value) + "\n" + indent + "]"
    return json.dumps(value)


def main():
    memory = mmap.mmap(-1, PAGES * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for page in range(PAGES):
        memory[page * mmap.PAGESIZE] = page + 1
    memory.madvise(MERGEABLE)
    with open("/run/lock/ksm-recorder", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        saved = {f: read(KSM + f) for f in SETTINGS + ["pages_to_scan"]}
        tracing = tempfile.mkdtemp()
        subprocess.run(["mount", "-t", "tracefs", "tracefs", tracing], check=True)
        try:
            write(tracing + "/events/ksm/ksm_advisor/enable", 1)
            cases = {name: record(tracing, *case) for name, case in CASES.items()}
        finally:
            write(tracing + "/events/ksm/ksm_advisor/enable", 0)
            restart()
            for file, value in saved.items():
                ksm(file, value)
            subprocess.run(["umount", tracing], check=True)
            os.rmdir(tracing)
    print(json_text({"kernel": os.uname().release, "cases": cases}))


main()
