# attack: Changes the root for another one.
# without: seccomp, capabilities, user-namespace
result = reaches("pivot_root", b"/nowhere", b"/nowhere")
