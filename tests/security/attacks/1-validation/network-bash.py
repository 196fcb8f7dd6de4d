# attack: Asks for it through a program.
import subprocess
result = subprocess.run(["curl", "--version"], capture_output=True).returncode == 0
