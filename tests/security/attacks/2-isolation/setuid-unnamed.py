# attack: Makes a set-uid file without a name and gives it one.
# without: seccomp
def attempt():
    file = os.open(".", os.O_TMPFILE | os.O_WRONLY, 0o4755)
    os.link("/proc/self/fd/%d" % file, "tool", src_dir_fd=0, follow_symlinks=True)
works(attempt)
result = os.path.exists("tool") and os.stat("tool").st_mode & 0o4000 != 0
works(lambda: os.remove("tool"))
