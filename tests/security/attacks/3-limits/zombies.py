# attack: Leaves processes that have ended and that no one asks after.
# limits: {"processes": 30}
# without: limits
def attempt():
    for _ in range(60):
        if os.fork() == 0:
            os._exit(0)
result = works(attempt)
