"""The FTP and SFTP servers of one process, where they are wanted."""

import logging

from django.conf import settings

from ocpp_gateway.files.ftp import FtpServer
from ocpp_gateway.files.sftp import SftpServer

logger = logging.getLogger(__name__)


class FileServers:
    """Started with the process, stopped with it."""

    def __init__(self) -> None:
        self._running: list[FtpServer | SftpServer] = []

    def start(self) -> None:
        """Begin to listen, unless nobody wants them. Raises OSError where a port is taken."""
        if not settings.EVCHARGE_FILES_SERVERS:
            return
        host = settings.EVCHARGE_FILES_HOST
        try:
            self._running.append(FtpServer(host, settings.EVCHARGE_FTP_PORT))
            self._running.append(SftpServer(host, settings.EVCHARGE_SFTP_PORT))
        except OSError as error:
            self.stop()
            raise OSError(
                f"Cannot serve FTP and SFTP on {host}, ports {settings.EVCHARGE_FTP_PORT} and "
                f"{settings.EVCHARGE_SFTP_PORT}: {error}. Set EVCHARGE_FTP_PORT and "
                "EVCHARGE_SFTP_PORT to others."
            ) from error
        ports = [server.port for server in self._running]
        logger.info("FTP and SFTP are served.", extra={"ports": ports})

    def stop(self) -> None:
        """End them."""
        while self._running:
            self._running.pop().stop()
