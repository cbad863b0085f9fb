"""Connections to the recommender, direct or through a proxy."""

import base64
import http.client
import re
import ssl
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from btc_rules.errors import RuleError

_TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: (\d{3})")
_MAY_PASS = (408, 429)


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a server: its address, whom to trust besides the well-known authorities, and the proxy between."""

    url: SplitResult
    tls: ssl.SSLContext | None
    proxy: SplitResult | None

    @property
    def is_forwarded(self) -> bool:
        """Whether the proxy makes the call for us, as it does over plain http."""
        return self.proxy is not None and self.tls is None

    @property
    def headers(self) -> dict[str, str]:
        """What a call through a forwarding proxy carries besides its own headers."""
        return proxy_login(self.proxy) if self.proxy is not None and self.is_forwarded else {}


def route_to(address: str, authority: str = "", proxy: str = "") -> Route:
    """The way to an address. `authority` is PEM text; `proxy` may hold a login. Raises CONFIG_INVALID."""
    url = urlsplit(address)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise RuleError("CONFIG_INVALID", "recommender_url is not an http or https address.")
    tls = None
    if url.scheme == "https":
        tls = ssl.create_default_context()
        if authority:
            try:
                tls.load_verify_locations(cadata=authority)
            except (ssl.SSLError, ValueError):
                raise RuleError("CONFIG_INVALID", "recommender_ca_file is no PEM file with certificates.") from None
    between = urlsplit(proxy) if proxy else None
    if between is not None and (between.scheme != "http" or not between.hostname):
        raise RuleError("CONFIG_INVALID", "The secret recommender-proxy is not an address such as http://proxy.example:3128.")
    return Route(url, tls, between)


def connect(route: Route, seconds: float) -> http.client.HTTPConnection:
    """An open connection, ready for calls. Raises PROXY_REFUSED, or what the system meets."""
    url, tls, proxy = route.url, route.tls, route.proxy
    host, port = url.hostname or "", url.port
    to_host, to_port = (proxy.hostname or "", proxy.port or 80) if proxy is not None else (host, port)
    if tls is None:
        connection = http.client.HTTPConnection(to_host, to_port, timeout=seconds)
    else:
        connection = http.client.HTTPSConnection(to_host, to_port, timeout=seconds, context=tls)
        if proxy is not None:
            connection.set_tunnel(host, port or 443, proxy_login(proxy))
    try:
        connection.connect()
    except OSError as error:
        connection.close()
        found = _TUNNEL_REFUSED.search(str(error))
        status = int(found.group(1)) if found else 0
        if 400 <= status < 500 and status not in _MAY_PASS and proxy is not None:
            what = f"the proxy http://{to_host}:{to_port} answered {status} to CONNECT {host}:{port or 443}"
            raise RuleError("PROXY_REFUSED", what) from None
        raise
    return connection


def proxy_login(proxy: SplitResult) -> dict[str, str]:
    """The header with a proxy's login, if it has one."""
    if proxy.username is None:
        return {}
    login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"proxy-authorization": "Basic " + base64.b64encode(login.encode()).decode()}
