"""What stands for the resource endpoint in a consumer's VPC, and for the resource gateway in the provider's. A connection at the one
begins anew at the other, with the gateway's own address: so both VPCs may have the same ranges.

  relay.py endpoint ADDRESS SOCKET         takes connections at ADDRESS:3128
  relay.py gateway SOCKET RESOLVER NAME    passes them on to one of the addresses that NAME has at this time, port 3128

The gateway asks again when the answer's time to live is over. What it does with several addresses AWS does not say: here it takes
any for each new connection, and no second one where that fails.
"""

import asyncio
import random
import socket
import struct
import sys
import time

KEPT = [0.0, []]
# asyncio itself does not keep what runs.
RUNNING = set()


def lookup(resolver, name):
    until, addresses = KEPT
    if time.monotonic() < until:
        return addresses
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    query = struct.pack(">HHHHHH", random.randrange(65536), 0x100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asks:
        asks.settimeout(2)
        asks.sendto(query, (resolver, 53))
        answer = asks.recv(512)
    (count,) = struct.unpack(">H", answer[6:8])
    rows = [answer[len(query) + 16 * number :][:16] for number in range(count)]
    ttl = min((struct.unpack(">I", row[6:10])[0] for row in rows), default=1)
    KEPT[:] = time.monotonic() + ttl, [socket.inet_ntoa(row[12:]) for row in rows]
    return KEPT[1]


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def both(reader, writer, connect):
    RUNNING.add(asyncio.current_task())
    try:
        there, back = await connect
    except OSError:
        writer.transport.abort()
        return
    await asyncio.gather(copy(reader, back), copy(there, writer))
    writer.close()
    back.close()


async def endpoint(address, path):
    serve = lambda reader, writer: both(reader, writer, asyncio.open_unix_connection(path))
    async with await asyncio.start_server(serve, address, 3128) as server:
        await server.serve_forever()


async def gateway(path, resolver, name):
    async def connect():
        addresses = await asyncio.get_running_loop().run_in_executor(None, lookup, resolver, name)
        if not addresses:
            raise ConnectionError(f"{name} has no address")
        return await asyncio.wait_for(asyncio.open_connection(random.choice(addresses), 3128), 3)

    serve = lambda reader, writer: both(reader, writer, connect())
    async with await asyncio.start_unix_server(serve, path) as server:
        await server.serve_forever()


asyncio.run({"endpoint": endpoint, "gateway": gateway}[sys.argv[1]](*sys.argv[2:]))
