"""Where stations fetch firmware and send logs: over HTTP, FTP and SFTP."""
