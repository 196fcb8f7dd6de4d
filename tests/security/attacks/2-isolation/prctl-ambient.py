# attack: Hands a capability on to the programs that it starts.
# without: capabilities
def attempt():
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)(1 << 21, 1 << 21, 1 << 21, 0, 0, 0)
    libc.capset(ctypes.byref(header), ctypes.byref(sets))
    return libc.prctl(47, 2, 21, 0, 0) == 0
result = child(attempt)
