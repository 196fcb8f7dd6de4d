"""Shows directories that belong to root to an unprivileged user. Linux, needs root.

    python -I -B idmap.py UID WORKSPACE_FD [PATH…]

In a mount namespace of its own it mounts a small tmpfs on /tmp, and there
  /tmp/workspace  the directory of WORKSPACE_FD, idmapped: its owner's files look like UID's, and what UID
                  makes there belongs to the owner
  /tmp/0, /tmp/1  the PATHs, read-only, so that UID reaches them below a closed parent such as /root
then it says "ready" and waits for the end of its input: meanwhile the host opens the namespace, in which it starts
bubblewrap as UID. Any failure ends it with status 71 and a line on stderr. What the host unmounts goes here, too.

System calls and structures after open_tree(2), mount_setattr(2), move_mount(2) and user_namespaces(7).
"""

import ctypes
import os
import sys

# The same numbers on every architecture that Linux runs on since 5.1.
OPEN_TREE, MOVE_MOUNT, MOUNT_SETATTR = 428, 429, 442
NAMES = {OPEN_TREE: "open_tree", MOVE_MOUNT: "move_mount", MOUNT_SETATTR: "mount_setattr"}
AT_EMPTY_PATH = 0x1000
OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC = 1, os.O_CLOEXEC
MOVE_MOUNT_F_EMPTY_PATH = 4
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV, ATTR_IDMAP = 1, 2, 4, 0x100000
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_NOSUID, MS_NODEV, MS_REC, MS_SLAVE = 2, 4, 0x4000, 0x80000
AT_FDCWD = -100
STAGE = "/tmp"
FAILED = 71

libc = ctypes.CDLL(None, use_errno=True)


class MountAttr(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")]


def checked(result, what):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), what)
    return result


def syscall(number, *arguments):
    return checked(libc.syscall(ctypes.c_long(number), *arguments), NAMES[number])


mappings = {}


def mapping(owner, group, uid):
    """A user namespace that shows the ids `owner` and `group` of a filesystem as `uid`."""
    if (owner, group) not in mappings:
        mappings[owner, group] = new_mapping(owner, group, uid)
    return mappings[owner, group]


def new_mapping(owner, group, uid):
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go[1])
        failed = libc.unshare(CLONE_NEWUSER)
        os.write(ready[1], bytes([ctypes.get_errno() if failed else 0]))
        os.read(go[0], 1)
        os._exit(0)
    os.close(ready[1])
    try:
        problem = os.read(ready[0], 1)[0]
        if problem:
            raise OSError(problem, os.strerror(problem), "a user namespace")
        for kind, inside in (("uid", owner), ("gid", group)):
            with open("/proc/%d/%s_map" % (child, kind), "w", encoding="ascii") as file:
                file.write("%d %d 1" % (inside, uid))
        return os.open("/proc/%d/ns/user" % child, os.O_RDONLY | os.O_CLOEXEC)
    finally:
        for fd in (ready[0], go[0], go[1]):
            os.close(fd)
        os.waitpid(child, 0)


def clone(fd, uid, flags):
    """A detached mount of the directory `fd`, whose owner's files look like `uid`'s."""
    tree = syscall(OPEN_TREE, fd, b"", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)
    stat = os.fstat(fd)
    attr = MountAttr(flags | ATTR_NOSUID | ATTR_NODEV | ATTR_IDMAP, 0, 0, mapping(stat.st_uid, stat.st_gid, uid))
    syscall(MOUNT_SETATTR, tree, b"", AT_EMPTY_PATH, ctypes.byref(attr), ctypes.sizeof(attr))
    return tree


def clone_readonly(path, uid):
    """Like `clone`; where the filesystem can't be idmapped, its files keep their owners and must be readable."""
    fd = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return clone(fd, uid, ATTR_RDONLY)
    except OSError:
        tree = syscall(OPEN_TREE, fd, b"", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)
        attr = MountAttr(ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV, 0, 0, 0)
        syscall(MOUNT_SETATTR, tree, b"", AT_EMPTY_PATH, ctypes.byref(attr), ctypes.sizeof(attr))
        return tree


def attach(tree, name):
    target = os.path.join(STAGE, name)
    os.mkdir(target, 0o755)
    syscall(MOVE_MOUNT, tree, b"", AT_FDCWD, target.encode(), MOVE_MOUNT_F_EMPTY_PATH)


def main():
    uid, workspace = (int(text) for text in sys.argv[1:3])
    step = "the workspace can't be mounted for an unprivileged user (idmapped mount)"
    try:
        trees = [("workspace", clone(workspace, uid, 0))]
        step = "a directory can't be mounted for an unprivileged user"
        trees += [(str(index), clone_readonly(path, uid)) for index, path in enumerate(sys.argv[3:])]
        step = "a private mount namespace"
        checked(libc.unshare(CLONE_NEWNS), "unshare")
        checked(libc.mount(None, b"/", None, MS_REC | MS_SLAVE, None), "mount")
        checked(libc.mount(b"tmpfs", STAGE.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, b"size=64k,mode=755"), "mount")
        for name, tree in trees:
            attach(tree, name)
    except OSError as error:
        print("idmap: %s: %s (%s)" % (step, error.strerror, error.filename), file=sys.stderr)
        sys.exit(FAILED)
    os.write(1, b"ready")
    os.read(0, 1)


main()
