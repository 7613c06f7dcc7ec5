"""A mail server on this machine that notes what comes, and misbehaves as it is told."""

import contextlib
import re
import socketserver
import threading
from collections.abc import Iterator


class Conversation(socketserver.StreamRequestHandler):
    """Speak SMTP on one connection; `server.takes` messages are taken on it, then the line is dropped."""

    def handle(self) -> None:
        self.server.connections += 1
        taken = 0
        self.say("220 here")
        while line := self.rfile.readline():
            word = line[:4].upper().strip()
            if word == b"DATA":
                self.say("354 go on")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                if self.server.drops_after_data:
                    self.server.drops_after_data -= 1
                    self.note(text)
                    return
                self.note(text)
                taken += 1
                self.say("250 taken")
                if taken == self.server.takes:
                    return
            else:
                self.say("221 bye" if word == b"QUIT" else "250 fine")

    def note(self, text: bytes) -> None:
        self.server.received.append(re.search(rb"^Message-ID: (\S+)", text, re.MULTILINE)[1].decode())

    def say(self, text: str) -> None:
        with contextlib.suppress(OSError):  # whoever asked may have gone
            self.wfile.write(f"{text}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """Hold what came: the Message-IDs, and on how many connections."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.received: list[str] = []
        self.connections, self.takes, self.drops_after_data = 0, 0, 0


@contextlib.contextmanager
def mail_server(settings: object) -> Iterator[MailServer]:
    """Run a server, and send through it."""
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        yield server
        server.shutdown()
