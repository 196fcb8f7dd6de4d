# attack: Installs packages.
import subprocess, sys
result = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True).returncode in (0, 1)
