# attack: Has all processes accounted in a file.
# needs: root, for the control takes a capability in the host's own user namespace
result = reaches("acct", b"/nowhere")
