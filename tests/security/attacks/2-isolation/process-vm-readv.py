# attack: Reads another process's memory.
# without: seccomp
import time
pid = os.fork()
if pid == 0:
    time.sleep(30)
    os._exit(0)
buffer = ctypes.create_string_buffer(8)
class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
part = Part(ctypes.addressof(buffer), 8)
result = reaches("process_vm_readv", pid, ctypes.byref(part), 1, ctypes.byref(part), 1, 0)
os.kill(pid, 9)
