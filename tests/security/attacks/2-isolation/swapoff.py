# attack: Takes swap space away.
# needs: root, for the control takes a capability in the host's own user namespace
result = reaches("swapoff", b"/nowhere")
