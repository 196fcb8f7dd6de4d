"""Where in open files the session stands: a forked copy shares that place with the original until it opens them anew."""

import fcntl
import os
import stat


def numbers():
    """Of all open descriptors."""
    directory = "/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"
    return [int(name) for name in os.listdir(directory)]


def remember(own):
    """What is to be known of each open file to open it again at the same place; without the worker's own descriptors."""
    places = []
    for fd in numbers():
        try:
            if fd in own or not stat.S_ISREG(os.fstat(fd).st_mode):
                continue
            flags = fcntl.fcntl(fd, fcntl.F_GETFL)
            places.append((fd, os.readlink(f"/proc/self/fd/{fd}"), flags, os.lseek(fd, 0, os.SEEK_CUR)))
        except OSError:
            continue
    return places


def restore(places):
    """The file that is now at the path: the host may have put another one there. Where there is none, the one that was open."""
    for fd, path, flags, offset in places:
        try:
            new = reopen(path, flags)
            if new is None:
                new = reopen(f"/proc/self/fd/{fd}", flags)
            if new is not None:
                os.dup2(new, fd, inheritable=os.get_inheritable(fd))
                os.close(new)
            os.lseek(fd, offset, os.SEEK_SET)
        except OSError:
            continue


def reopen(path, flags):
    """None where that can't be, or is no ordinary file any more."""
    new = None
    try:
        new = os.open(path, flags & ~(os.O_CREAT | os.O_EXCL | os.O_TRUNC) | os.O_NONBLOCK | os.O_CLOEXEC)
        if stat.S_ISREG(os.fstat(new).st_mode):
            fcntl.fcntl(new, fcntl.F_SETFL, flags)
            return new
        os.close(new)
    except OSError:
        if new is not None:
            os.close(new)
    return None
