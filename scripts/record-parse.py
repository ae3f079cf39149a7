#!/usr/bin/env python3
"""Asks the running Linux kernel how it parses what is written to the files of /sys/kernel/mm/ksm.

usage: record-parse.py > test/unit/ksm/kernel-parse.json     (root, a kernel with CONFIG_KSM, nobody else using KSM)

Each input goes to each writable file in one write(2), after the file was given its baseline value. The output holds,
per file, its baseline and one [input, outcome, value] for each input: the outcome is "ok" or the errno's name, the
value is what the file reads afterwards. "read_only" maps each file that is not writable to the errno of opening it
for writing. The lock of the KSM recorder is held meanwhile, and every setting is put back.
"""
import errno, fcntl, json, os

KSM = "/sys/kernel/mm/ksm/"
BASELINE = {
    "run": "0", "sleep_millisecs": "20", "pages_to_scan": "100", "merge_across_nodes": "1", "max_page_sharing": "256",
    "use_zero_pages": "0", "smart_scan": "1", "stable_node_chains_prune_millisecs": "2000", "advisor_mode": "none",
    "advisor_max_cpu": "70", "advisor_min_pages_to_scan": "500", "advisor_max_pages_to_scan": "30000",
    "advisor_target_scan_time": "200",
}
NUMBERS = [
    "", "\n", "\n\n", " ", "0", "0\n", "0\n\n", "0\n1", "\n0", "0\r\n", " 1", "1 ", "1 \n", "\t1", "+", "-", "+\n",
    "+0", "+1", "++1",
    "+-1", "-+1", "--1", "-0", "-0\n", "-1", "-2", "00", "01", "007", "0" * 30 + "7", "1", "1\n", "2", "2\n", "3",
    "5", "100", "1,000",
    "1_000", "1.5", "1.", ".5", "1e3", "0x10", "0X10", "x", "0b1", "0o7", "1x", "x1", "1a", "0a", "\u0661",
    "2147483647", "2147483648", "2147483649", "-2147483647", "-2147483648", "-2147483649", "4294967295", "4294967296",
    "4294967296x", "4294967298", "4294967366", "-4294967296", "9223372036854775807", "9223372036854775808",
    "-9223372036854775807", "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
    "18446744073709551615\n", "+18446744073709551615", "18446744073709551616", "18446744073709551616x",
    "-18446744073709551615", "-18446744073709551616", "-18446744073709551616x", "99999999999999999999999",
    "99999999999999999999999\n\n",
]
WORDS = [
    "y", "Y", "n", "N", "t", "T", "f", "F", "e", "E", "d", "D", "o", "O", "o\n", "on", "On", "oN", "ON", "of", "oF",
    "off", "OFF", "only",
    "ofx", "oo", "o n", "yes", "no", "true", "false", "enable", "disable", "yes please", "none", "none\n",
    "none\n\n", " none", "none ",
    "None", "NONE", "non", "nonee", "[none]", "scan-time", "scan-time\n", "scan-time\n\n", "scan-tim", "scan-times",
    "scan_time",
    "Scan-time", "fast",
]
NULS = ["\0", "\0\n", "1\0", "1\0x", "1\n\0", "1\n\0\n", "1\0\n", "y\0", "o\0n", "none\0x", "scan-time\0",
    "scan-time\n\0"]


def read(file):
    with open(KSM + file) as f:
        return f.read()


def write(file, text):
    """"ok" or the errno's name"""
    try:
        fd = os.open(KSM + file, os.O_WRONLY)
    except OSError as e:
        return errno.errorcode[e.errno]
    try:
        os.write(fd, text.encode())
        return "ok"
    except OSError as e:
        return errno.errorcode[e.errno]
    finally:
        os.close(fd)


def current(file):
    """what has to be written to put `file` back as it is now"""
    text = read(file).strip()
    return text[text.index("[") + 1:text.index("]")] if file == "advisor_mode" else text


def put_back(settings):
    """the advisor's mode first: it overwrites pages_to_scan, and locks it while it is on"""
    for file in ["advisor_mode"] + [f for f in settings if f != "advisor_mode"]:
        if current(file) != settings[file] and write(file, settings[file]) != "ok":
            raise SystemExit("cannot set " + file + " back to " + settings[file])


def json_text(value, indent=""):
    """as the repository's formatter lays JSON out: an array of strings on one line"""
    inner = indent + "  "
    if isinstance(value, dict):
        lines = [inner + json.dumps(k) + ": " + json_text(v, inner) for k, v in value.items()]
        return "{\n" + ",\n".join(lines) + "\n" + indent + "}"
    if isinstance(value, list) and not all(isinstance(v, str) for v in value):
        return "[\n" + ",\n".join(inner + json_text(v, inner) for v in value) + "\n" + indent + "]"
    return json.dumps(value)


def main():
    with open("/run/lock/ksm-recorder", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        saved = {f: current(f) for f in BASELINE}
        files = {}
        try:
            for file in BASELINE:
                rows = []
                for text in NUMBERS + WORDS + NULS:
                    put_back(BASELINE)
                    rows.append([text, write(file, text), read(file)])
                files[file] = {"baseline": BASELINE[file], "rows": rows}
        finally:
            put_back(saved)
    read_only = {f: write(f, "0") for f in sorted(os.listdir(KSM)) if f not in BASELINE}
    print(json_text({"kernel": os.uname().release, "read_only": read_only, "files": files}))


main()
