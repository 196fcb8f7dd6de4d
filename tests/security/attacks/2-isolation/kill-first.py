# attack: Ends what holds the limits and the lifetime.
import signal, time
victim = os.getppid() if os.getppid() == 1 else os.fork()
if victim == 0:
    time.sleep(30)
    os._exit(0)
os.kill(victim, signal.SIGKILL)
time.sleep(0.2)
result = not os.path.exists("/proc/%d" % victim) or " Z " in open("/proc/%d/stat" % victim).read()
