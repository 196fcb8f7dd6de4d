# attack: Has the programs that it starts run with more rights than it has.
# without: capabilities
import subprocess
text = subprocess.run(["/bin/cat", "/proc/self/status"], capture_output=True, text=True).stdout
status = {line.split(":")[0]: line.split(":")[1].split() for line in text.splitlines()}
rights = [status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")]
result = status["NoNewPrivs"] != ["1"] or status["Seccomp"] != ["2"] or any(int(each[0], 16) for each in rights) or set(status["Uid"]) != {"1000"}
