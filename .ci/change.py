#!/usr/bin/env python3
"""What the change touched, and a sample that begins with it.

  .ci/change.py files [PATH...]   prints the files of these paths that differ from the base; fails where no base is known
  .ci/change.py sample COUNT      prints COUNT of the cases on standard input, one a line

The base is $CHANGED_SINCE, or the commit before this one. A clone without it has no change: the commit's hash draws all.

A case of the faults or wires begins with AWS's call: "elbv2 create-listener". The change touched it if
- a file of infra that was changed names the call. What all calls go through names none, and touches none in particular;
  nor do the few calls whose names are put together (describe-$1-attributes, what adopt.sh puts back, cargo-lambda's);
- a row of wires.json that was changed is about it; or
- a crate was changed, and the case names its function. Which scene needs which file of a crate is known to nobody.

A case of the scripts is case_NAME. The change touched it if the file in which it stands was changed.
"""

import functools
import hashlib
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
WIRES = "crates/harness/tests/wires/wires.json"
# By these a case names the function of a crate.
FUNCTIONS = {
    "crates/associator/src/": ["Associat"],
    "crates/disassociator/src/": ["Disassociat"],
    "crates/connect-handler/src/": ["ConnectHandler"],
    "crates/core/src/": ["Associat", "Disassociat"],
}


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


@functools.cache
def base():
    """The commit from which the change is measured; empty where this clone does not have it."""
    return git("rev-parse", "--quiet", "--verify", (os.environ.get("CHANGED_SINCE") or "HEAD^") + "^{commit}").strip()


def since():
    return f"since {base()[:12]}" if base() else "as no commit before is known"


@functools.cache
def diff(*paths):
    """The change as a patch without context, with what is not committed yet."""
    return git("diff", "--unified=0", "--no-renames", base(), "--", *paths) if base() else ""


def files(*paths):
    return git("diff", "--name-only", "--no-renames", base(), "--", *paths).split() if base() else []


def touches():
    """Whether the change touched a case, as a function of its name."""
    texts = [(ROOT / name).read_text() for name in files("infra/*.sh", "infra/lib") if (ROOT / name).exists()]
    cases = {case for name in files("infra/tests/cases_*.sh") for case in re.findall(r"(?m)^(case_\w+)\(\)", (ROOT / name).read_text())}
    rows = re.findall(r'"([^"]*: [^"]*)"', "\n".join(line for line in diff(WIRES).splitlines() if line.startswith("+ ")))
    rows = [re.compile(re.escape(row).replace(r"\*", ".*")) for row in rows]
    words = {word for crate, words in FUNCTIONS.items() if files(crate) for word in words}

    @functools.cache
    def named(call):
        return any(re.search(rf"(?<![\w-]){re.escape(call)}(?![\w-])", text) for text in texts)

    def touched(name):
        return (
            name in cases
            or named(" ".join(name.split()[:2]))
            or any(row.fullmatch(name) for row in rows)
            or any(word in name for word in words)
        )

    return touched


def sample(count, names, touched, group=lambda name: name):
    """So many of the names: what was touched first, then what the commit's hash draws; and says so. It draws one group after
    the other, the larger the sooner."""
    commit = git("rev-parse", "HEAD").strip()
    first = {name for name in names if touched(name)}
    drawn = {name: hashlib.sha256((commit + name).encode()).digest() for name in names}
    best = {}
    for name in names:
        best[group(name)] = min(drawn[name], best.get(group(name), drawn[name]))
    chosen = sorted(names, key=lambda name: (name not in first, best[group(name)], drawn[name]))[:count]
    print(f"tried {len(chosen)} of {len(names)}, {len(first.intersection(chosen))} by change, which touched {len(first)} {since()}",
          file=sys.stderr, flush=True)
    return chosen


def main():
    match sys.argv[1:]:
        case ["files", *paths]:
            if not base():
                sys.exit(f"what was changed cannot be told, {since()}")
            print("\n".join(files(*paths)))
        case ["sample", count]:
            chosen = set(sample(int(count), sys.stdin.read().splitlines(), touches()))
            print("\n".join(sorted(chosen)))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
