# attack: Leaves a pipe that a reader on the host waits for.
# without: seccomp
result = works(lambda: os.mkfifo("pipe.csv"))
