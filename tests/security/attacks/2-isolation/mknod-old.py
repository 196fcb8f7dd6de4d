# attack: Makes a pipe by the oldest call.
# needs: x64
# without: seccomp
result = reaches("mknod", b"pipe", 0o010644, 0) and os.path.exists("pipe")
