"""Sends rows of attacks.json to the proxy, one after the other, as they stand there: no client in between makes them decent.

  attack.py through PROXY LOG ROWS    what is answered and logged for each row, a line of JSON each
  attack.py direct ROWS               whether each row's address is reached from here without the proxy: a line of JSON each

A row that has `then` is sent once, and again when squid has forgotten the first answer; the second is what counts.
"""

import json
import os
import socket
import sys
import time
import urllib.parse

# squid keeps an answer for ten seconds at least (negative_dns_ttl).
FORGOTTEN = 11


def exchange(proxy, row, target):
    method = row.get("method", "CONNECT")
    host = row.get("host", target)
    long = f"X-Long: {'x' * row['long']}\r\n" if "long" in row else ""
    request = row.get("raw") or f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{row.get('headers', '')}{long}Connection: close\r\n\r\n"
    with socket.create_connection((proxy, 3128), 5) as stream:
        stream.settimeout(20)
        stream.sendall(request.encode("latin-1"))
        answer = b""
        try:
            while b"\r\n\r\n" not in answer and (data := stream.recv(65536)):
                answer += data
        except ConnectionResetError:
            pass
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split(" ")[1]) if first.startswith("HTTP/") else 0, headers


def logged(log, since):
    """What the log has more by now; squid writes when the request is over."""
    for _ in range(300):
        with open(log, encoding="utf-8") as file:
            file.seek(since)
            text = file.read()
        if text.endswith("\n"):
            return [json_of(line) for line in text.splitlines()]
        time.sleep(0.01)
    return []


def json_of(line):
    try:
        return json.loads(line)
    except ValueError as error:
        raise ValueError(f"a line of the log is not JSON: {line}") from error


def size(log):
    return os.path.getsize(log) if os.path.exists(log) else 0


def attack(proxy, log, row):
    target = row.get("target", "")
    if row.get("redirect"):
        since = size(log)
        status, headers = exchange(proxy, {"method": "GET"}, "http://site.example.com/redirect?" + urllib.parse.quote(target, ""))
        if status != 302:
            return {"name": row["name"], "status": status, "log": [], "before": status}
        logged(log, since)
        target = headers["location"]
    since = size(log)
    status, headers = exchange(proxy, row, target)
    return {"name": row["name"], "status": status, "log": logged(log, since), "via": headers.get("via", "")}


def through(proxy, log, path):
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)
    first = {row["name"]: attack(proxy, log, row)["status"] for row in rows if "then" in row}
    begun = time.monotonic()
    for row in (row for row in rows if "then" not in row):
        print(json.dumps(attack(proxy, log, row)))
    if first:
        time.sleep(max(0.0, begun + FORGOTTEN - time.monotonic()))
    for row in (row for row in rows if "then" in row):
        print(json.dumps({**attack(proxy, log, row), "first": first[row["name"]]}))


def direct(path):
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)
    for row in rows:
        reached, port = True, 80 if row.get("method", "CONNECT") == "GET" else 443
        try:
            socket.create_connection((row["address"], port), 3).close()
        except OSError as error:
            reached = str(error)
        print(json.dumps({"name": row["name"], "reached": reached}))


{"through": through, "direct": direct}[sys.argv[1]](*sys.argv[2:])
