import type { KernelProgram } from '../../kernel/sandbox/contract.ts';
import { impostor } from './other-kernels.ts';

/**
 * A kernel that answers `kernel_info_request`, and runs what it is asked to execute as Python that says on the wire
 * whatever it likes: `tell(kind, content)` on iopub, `reply(**content)`, `idle()`, `send(channel, *frames)` for messages that
 * are none, `links[channel].sendall` for bytes that are no frames.
 */
const wire = `
import struct, threading
def frame(body, more=False, flags=0):
    head = struct.pack(">BQ", 2 | more | flags, len(body))
    return head + body
greeting = b"\\xff" + bytes(8) + b"\\x7f\\x03\\x00" + b"NULL".ljust(20, b"\\0") + bytes(32)
def read(link, size):
    data = b""
    while len(data) < size:
        more = link.recv(size - len(data))
        if not more: os._exit(0)
        data += more
    return data
def read_frame(link):
    flags = read(link, 1)[0]
    size = struct.unpack(">Q", read(link, 8))[0] if flags & 2 else read(link, 1)[0]
    return flags, read(link, size)
links, kinds = {}, {"shell": b"ROUTER", "iopub": b"PUB", "stdin": b"ROUTER", "control": b"ROUTER"}
servers = {name: socket.create_server(("127.0.0.1", connection[name + "_port"])) for name in kinds}
def greet(name):
    link = servers[name].accept()[0]
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.sendall(greeting + frame(b"\\x05READY\\x0bSocket-Type" + struct.pack(">I", len(kinds[name])) + kinds[name], flags=4))
    read(link, 64)
    read_frame(link)
    if name == "iopub": read_frame(link)
    links[name] = link
def send(channel, *frames):
    links[channel].sendall(b"".join(frame(each, i + 1 < len(frames)) for i, each in enumerate(frames)))
request = {}
def message(kind, content):
    header = {"msg_id": "1", "msg_type": kind, "session": "k", "username": "", "date": "", "version": "5.3"}
    parts = [header, request.get("header", {}), {}, content]
    return [b"<IDS|MSG>", b"wrong", *(json.dumps(part).encode() for part in parts)]
def tell(kind, content): send("iopub", *message(kind, content))
def idle(): tell("status", {"execution_state": "idle"})
def reply(**content): send("shell", *message("execute_reply", {"status": "ok", **content}))
def serve():
    for name in kinds: greet(name)
    while True:
        frames = []
        while True:
            flags, body = read_frame(links["shell"])
            frames.append(body)
            if not flags & 1: break
        request["header"] = json.loads(frames[2])
        if request["header"]["msg_type"] == "kernel_info_request":
            send("shell", *message("kernel_info_reply", {"status": "ok"}))
            idle()
        else:
            exec(json.loads(frames[5])["code"], globals())
`;

/** @param before Python that runs before it listens */
export function scriptedKernel(before = ''): KernelProgram {
  return { ...impostor(`${before}\n${wire}\nserve()`), name: 'scripted' };
}
