"""Speaks TLS for a server that does not, as a reverse proxy does. Arguments: certificate, key, port of the server.

The port it listens on is the first line on stdout.
"""

import asyncio
import ssl
import sys

certificate, key, port = sys.argv[1], sys.argv[2], int(sys.argv[3])


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve(reader, writer):
    behind, before = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(copy(reader, before), copy(behind, writer))


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
