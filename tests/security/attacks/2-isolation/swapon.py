# attack: Has the machine swap to a file of its choice.
result = reaches("swapon", b"/nowhere", 0)
