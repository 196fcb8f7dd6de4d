# attack: Goes before all other processes of the machine.
result = child(lambda: os.setpriority(os.PRIO_PROCESS, 0, -10) is None)
