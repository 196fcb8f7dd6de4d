"""What tells programs of the proxy to the network, and pip where to put what it brings from there."""

import os
import sys

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
VARIABLES = (*NAMES, *(name.lower() for name in NAMES))
EXCEPTIONS = ("NO_PROXY", "no_proxy")

# On the sandbox's own /tmp, which is bounded; last on the path, so that nothing there stands for what was there before.
PACKAGES = "/tmp/.packages"
PIP = {
    "PIP_TARGET": PACKAGES,
    "PIP_NO_CACHE_DIR": "1",
    "PIP_NO_INPUT": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}

current = None


def use_proxy(address):
    """Sets or removes the variables when what is allowed has changed; otherwise they stay as helpers left them."""
    global current
    if address == current:
        return
    current = address
    for name in VARIABLES + EXCEPTIONS:
        if address is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = "" if name in EXCEPTIONS else address
    forget_opener()
    if address is not None and PACKAGES not in sys.path:
        os.makedirs(PACKAGES, exist_ok=True)
        sys.path.append(PACKAGES)
        for name, value in PIP.items():
            os.environ.setdefault(name, value)


def forget_opener():
    """urllib keeps what the variables said at its first request; an opener that a helper installed stays."""
    urllib = sys.modules.get("urllib.request")
    opener = getattr(urllib, "_opener", None)
    if opener and all(type(handler).__module__ == urllib.__name__ for handler in opener.handlers):
        urllib._opener = None
