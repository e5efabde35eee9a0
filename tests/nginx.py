"""Debian's nginx for a test, around whatever of deploy/nginx is tried."""

from pathlib import Path

from tests.test_docs import ROOT

DEPLOYED = ROOT / "deploy" / "nginx"
AROUND = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {inside}
}}
"""


def configure(folder: Path, inside: str) -> Path:
    """Write what nginx is to be started with; `inside` of its http block."""
    path = folder / "nginx.conf"
    path.write_text(AROUND.format(folder=folder, inside=inside))
    return path
