"""A mail server for tests: aiosmtpd as Debian ships it, with the answers of a real one by recipient.

Arguments: mode (starttls, tls, plain), certificate, key, directory for what arrives. Prints its port.
"""

import asyncio
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self, directory):
        self.directory = directory
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "nobody":
            return "550 5.1.1 <nobody>: Recipient address rejected: User unknown"
        if name == "grey":
            return "451 4.7.1 Greylisted, please try again in 300 seconds"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0]
        if name == "spam":
            return "554 5.7.1 Message rejected as spam"
        if name == "full":
            return "452 4.2.2 Mailbox full"
        self.count += 1
        part = os.path.join(self.directory, "part")
        with open(part, "wb") as file:
            file.write(envelope.content)
        os.rename(part, os.path.join(self.directory, str(self.count)))
        if name == "silent":
            await asyncio.sleep(3600)
        if name == "gone":
            os._exit(0)
        return "250 OK queued"


def authenticate(server, session, envelope, mechanism, data):
    taken = data.login == b"lantian" and data.password == b"hunter2"
    return AuthResult(success=taken, handled=False)


async def main(mode, certificate, key, directory):
    context = None
    if mode != "plain":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    handler = Handler(directory)

    def session():
        return SMTP(
            handler,
            hostname="mail.test",
            loop=loop,
            tls_context=context if mode == "starttls" else None,
            require_starttls=mode == "starttls",
            authenticator=authenticate,
            auth_required=mode != "plain",
            auth_require_tls=mode == "starttls",
        )

    at_once = context if mode == "tls" else None
    server = await loop.create_server(session, "127.0.0.1", 0, ssl=at_once)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
